"""The pages of threads: the list, one thread, the trace of a turn, and its links."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.console.crm_links import crm_links
from agent_runtime.console.frame.declared import Area, Entry, Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, SignedIn, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.table_file import MOST, table_file
from agent_runtime.console.threads.files import api, files
from agent_runtime.console.threads.memory_card import memory_card
from agent_runtime.console.threads.view import (
    COLUMNS,
    READERS,
    SHARERS,
    WHOLE,
    is_whole,
    list_threads,
    marked,
    public_address,
    read,
    read_line,
    read_trace,
    read_turn,
    shown_to,
    stretch_of,
    thread_table,
    used,
)
from agent_runtime.store.thread_rows import PAGE, Asked
from agent_runtime.threads.exporting import FORMS
from agent_runtime.threads.sharing import links_of, revoke, share, token_of

pages = Pages("/threads", area="threads")
_NARROW = ("who", "words", "playbook", "state", "channel", "speaker")


@pages.get("", roles=READERS)
def _list(
    request: Request,
    office: TheOffice,
    who: Who,
    q: str = "",
    words: str = "",
    playbook: str = "",
    state: str = "",
    channel: str = "",
    speaker: str = "",
    page: int = 1,
) -> Response:
    asked = _asked(who, (q, words, playbook, state, channel, speaker), page)
    found = list_threads(office.store, asked, is_redacted=not is_whole(who))
    last = max(1, -(-found.found // PAGE))
    return render(
        request,
        "threads/list.html",
        found=found,
        asked=asked,
        first=PAGE * (asked.page - 1) + 1,
        before=_address(asked, asked.page - 1) if asked.page > 1 else "",
        after=_address(asked, asked.page + 1) if asked.page < last else "",
        is_narrowed=any(getattr(asked, name) for name in _NARROW),
        is_whole=is_whole(who),
        marked=marked,
        file=_address(asked, 1, "/console/threads/table.csv"),
    )


@pages.get("/table.csv", roles=READERS, audited=True, rate="30/minute")
def _table(
    request: Request,
    office: TheOffice,
    who: Who,
    q: str = "",
    words: str = "",
    playbook: str = "",
    state: str = "",
    channel: str = "",
    speaker: str = "",
) -> Response:
    asked = _asked(who, (q, words, playbook, state, channel, speaker), 1)
    rows = thread_table(office.store, asked, is_redacted=not is_whole(who), most=MOST)
    how = "whole" if is_whole(who) else "redacted"
    note(request, record="threads:list", detail=f"{len(rows)} threads, {how}")
    return table_file("parley-threads", COLUMNS, rows)


@pages.get("/{thread_id}", roles=READERS)
def _thread(
    request: Request, office: TheOffice, who: Who, thread_id: str, page: int = 0
) -> Response:
    record = read_line(office.store, thread_id)
    showing = shown_to(who, record)
    stretch = stretch_of(record, showing, page)
    here = f"/console/threads/{thread_id}"
    return render(
        request,
        "threads/thread.html",
        record=record,
        showing=showing,
        stretch=stretch,
        remembers=memory_card(record, showing, office.library, stretch),
        here=here,
        earlier=f"{here}?page={stretch.page - 1}" if stretch.page > 1 else "",
        later=f"{here}?page={stretch.page + 1}" if stretch.page < stretch.pages else "",
        links=_links(request, office, who, thread_id),
        crm_links=() if showing.is_redacted else crm_links(office.settings, record.contact),
        may_share=who.user.role in SHARERS,
        may_whole=is_whole(who),
        hears=who.user.role in WHOLE,
        forms=FORMS,
        marked=marked,
        used=used,
    )


@pages.get("/{thread_id}/turns/{event_id}", roles=READERS)
def _turn(request: Request, office: TheOffice, who: Who, thread_id: str, event_id: str) -> Response:
    record = read_turn(office.store, thread_id, event_id)
    showing = shown_to(who, record)
    trace = read_trace(record, showing, event_id, office.library)
    name = "threads/trace.html" if request.headers.get("hx-request") else "threads/turn.html"
    here = f"/console/threads/{thread_id}"
    return render(request, name, trace=trace, showing=showing, here=here, marked=marked, used=used)


@pages.post("/{thread_id}/links", roles=SHARERS)
def _share(
    request: Request,
    office: TheOffice,
    who: Who,
    thread_id: str,
    days: Annotated[int, Form()] = 7,
) -> Response:
    read(office.store, thread_id, until=0)
    with office.store.begin() as tx:
        made = share(
            tx, thread_id, by=who.name, valid=timedelta(days=days), now=office.wall_clock()
        )
    note(request, record=f"thread:{thread_id}", detail=f"link {made.link_id} for {days} days")
    said = f"Shared for {days} {'day' if days == 1 else 'days'}; copy the link."
    return back(request, f"/console/threads/{thread_id}#share", said=said)


@pages.post("/{thread_id}/links/{link_id}/revoke", roles=SHARERS)
def _revoke(
    request: Request, office: TheOffice, who: Who, thread_id: str, link_id: str
) -> Response:
    with office.store.begin() as tx:
        revoke(tx, thread_id, link_id, by=who.name, now=office.wall_clock())
    note(request, record=f"thread:{thread_id}", detail=f"link {link_id}")
    said = "The link leads nowhere now."
    return back(request, f"/console/threads/{thread_id}#share", said=said)


@pages.get("/{thread_id}/calls/{call_id}", roles=WHOLE, audited=True)
def _call(request: Request, office: TheOffice, who: Who, thread_id: str, call_id: str) -> Response:
    from agent_runtime.console.threads.calls import call_answer

    note(request, record=f"call:{call_id}")
    return call_answer(office, who, thread_id, call_id)


def _links(
    request: Request, office: Office, who: SignedIn, thread_id: str
) -> list[dict[str, object]]:
    """The live links of a thread with their addresses, for those who may share."""
    if who.user.role not in SHARERS:
        return []
    with office.store.begin() as tx:
        found = [link for link in links_of(tx, thread_id) if link.is_live(office.wall_clock())]
    base = f"{request.url.scheme}://{request.url.netloc}"
    tokens = (token_of(link, tenant_id=office.store.tenant_id, key=office.key) for link in found)
    addresses = (public_address(office, base, token) for token in tokens)
    return [
        {"link": link, "address": address} for link, address in zip(found, addresses, strict=True)
    ]


def _asked(who: SignedIn, wanted: tuple[str, ...], page: int) -> Asked:
    name, words, playbook, state, channel, speaker = wanted
    return Asked(
        # Who reads no names could find out by them whose thread it is.
        who=name.strip()[:120] if is_whole(who) else "",
        words=words.strip()[:120],
        playbook=playbook[:120],
        state=state[:120],
        channel=channel[:20],
        speaker=speaker[:20],
        page=min(max(page, 1), 100_000),
    )


def _address(asked: Asked, page: int, to: str = "/console/threads") -> str:
    told = {"q": asked.who} | {name: getattr(asked, name) for name in _NARROW[1:]}
    told["page"] = str(page) if page > 1 else ""
    kept = {name: value for name, value in told.items() if value}
    return to + (f"?{urlencode(kept)}" if kept else "")


AREA = Area(
    "threads",
    (pages, files, api),
    order=20,
    entries=(Entry("Threads", "/console/threads", "messages-square", READERS, key="t"),),
)
