"""The pages of the dashboards: one for each role, with filters, and each as a table."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from agent_runtime.console.dashboards.view import (
    COLUMNS,
    FIRST,
    LABELS,
    READ_BY,
    READERS,
    choice_of,
    mine,
    sections,
    table,
)
from agent_runtime.console.experiments.view import may_read
from agent_runtime.console.frame.declared import Area, Entry, Pages
from agent_runtime.console.frame.faults import Missing, Refused
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, SignedIn, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.table_file import table_file
from agent_runtime.readouts.board import Board
from agent_runtime.readouts.reading import read_board

pages = Pages("/dashboards", area="dashboards")


@pages.get("", roles=READERS)
def _own(who: Who) -> Response:
    return RedirectResponse(f"/console/dashboards/{FIRST[who.user.role]}", status_code=303)


@pages.get("/{name}", roles=READERS)
def _board(request: Request, office: TheOffice, who: Who, name: str) -> Response:
    board = _read(office, who, name)
    told = {"here": name, "label": LABELS[name], "labels": LABELS, "mine": mine(who.user.role)}
    if board is None:
        return render(request, "dashboards/none.html", **told)
    choice = choice_of(board, request.query_params)
    return render(
        request,
        "dashboards/board.html",
        board=board,
        choice=choice,
        sections=sections(choice),
        reads_experiments=may_read(who),
        **told,
    )


@pages.get("/{name}/table.csv", roles=READERS, audited=True, rate="60/minute")
def _table(request: Request, office: TheOffice, who: Who, name: str) -> Response:
    board = _read(office, who, name)
    if board is None:
        raise Missing(f"{LABELS[name]}: nothing was published yet.")
    choice = choice_of(board, request.query_params)
    note(request, record=f"dashboard:{name}", detail=choice.query[1:])
    return table_file(f"parley-{name}-{choice.period.key}", COLUMNS, table(choice))


def _read(office: Office, who: SignedIn, name: str) -> Board | None:
    if name not in READ_BY:
        raise Missing(f"dashboard = {name[:40]!r}: is none of {', '.join(READ_BY)}.")
    if who.user.role not in READ_BY[name]:
        read = ", ".join(LABELS[one] for one in mine(who.user.role))
        raise Refused(f"Your role, {who.user.role}, reads {read}; {LABELS[name]} is for others.")
    return read_board(office.settings.paths, name)


AREA = Area(
    "dashboards",
    (pages,),
    order=50,
    entries=(Entry("Dashboards", "/console/dashboards", "chart-line", READERS, key="d"),),
)
