"""The pages of experiments: list, answer, figures, decisions, and the published report."""

from pathlib import Path
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import FileResponse, Response

from agent_runtime.console.experiments.view import (
    COLUMNS,
    DECIDES,
    READERS,
    WORDS,
    find,
    list_asked,
    table,
)
from agent_runtime.console.frame.declared import Area, Entry, Pages
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.table_file import table_file
from agent_runtime.readouts.deciding import decide, decided
from agent_runtime.readouts.experiment import Experiment

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""For the report as it was published: it brings its own style, and may run and load nothing."""

pages = Pages("/experiments", area="experiments")


@pages.get("", roles=READERS)
def _list(request: Request, office: TheOffice) -> Response:
    asked = list_asked(office.settings.paths)
    with office.store.begin() as tx:
        latest = {one.id: decided(tx, one.id)[:1] for one in asked}
    return render(request, "experiments/list.html", asked=asked, latest=latest, words=WORDS)


@pages.get("/{name}", roles=READERS)
def _one(request: Request, office: TheOffice, who: Who, name: str) -> Response:
    asked = find(office.settings.paths, name)
    with office.store.begin() as tx:
        found = decided(tx, name)
    return render(
        request,
        "experiments/one.html",
        asked=asked,
        answer=asked.answer,
        has_report=asked.answer is not None and _report(office, name).exists(),
        decided=found,
        may_decide=who.user.role in DECIDES,
        words=WORDS,
    )


@pages.post("/{name}/decisions", roles=DECIDES)
def _decide(
    request: Request,
    office: TheOffice,
    who: Who,
    name: str,
    what: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
    read: Annotated[str, Form()] = "",
) -> Response:
    answer = _answer(office, name)
    with office.store.begin() as tx:
        decide(tx, answer, what, why=why, by=who.name, read=read, at=office.wall_clock())
    note(request, record=f"experiment:{answer.id}", detail=what)
    return back(request, f"/console/experiments/{answer.id}", said="Kept with the answer.")


@pages.get("/{name}/table.csv", roles=READERS, audited=True, rate="60/minute")
def _table(request: Request, office: TheOffice, name: str) -> Response:
    answer = _answer(office, name)
    note(request, record=f"experiment:{answer.id}")
    return table_file(f"parley-experiment-{answer.id}", COLUMNS, table(answer))


@pages.get("/{name}/report", roles=READERS)
def _full(office: TheOffice, name: str) -> Response:
    path = _report(office, _answer(office, name).id)
    if not path.exists():
        raise Missing(f"{path.name}: there is no such file; the next batch writes it.")
    headers = {"content-security-policy": SANDBOX}
    return FileResponse(path, media_type="text/html; charset=utf-8", headers=headers)


def _answer(office: Office, name: str) -> Experiment:
    answer = find(office.settings.paths, name).answer
    if answer is None:
        raise Missing(f"experiment = {name[:60]!r}: has no answer yet.")
    return answer


def _report(office: Office, name: str) -> Path:
    return office.settings.workspace / f"experiment_{name}.html"


AREA = Area(
    "experiments",
    (pages,),
    order=51,
    entries=(Entry("Experiments", "/console/experiments", "flask-conical", READERS, key="x"),),
)
