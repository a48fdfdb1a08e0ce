"""Rights over one's data: asked for on a page, confirmed by mail, and the copy to take along."""

import json
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from agent_runtime.channels.email.page_links import PageLinks, request_of
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, TheOffice
from agent_runtime.console.prospects.seeing import (
    Seen,
    back_to,
    by_reader,
    filled,
    keyring_of,
    language_of,
    masked,
    not_seen,
    page,
    said,
    see,
    show,
    with_language,
    words_of,
)
from agent_runtime.data_requests.asking import NoAddress, TooManyRequests, ask, confirm
from agent_runtime.data_requests.holding import copy_of
from agent_runtime.data_requests.keeping import read
from agent_runtime.domain import Contact
from agent_runtime.store.rows import DataRequest, RequestKind
from agent_runtime.times.local_times import say_day

KINDS: tuple[RequestKind, ...] = ("access", "correction", "erasure")
LONGEST = 2000
"""Characters of a correction that are kept."""
COPY_FOR = timedelta(days=30)
"""For how long after the confirmation the copy can be fetched."""
CONFIRM = "/for-you/confirm/"

pages = Pages(area="prospects")


@pages.get("/confirm/{token}", signed=True)
def _confirm_page(request: Request, office: TheOffice, token: str) -> Response:
    found = _found(office, token)
    if found is None:
        return said(request, office, "invalid", status=404)
    return _state_page(request, office, token, found)


@pages.post("/confirm/{token}", signed=True)
def _confirm(request: Request, office: TheOffice, token: str) -> Response:
    found = _found(office, token)
    if found is None:
        return said(request, office, "invalid", status=404)
    with office.store.begin() as tx:
        outcome = confirm(tx, found.request_id, versions=office.versions, now=office.clock())
    told = f"{found.kind}: {outcome}"
    note(request, record=f"person:{found.person_id}", detail=told, actor="prospect")
    language = language_of(request)
    return RedirectResponse(with_language(f"{CONFIRM}{token}", language), status_code=303)


@pages.get("/confirm/{token}/copy", signed=True, audited=True)
def _copy(request: Request, office: TheOffice, token: str) -> Response:
    found = _found(office, token)
    if found is None or not _may_fetch(found, office.clock()):
        return said(request, office, "invalid", status=404)
    note(request, record=f"person:{found.person_id}", detail="copy fetched", actor="prospect")
    with office.store.begin() as tx:
        told = copy_of(tx, found.person_id, now=office.clock())
    headers = {
        "content-disposition": 'attachment; filename="my-data.json"',
        "referrer-policy": "no-referrer",
    }
    text = json.dumps(told, indent=2, ensure_ascii=False)
    return Response(text, media_type="application/json", headers=headers)


@pages.get("/{token}/data", signed=True)
def _data(request: Request, office: TheOffice, token: str) -> Response:
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    return _form(request, office, seen, request.query_params.get("said", ""))


@pages.post("/{token}/data", signed=True)
def _ask(
    request: Request,
    office: TheOffice,
    token: str,
    kind: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    wanted: RequestKind | None = next((one for one in KINDS if one == kind), None)
    if wanted is None or not seen.is_recent:
        return back_to(seen, "data", "choose")
    if wanted == "correction" and not words.strip():
        return back_to(seen, "data", "say_words")
    outcome = _asked(request, office, seen, wanted, words if wanted == "correction" else "")
    by_reader(request, seen, f"{wanted}: {outcome}")
    return back_to(seen, "data", outcome)


def _asked(request: Request, office: Office, seen: Seen, kind: RequestKind, words: str) -> str:
    base = office.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    keyring = keyring_of(office.settings, office.key)
    links = PageLinks(base, keyring, office.store.tenant_id)
    try:
        with office.store.begin() as tx:
            ask(
                tx,
                seen.contact,
                kind,
                words[:LONGEST],
                link=links.confirming,
                library=office.library,
                versions=office.versions,
                now=office.clock(),
            )
    except TooManyRequests:
        return "too_many"
    except NoAddress:
        return "nowhere"
    return "sent"


def _form(request: Request, office: Office, seen: Seen, outcome: str) -> Response:
    words = words_of("data", seen.language)
    told = outcome if outcome in ("sent", "too_many", "nowhere", "choose", "say_words") else ""
    values = {"address": masked(seen.contact.email)}
    return show(
        request,
        office,
        seen,
        "data",
        kinds=KINDS,
        is_sent=told == "sent",
        said=filled(words[told], office, **values) if told else "",
    )


def _found(office: Office, token: str) -> DataRequest | None:
    keyring = keyring_of(office.settings, office.key)
    request_id = request_of(token, keyring, tenant_id=office.store.tenant_id)
    if not request_id:
        return None
    with office.store.begin() as tx:
        return read(tx, request_id)


def _state_page(request: Request, office: Office, token: str, found: DataRequest) -> Response:
    now = office.clock()
    with office.store.begin() as tx:
        contact, session = tx.contact_of(found.person_id), tx.session_of(found.person_id)
    language = language_of(request, contact, session)
    state = _state(found, contact, now)
    until = found.confirmed_at + COPY_FOR if found.confirmed_at else None

    def day(at: datetime | None) -> str:
        zone = contact.time_zone if contact else ""
        return say_day(at, zone=zone, language=language) if at else ""

    return page(
        request,
        office,
        "prospects/confirm.html",
        language,
        status=410 if state == "expired" else 200,
        words=words_of("data", language),
        here=f"{CONFIRM}{token}",
        address=masked(contact.email) if contact else "",
        kind=found.kind,
        state=state,
        has_copy=_may_fetch(found, now) and contact is not None,
        days={"due": day(found.due_at), "closed": day(found.closed_at), "copy": day(until)},
    )


def _state(found: DataRequest, contact: Contact | None, now: datetime) -> str:
    if found.state == "ASKED":
        return "ask" if contact and now < found.ask_until else "expired"
    return {"OPEN": "open", "DONE": "done", "REFUSED": "refused"}[found.state]


def _may_fetch(found: DataRequest, now: datetime) -> bool:
    """Only who has opened the mail has the token, and only once it is confirmed."""
    is_theirs = found.kind == "access" and found.confirmed_at is not None
    return is_theirs and found.confirmed_at is not None and now < found.confirmed_at + COPY_FOR
