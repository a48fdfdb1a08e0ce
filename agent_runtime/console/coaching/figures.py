"""Agreement, calibration and quality: as pictures, as tables, and as a file."""

import csv
import io
from datetime import date, timedelta

from fastapi import Request
from starlette.responses import Response

from agent_runtime.coaching import rubric
from agent_runtime.coaching.agreement import agreements
from agent_runtime.coaching.calibration import calibrations
from agent_runtime.coaching.quality import doubles_of, quality
from agent_runtime.coaching.told import Told, told_scores
from agent_runtime.console.coaching.pictures import (
    agreement_dot,
    bias_dot,
    circles,
    path_of,
    place,
)
from agent_runtime.console.coaching.who import COACHES, called, names_of
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, TheOffice
from agent_runtime.console.frame.render import render

SHOWN = timedelta(days=90)
"""Of so many days the figures are."""

pages = Pages("/coaching/agreement", area="coaching")
COLUMNS = (
    "day",
    "playbook",
    "thread_id",
    "language",
    "is_answered",
    "weight",
    "scorer",
    *rubric.DIMENSIONS,
    "settled",
    "note",
    "made_at",
)


def told(office: Office, playbook: str = "", since: date = date.min) -> tuple[Told, dict[str, str]]:
    """Returns the scores that can sway nobody any more, and how those who gave them are called."""
    today = office.clock().date()
    with office.store.begin() as tx:
        return told_scores(tx, today=today, playbook=playbook, since=since), names_of(tx)


@pages.get("", roles=COACHES)
def _agreement(
    request: Request, office: TheOffice, playbook: str = "", field: str = "accuracy"
) -> Response:
    scores, names = told(office, playbook, office.clock().date() - SHOWN)
    given = scores.given
    found = agreements(doubles_of(given))
    shown = next((one for one in found if one.dimension == field), found[0])
    people = calibrations(given, scores.settled)
    titles = {one.name: one.title for one in rubric.QUESTIONS}
    return render(
        request,
        "coaching/agreement.html",
        threads=found[0].threads,
        days=SHOWN.days,
        agreements=[(titles[one.dimension], one, agreement_dot(one)) for one in found],
        shown=shown,
        table=circles(shown),
        fields=[(one.name, one.title) for one in rubric.QUESTIONS],
        people=[
            {
                "name": called(names, one.scorer),
                "found": one,
                "dots": [(titles[b.dimension], b, bias_dot(b)) for b in one.biases],
                "path": path_of(one.path),
            }
            for one in people
        ],
        qualities=quality(scores.samples, given, scores.settled),
        titles=titles,
        playbook=playbook,
        names={one.id: one.name for one in office.library.playbooks.values()},
        place=place,
        is_invented=any(one.scorer.endswith("@demo.parley.example") for one in given),
    )


@pages.get("/scores.csv", roles=COACHES, audited=True, rate="30/minute")
def _csv(request: Request, office: TheOffice) -> Response:
    scores, _ = told(office)
    known = {sample.sample_id: sample for sample in scores.samples}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in scores.given:
        sample = known[one.sample_id]
        marks = [getattr(one.score, name) for name in rubric.DIMENSIONS]
        # A note that begins like a formula would be run by a spreadsheet.
        words = f"'{one.note}" if one.note[:1] in ("=", "+", "-", "@", "\t") else one.note
        head = [sample.day, sample.playbook, sample.thread_id, sample.language]
        head += [int(sample.is_answered), round(sample.weight, 3), one.scorer]
        writer.writerow(
            [*head, *marks, int(one.sample_id in scores.settled), words, one.made_at.isoformat()]
        )
    note(request, record="scores", detail=f"{len(scores.given)} rows")
    headers = {"content-disposition": 'attachment; filename="scores.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
