"""Takes a request about somebody's data in, asks by mail whether it was them, and opens it then."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from agent_runtime import act, log
from agent_runtime.arms import binding_arm
from agent_runtime.data_requests.keeping import (
    DataRequestError,
    read,
    requests_of,
    save,
    task_id_of,
)
from agent_runtime.domain import Contact, Session
from agent_runtime.intake import opened_by_buyer, stop
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import SLOT_VALUES
from agent_runtime.placeholders import redact
from agent_runtime.planning.speech_acts import Act, compose, language_for
from agent_runtime.policies.contact import CONFIRM_REQUEST
from agent_runtime.store.rows import DataRequest, HumanTask, RequestKind
from agent_runtime.store.sql import SqlTx

ASKS_FOR = timedelta(days=7)
"""How long the mail that asks is good."""
DUE_AFTER = timedelta(days=30)
"""One month (GDPR art. 12(3)) in the strictest reading: from the asking, not from its proof."""
MOST_A_DAY = 3
"""So many mails ask one person in a day, whoever presses the button."""
LINK = SLOT_VALUES["request_link"]

Outcome = Literal["confirmed", "before", "expired", "unknown"]


class TooManyRequests(DataRequestError):
    """The person was asked often enough for one day."""


class NoAddress(DataRequestError):
    """There is nowhere to ask whether it was them."""


def ask(
    tx: SqlTx,
    contact: Contact,
    kind: RequestKind,
    words: str,
    *,
    link: Callable[[str], str],
    library: Library,
    versions: log.Versions,
    now: datetime,
) -> DataRequest:
    """Keeps a request and writes the one mail that asks; one of its kind that waits stays.

    Args:
        tx: The transaction.
        contact: Whose data it is about; the mail goes to their address on record, nowhere else.
        kind: What they want.
        words: What is wrong, for a correction.
        link: Address that confirms a request, of its id.
        library: Approved texts.
        versions: For the trace.
        now: When it was asked.

    Raises:
        TooManyRequests: enough mails have asked them today.
        NoAddress: no address for mail is on record.
        LookupError: there is no live text in their language.
    """
    tx.lock(f"person:{contact.person_id}")
    if not contact.email:
        raise NoAddress(f"person {contact.person_id!r} has no address for mail; ask them for one.")
    known = requests_of(tx, contact.person_id)
    waits = [r for r in known if r.state == "ASKED" and now < r.ask_until]
    same = next((r for r in waits if r.kind == kind and not words), None)
    if same is not None:
        return same
    if sum(now - r.asked_at < timedelta(days=1) for r in known) >= MOST_A_DAY:
        raise TooManyRequests(f"{MOST_A_DAY} mails have asked this person today; wait a day.")
    session = tx.session_of(contact.person_id) or opened_by_buyer(contact)
    tx.save_session(session)
    said = redact(words.strip(), contact, known=tx.recall(session.thread_id))
    made = DataRequest(
        tenant_id=tx.tenant_id,
        request_id=secrets.token_hex(16),
        person_id=contact.person_id,
        thread_id=session.thread_id,
        kind=kind,
        asked_at=now,
        ask_until=now + ASKS_FOR,
        words=said.text,
    )
    for earlier in waits:
        # Of one thread one link is on its way; whoever asks anew means the newest.
        save(tx, replace(earlier, ask_until=now))
    save(tx, made)
    tx.remember(session.thread_id, {**said.originals, LINK: link(made.request_id)})
    _write(tx, contact, session, made, library=library, now=now)
    _trace(tx, session, made, "asked", versions=versions, now=now)
    return made


def confirm(tx: SqlTx, request_id: str, *, versions: log.Versions, now: datetime) -> Outcome:
    """Opens a request that its person confirms, once and in time, and says what came of it.

    It is then work of whoever answers for privacy; who wants to be erased is left alone at once.
    """
    found = read(tx, request_id)
    if found is None:
        return "unknown"
    tx.lock(f"person:{found.person_id}")
    found = read(tx, request_id) or found
    if found.state != "ASKED":
        return "before"
    contact = tx.contact_of(found.person_id)
    if now >= found.ask_until or contact is None:
        return "expired"
    session = tx.session_of(found.person_id) or opened_by_buyer(contact)
    opened = replace(found, state="OPEN", confirmed_at=now, due_at=found.asked_at + DUE_AFTER)
    save(tx, opened)
    if opened.kind == "erasure":
        stop(tx, session, f"request:{request_id}", versions=versions, now=now)
    tx.save_human_task(_task(opened, session, now=now))
    _trace(tx, session, opened, "confirmed", versions=versions, now=now)
    return "confirmed"


def _write(
    tx: SqlTx,
    contact: Contact,
    session: Session,
    made: DataRequest,
    *,
    library: Library,
    now: datetime,
) -> None:
    language = language_for(session, contact)
    frame_id = library.playbook(session.playbook).frame_on("email")
    frame = library.live(frame_id, language=language, now=now)
    text = library.live(CONFIRM_REQUEST, language=language, now=now)
    if frame is None or text is None:
        raise LookupError(f"{CONFIRM_REQUEST} or its frame has no live text in {language}")
    proposal = compose(
        Act("confirm_request", "transactional", 1.0),
        (text,),
        frame=frame,
        contact=contact,
        session=replace(session, subject=""),
        purpose="privacy",
    )
    message = act.message_of(
        session,
        contact,
        proposal,
        cause=f"request:{made.request_id}",
        actor="agent",
        mailbox=contact.mailbox,
        due_at=now,
        arm=binding_arm(tx, contact.person_id),
    )
    tx.add_message(message)


def _task(opened: DataRequest, session: Session, *, now: datetime) -> HumanTask:
    due = f"{opened.due_at:%Y-%m-%d}" if opened.due_at else ""
    said = f"\n\n{opened.words}" if opened.words else ""
    return HumanTask(
        tenant_id=opened.tenant_id,
        task_id=task_id_of(opened.request_id),
        thread_id=session.thread_id,
        person_id=opened.person_id,
        kind="handoff",
        route_to="privacy",
        reason=f"data_{opened.kind}",
        text=f"{opened.kind.capitalize()} of their data, confirmed by mail; due by {due}. "
        f"See `parley requests show {opened.request_id}`.{said}",
        received_at=now,
    )


def _trace(
    tx: SqlTx,
    session: Session,
    request: DataRequest,
    status: str,
    *,
    versions: log.Versions,
    now: datetime,
) -> None:
    """Without the id of the request, which lets somebody in."""
    payload = {
        "object": "data_request",
        "status": status,
        "fields": {"kind": request.kind}
        | ({"due": f"{request.due_at:%Y-%m-%d}"} if request.due_at else {}),
    }
    journal = log.Journal(tx, session, now=now, versions=versions)
    journal.write("crm_write", "data_request", request.request_id, status, payload=payload)
