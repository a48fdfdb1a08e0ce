"""The home page: the figures of a role, and what to do next."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from agent_runtime.console.approvals.queue import Asked, read_queue
from agent_runtime.console.coaching.desk import read_lines
from agent_runtime.console.frame.declared import Area, Entry, Menu, Pages
from agent_runtime.console.frame.office import Office, SignedIn, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import EVERYBODY
from agent_runtime.console.home.counts import read_counts
from agent_runtime.console.threads.view import is_whole, marked

NEXT = 6
"""Items of the queue that the home page names."""
DECIDE = frozenset({"rep", "reviewer", "revops", "admin"})
"""Roles for whom drafts wait."""

pages = Pages(area="home")


@pages.get("/", roles=EVERYBODY)
def _home(request: Request, office: TheOffice, who: Who) -> Response:
    told = _figures(request, office, who)
    naming, now = "whole" if is_whole(who) else "redacted", office.clock()
    asked = Asked(size=NEXT)
    queue = read_queue(office.store, asked, now=now, naming=naming) if told["decides"] else None
    lines = queue.lines if queue else ()
    return render(request, "home/home.html", following=lines, marked=marked, **told)


@pages.get("/counts", roles=EVERYBODY)
def _counts(request: Request, office: TheOffice, who: Who) -> Response:
    return render(request, "home/counts.html", **_figures(request, office, who))


def _figures(request: Request, office: Office, who: SignedIn) -> dict[str, Any]:
    menu: Menu = request.app.state.menu
    return {
        "counts": read_counts(office.store, now=office.clock()),
        "decides": who.user.role in DECIDE,
        "to_score": sum(line.stage == "score" for line in read_lines(office, who))
        if who.user.role == "reviewer"
        else None,
        "entries": {entry.path for _, group in menu.of(who.user.role) for entry in group},
    }


AREA = Area(
    "home", (pages,), order=0, entries=(Entry("Home", "/console/", "house", EVERYBODY, key="h"),)
)
