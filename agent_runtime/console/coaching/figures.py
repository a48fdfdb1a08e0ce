"""Agreement, calibration and quality: as pictures, as tables, and as a file."""

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import Request
from starlette.responses import Response

from agent_runtime.coaching import rubric
from agent_runtime.coaching.agreement import Agreement, agreements
from agent_runtime.coaching.calibration import Calibration, calibrations
from agent_runtime.coaching.quality import Quality, doubles_of, quality
from agent_runtime.coaching.told import Told, told_scores, written
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


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page tells of one playbook or of all."""

    agreements: tuple[Agreement, ...]
    people: tuple[Calibration, ...]
    qualities: tuple[Quality, ...]
    names: dict[str, str]
    is_invented: bool


def figures_of(request: Request, office: Office, playbook: str) -> Figures:
    """Returns the figures; they are worked out again only when something was scored since."""
    kept: dict[str, tuple[object, Figures]] = request.app.state.__dict__.setdefault(
        "coaching_figures", {}
    )
    today = office.clock().date()
    with office.store.begin() as tx:
        key = (today, *written(tx))
    if playbook not in kept or kept[playbook][0] != key:
        scores, names = told(office, playbook, today - SHOWN)
        made = Figures(
            agreements(doubles_of(scores.given)),
            calibrations(scores.given, scores.settled),
            quality(scores.samples, scores.given, scores.settled),
            names,
            any(one.scorer.endswith("@demo.parley.example") for one in scores.given),
        )
        kept[playbook] = (key, made)
    return kept[playbook][1]


@pages.get("", roles=COACHES)
def _agreement(
    request: Request, office: TheOffice, playbook: str = "", field: str = "accuracy"
) -> Response:
    playbook = playbook if playbook in office.library.playbooks else ""
    figures = figures_of(request, office, playbook)
    found, names = figures.agreements, figures.names
    shown = next((one for one in found if one.dimension == field), found[0])
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
            for one in figures.people
        ],
        qualities=figures.qualities,
        titles=titles,
        playbook=playbook,
        names={one.id: one.name for one in office.library.playbooks.values()},
        place=place,
        is_invented=figures.is_invented,
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
