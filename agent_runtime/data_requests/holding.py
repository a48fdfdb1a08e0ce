"""What the store holds of one person: in figures for their page, and whole for their copy."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from agent_runtime.contracts import TraceEvent
from agent_runtime.data_requests.keeping import requests_of
from agent_runtime.domain import Consent, Contact
from agent_runtime.placeholders import fill
from agent_runtime.retention import keep_for
from agent_runtime.store import tables as t
from agent_runtime.store.rows import FieldChange, Inbound, Meeting, Message
from agent_runtime.store.sql import SqlTx
from agent_runtime.store.sql_rows import load
from agent_runtime.store.trace_index import events_of_thread

_LEFT = ("SENT", "UNKNOWN", "HANDED")
_KEYS = frozenset({"tenant_id"})


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a person, in figures, and by which right."""

    wrote_first: bool
    """Whether they began, and no contact of a CRM brought them."""
    known_since: datetime | None
    """The earliest instant of which anything says that we knew them."""
    messages_out: int
    messages_in: int
    last_at: datetime | None
    meetings: int
    calls: int
    consents: tuple[Consent, ...]
    keep_days: int
    """Days after which words are emptied."""


def held_of(tx: SqlTx, contact: Contact) -> Held:
    """Returns the figures of a person and of whom they were merged with."""
    people = tx.persons_of(contact.person_id)
    sent, heard = tuple(_sent(tx, people)), tuple(_heard(tx, people))
    session = tx.session_of(contact.person_id)
    consents = _consents(tx, people)
    at = [m.sent_at for m in sent if m.sent_at] + [i.received_at for i in heard]
    since = at + [c.recorded_at for c in consents]
    return Held(
        wrote_first=session is not None and session.opened_by == "buyer" and not consents,
        known_since=min(since, default=None),
        messages_out=len(sent),
        messages_in=len(heard),
        last_at=max(at, default=None),
        meetings=sum(m.state == "CONFIRMED" for m in _meetings(tx, people)),
        calls=sum(call.dialled_at is not None for p in people for call in tx.calls_of(p)),
        consents=consents,
        keep_days=keep_for(tx.flags(), session.playbook if session else "").days,
    )


def copy_of(tx: SqlTx, person_id: str, *, now: datetime) -> dict[str, Any]:
    """Returns everything that the store holds of a person, as JSON values (GDPR articles 15, 20).

    Words have their names and numbers filled in. What our people noted among themselves about how
    to answer is left out; how the agent understood and decided is there.
    """
    people = tx.persons_of(person_id)
    contacts = [c for p in people for c in tx.all(Contact, t.contacts, person_id=p)]
    contact = tx.contact_of(person_id)
    threads = sorted(_threads(tx, people))
    sessions = [s for p in people if (s := tx.session_of(p))]
    originals = {thread: tx.recall(thread) for thread in threads}

    def full(text: str, thread: str) -> str:
        return fill(text, contact, originals.get(thread, {})) if contact else text

    told = {
        "made_at": now,
        "person_ids": people,
        "contacts": [_plain(c) for c in contacts],
        "addresses": [
            {"channel": row.channel, "address": row.address, "noted_at": row.noted_at}
            for p in people
            for row in tx.rows(t.addresses, person_id=p)
        ],
        "permissions": [_plain(c) for c in _consents(tx, people)],
        "turned_off": asdict(tx.choices(person_id)),
        "stops": [{"reason": s.reason, "source": s.source} for s in tx.stops(person_id)],
        "threads": [_plain(s) for s in sessions],
        "messages_to_you": [
            {
                "at": m.sent_at,
                "channel": m.channel,
                "from": m.mailbox,
                "to": m.to_email,
                "written_by": "an AI assistant" if m.actor == "agent" else "a person",
                "purpose": m.purpose,
                "subject": full(m.subject, m.thread_id),
                "text": full(m.body, m.thread_id),
            }
            for m in _sent(tx, people)
        ],
        "messages_from_you": [
            {
                "at": i.received_at,
                "channel": i.channel,
                "subject": full(i.subject, i.thread_id),
                "text": full(i.text, i.thread_id),
            }
            for i in _heard(tx, people)
        ],
        "meetings": [_plain(m) for m in _meetings(tx, people)],
        "calls": [_plain(c) for p in people for c in tx.calls_of(p)],
        "experiments": [
            {"experiment": a.experiment_id, "group": a.arm} for a in tx.assignments(person_id)
        ],
        "written_to_customer_register": [
            _plain(c) | {"before": full(c.before, c.thread_id), "after": full(c.after, c.thread_id)}
            for c in tx.changes()
            if c.thread_id in threads
        ],
        "decisions_about_you": [d for thread in threads for d in _decisions(tx, thread)],
        "answers_to_our_question": [s for thread in threads for s in _answers(tx, thread, full)],
        "requests": [
            {"kind": r.kind, "asked_at": r.asked_at, "due_at": r.due_at, "state": r.state}
            for r in requests_of(tx, person_id)
        ],
    }
    return to_jsonable_python(told)


def _decisions(tx: SqlTx, thread: str) -> Iterator[dict[str, Any]]:
    """How each message was understood and what was done, without what was said to whom."""
    for event in events_of_thread(tx.connection, tx.tenant_id, thread):
        if event.kind == "turn":
            yield _decision(event)


def _answers(tx: SqlTx, thread: str, full: Callable[[str, str], str]) -> Iterator[dict[str, Any]]:
    for event in events_of_thread(tx.connection, tx.tenant_id, thread):
        if event.kind == "survey":
            said = event.payload
            comment = full(str(said.get("comment") or ""), thread)
            yield {"at": event.occurred_at, "rating": said.get("rating"), "comment": comment}


def _decision(event: TraceEvent) -> dict[str, Any]:
    seen = event.payload.get("perception") or {}
    chosen = event.payload.get("chosen") or {}
    return {
        "at": event.occurred_at,
        "understood_as": [intent["name"] for intent in seen.get("intents", ())],
        "did": chosen.get("action", ""),
        "because": chosen.get("reason", ""),
    }


def _sent(tx: SqlTx, people: tuple[str, ...]) -> Iterator[Message]:
    for person in people:
        rows = tx.rows(t.messages, t.messages.c.state.in_(_LEFT), person_id=person)
        for row in rows.all():
            message = load(Message, row.doc)
            yield replace(message, state=row.state, sent_at=row.sent_at)


def _heard(tx: SqlTx, people: tuple[str, ...]) -> Iterator[Inbound]:
    for thread in _threads(tx, people):
        yield from tx.all(Inbound, t.inbound, thread_id=thread)


def _meetings(tx: SqlTx, people: tuple[str, ...]) -> Iterator[Meeting]:
    for thread in _threads(tx, people):
        yield from tx.all(Meeting, t.meetings, thread_id=thread)


def _threads(tx: SqlTx, people: tuple[str, ...]) -> set[str]:
    sessions = (tx.session_of(person) for person in people)
    return {session.thread_id for session in sessions if session}


def _consents(tx: SqlTx, people: tuple[str, ...]) -> tuple[Consent, ...]:
    return tuple(dict.fromkeys(c for person in people for c in tx.consents(person)))


def _plain(value: Contact | Consent | Meeting | FieldChange | Any) -> dict[str, Any]:
    names = (f.name for f in fields(value) if f.name not in _KEYS)
    return {name: getattr(value, name) for name in names if getattr(value, name) not in ("", ())}
