"""The pages behind a shared link: the thread as it was when it was shared, and its turns."""

from fastapi import Request
from starlette.responses import Response

from agent_runtime.console.frame.declared import Area, Pages
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.office import Office, TheOffice
from agent_runtime.console.frame.render import render
from agent_runtime.console.threads.view import (
    marked,
    read_line,
    read_trace,
    read_turn,
    stretch_of,
    used,
)
from agent_runtime.threads.sharing import SharedLink, link_in
from agent_runtime.threads.showing import Showing

pages = Pages(area="shared")


@pages.get("/{token}", signed=True)
def _thread(request: Request, office: TheOffice, token: str, page: int = 0) -> Response:
    link = _link(office, token)
    record = read_line(office.store, link.thread_id, until=link.until_position)
    showing = Showing.of(record, is_redacted=True)
    stretch = stretch_of(record, showing, page)
    here = f"/shared/{token}"
    return render(
        request,
        "shared/thread.html",
        link=link,
        record=record,
        showing=showing,
        stretch=stretch,
        here=here,
        earlier=f"{here}?page={stretch.page - 1}" if stretch.page > 1 else "",
        later=f"{here}?page={stretch.page + 1}" if stretch.page < stretch.pages else "",
        hears=False,
        marked=marked,
    )


@pages.get("/{token}/turns/{event_id}", signed=True)
def _turn(request: Request, office: TheOffice, token: str, event_id: str) -> Response:
    link = _link(office, token)
    record = read_turn(office.store, link.thread_id, event_id, until=link.until_position)
    showing = Showing.of(record, is_redacted=True)
    trace = read_trace(record, showing, event_id, office.library)
    name = "threads/trace.html" if request.headers.get("hx-request") else "shared/turn.html"
    return render(
        request,
        name,
        trace=trace,
        showing=showing,
        here=f"/shared/{token}",
        marked=marked,
        used=used,
    )


def _link(office: Office, token: str) -> SharedLink:
    with office.store.begin() as tx:
        link = link_in(tx, token, key=office.key, now=office.wall_clock())
    if link is None:
        raise Missing("This link is over or was taken back; ask whoever sent it for another.")
    return link


AREA = Area("shared", (pages,), order=20, root="/shared")
