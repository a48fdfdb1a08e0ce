"""The home page: the figures of a role, and what to do next."""

from fastapi import Request
from starlette.responses import Response

from agent_runtime.console.approvals.queue import Asked, read_queue
from agent_runtime.console.frame.declared import Area, Entry, Pages
from agent_runtime.console.frame.office import TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import EVERYBODY
from agent_runtime.console.home.counts import read_counts

NEXT = 6
"""Items of the queue that the home page names."""
DECIDE = frozenset({"rep", "reviewer", "revops", "admin"})
"""Roles for whom drafts wait."""

pages = Pages(area="home")


@pages.get("/", roles=EVERYBODY)
def _home(request: Request, office: TheOffice, who: Who) -> Response:
    decides = who.user.role in DECIDE
    queue = read_queue(office.store, Asked()) if decides else None
    counts = read_counts(office.store, now=office.clock())
    return render(
        request,
        "home/home.html",
        counts=counts,
        following=queue.lines[:NEXT] if queue else (),
        decides=decides,
        entries={entry.path for _, group in _menu(request, who) for entry in group},
    )


def _menu(request: Request, who: Who) -> list[tuple[str, list[Entry]]]:
    return request.app.state.menu.of(who.user.role)


AREA = Area(
    "home", (pages,), order=0, entries=(Entry("Home", "/console/", "house", EVERYBODY, key="h"),)
)
