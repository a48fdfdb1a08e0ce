"""Threads in the store: found by who, words and state, and one with all that was traced of it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, and_, cast, exists, func, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB

from agent_runtime.domain import Contact, Session
from agent_runtime.store import tables as t
from agent_runtime.store.sql_rows import load
from agent_runtime.store.trace_index import field_is

PAGE = 25
Docs = Sequence[tuple[int, str]]
"""Position and JSON of events."""
Keep = Callable[[Docs], Docs]
_CLEAR, _CHECK = '"rules_hit":[]', '"kind":"policy"'
_BASIS = ',"basis":{'
"""Begins what a turn stood on for its replay: the end of its JSON, and the greater part of it. In
a text of somebody's its quotes would be escaped."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which threads are wanted; empty means all."""

    who: str = ""
    """Part of a name, company or address, or the id of a thread or person."""
    words: str = ""
    """Part of what either side wrote, as it is stored: names in it are placeholders."""
    playbook: str = ""
    state: str = ""
    channel: str = ""
    speaker: str = ""
    page: int = 1
    size: int = PAGE
    """Threads of a page."""


@dataclass(frozen=True, slots=True)
class Group:
    """How many threads are alike in all that narrows a search."""

    playbook: str
    state: str
    channel: str
    speaker: str
    count: int


@dataclass(frozen=True, slots=True)
class Traced:
    """A trace event as it lies in the store, its payload in plain JSON values."""

    position: int
    event_id: str
    kind: str
    at: datetime
    versions: dict[str, str]
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FoundThread:
    """A thread of a list."""

    session: Session
    contact: Contact | None
    originals: dict[str, str]
    last: Traced | None = None
    """What was last said in it, by whoever; None where nothing has been."""
    active_at: datetime | None = None
    """When anything last happened in it."""


@dataclass(frozen=True, slots=True)
class ThreadRecord:
    """One thread with all that was traced of it, the earliest first."""

    session: Session
    contact: Contact | None
    originals: dict[str, str]
    events: tuple[Traced, ...]


@dataclass(frozen=True, slots=True)
class FoundThreads:
    """A page of threads, the last active first, and how many match on all pages."""

    threads: tuple[FoundThread, ...]
    found: int


def groups(connection: Connection, tenant_id: str) -> tuple[Group, ...]:
    """Counts the threads of a tenant by all that narrows a search."""
    named = [_said(connection, t.threads.c.doc, name) for name in _NARROW]
    query = select(*named, func.count()).where(t.threads.c.tenant_id == tenant_id)
    return tuple(Group(*row) for row in connection.execute(query.group_by(*named)))


def find_threads(connection: Connection, tenant_id: str, asked: Asked) -> FoundThreads:
    """Returns a page of the threads that match."""
    where = _where(connection, tenant_id, asked)
    # Whoever matches is told in one pass: to look for words is what costs.
    rows = connection.execute(
        select(t.threads.c.doc, func.count().over().label("found"))
        .where(*where)
        .order_by(text(f"{_last_position(connection)} desc"), t.threads.c.thread_id)
        .limit(asked.size)
        .offset(asked.size * (asked.page - 1))
    ).all()
    found = rows[0].found if rows else 0
    if not rows and asked.page > 1:
        every = select(func.count()).select_from(t.threads).where(*where)
        found = connection.execute(every).scalar_one()
    sessions = [load(Session, row.doc) for row in rows]
    return FoundThreads(_filled(connection, tenant_id, sessions), found)


def read_thread(
    connection: Connection,
    tenant_id: str,
    thread_id: str,
    *,
    until: int | None = None,
    keep: Keep | None = None,
) -> ThreadRecord | None:
    """Returns a thread; None where there is none.

    Args:
        connection: To the store.
        tenant_id: Whose thread it is.
        thread_id: Which.
        until: Position of the last event to read; None: all.
        keep: Picks from the JSON of all events those that are wanted; None: all.
    """
    c = t.threads.c
    query = select(c.doc).where(c.tenant_id == tenant_id, c.thread_id == thread_id)
    doc = connection.execute(query).scalar()
    if doc is None:
        return None
    session: Session = load(Session, doc)
    (found,) = _filled(connection, tenant_id, [session], with_last=False)
    rows = _docs(connection, tenant_id, thread_id, until)
    events = tuple(traced(*row) for row in (keep(rows) if keep else rows))
    return ThreadRecord(session, found.contact, found.originals, events)


def without_clear_checks(rows: Docs) -> Docs:
    """Keeps all but the checks in which every rule let a message pass: half of most threads."""
    return [row for row in rows if _CLEAR not in row[1] or _CHECK not in row[1]]


def last_position(connection: Connection, tenant_id: str, thread_id: str) -> int:
    """Returns the position of the last event of a thread; 0 where nothing was traced."""
    c = t.trace_events.c
    mine = (c.tenant_id == tenant_id, field_is(connection, "thread_id", thread_id))
    return connection.execute(select(func.max(c.position)).where(*mine)).scalar() or 0


_NARROW = ("playbook", "state", "channel", "speaker")


def _where(connection: Connection, tenant_id: str, asked: Asked) -> list[Any]:
    c = t.threads.c
    where: list[Any] = [c.tenant_id == tenant_id]
    for name in _NARROW:
        if wanted := getattr(asked, name):
            where.append(_said(connection, c.doc, name) == wanted)
    if asked.who:
        where.append(_is_of(connection, tenant_id, asked.who))
    if asked.words:
        where.append(_has_words(connection, tenant_id, asked.words))
    return where


def _is_of(connection: Connection, tenant_id: str, who: str) -> Any:
    p, c = t.contacts.c, t.threads.c
    first, last, company = (
        _said(connection, p.doc, name) for name in ("first_name", "last_name", "company")
    )
    named = or_(
        _has(first + " " + last, who),
        _has(company, who),
        p.email.icontains(who, autoescape=True),
    )
    people = select(p.person_id).where(p.tenant_id == tenant_id, named)
    return or_(c.person_id.in_(people), c.thread_id == who, c.person_id == who)


def _has_words(connection: Connection, tenant_id: str, words: str) -> Any:
    came, left, c = t.inbound.c, t.messages.c, t.threads.c
    heard = select(came.thread_id).where(
        came.tenant_id == tenant_id,
        _mentions(came.doc, words),
        or_(*(_has(_said(connection, came.doc, name), words) for name in ("text", "subject"))),
    )
    if connection.dialect.name == "postgresql":
        each = func.jsonb_array_elements(cast(left.doc, JSONB)["sentences"])
        one = each.table_valued("value").alias("one")
        sentence = func.jsonb_extract_path_text(one.c.value, "text")
    else:
        one = func.json_each(left.doc, "$.sentences").table_valued("value").alias("one")
        sentence = func.json_extract(one.c.value, "$.text")
    said = select(left.thread_id).where(
        left.tenant_id == tenant_id,
        left.state.in_(("SENT", "HANDED", "UNKNOWN")),
        _mentions(left.doc, words),
        or_(
            _has(_said(connection, left.doc, "subject"), words),
            exists(select(1).select_from(one).where(_has(sentence, words))),
        ),
    )
    return or_(c.thread_id.in_(heard), c.thread_id.in_(said))


def _has(said: Any, part: str) -> Any:
    return or_(*(said.icontains(one, autoescape=True) for one in _spellings(part)))


def _mentions(doc: Any, part: str) -> Any:
    """Whether a JSON holds words at all: told in no time, before any is taken apart."""
    told = (json.dumps(one, ensure_ascii=False)[1:-1] for one in _spellings(part))
    return or_(*(doc.icontains(one, autoescape=True) for one in told))


def _spellings(part: str) -> list[str]:
    """SQLite knows upper and lower case of ASCII only, so other letters are asked for as well."""
    if part.isascii():
        return [part]
    return sorted({part, part.lower(), part.upper(), part.title()})


def _said(connection: Connection, doc: Any, name: str) -> Any:
    if connection.dialect.name == "postgresql":
        return cast(doc, JSONB)[name].astext
    return func.json_extract(doc, f"$.{name}")


def _last_position(connection: Connection) -> str:
    """When a thread was last active, by the index over the threads of events.

    SQLite uses an index over an expression only where the other side has no type, hence the plus.
    """
    if connection.dialect.name == "postgresql":
        same = "((e.doc::jsonb) ->> 'thread_id') = threads.thread_id"
    else:
        same = "json_extract(e.doc, '$.thread_id') = +threads.thread_id"
    return (
        "coalesce((select max(e.position) from trace_events e where "
        f"e.tenant_id = threads.tenant_id and {same}), 0)"
    )


def _filled(
    connection: Connection, tenant_id: str, sessions: Sequence[Session], *, with_last: bool = True
) -> tuple[FoundThread, ...]:
    p, v = t.contacts.c, t.vault.c
    ids = [session.contact_id for session in sessions]
    people = select(p.contact_id, p.doc).where(p.tenant_id == tenant_id, p.contact_id.in_(ids))
    contacts = {key: load(Contact, doc) for key, doc in connection.execute(people)}
    threads = [session.thread_id for session in sessions]
    hidden = select(v.thread_id, v.token, v.value).where(
        and_(v.tenant_id == tenant_id, v.thread_id.in_(threads))
    )
    originals: dict[str, dict[str, str]] = {}
    for thread, token, value in connection.execute(hidden):
        originals.setdefault(thread, {})[token] = value
    made = []
    for session in sessions:
        thread = session.thread_id
        last, active_at = _latest(connection, tenant_id, thread) if with_last else (None, None)
        contact = contacts.get(session.contact_id)
        made.append(FoundThread(session, contact, originals.get(thread, {}), last, active_at))
    return tuple(made)


def _latest(
    connection: Connection, tenant_id: str, thread_id: str
) -> tuple[Traced | None, datetime | None]:
    """What was last said in a thread, and when anything last happened in it."""
    c = t.trace_events.c
    query = (
        select(c.position, c.doc)
        .where(c.tenant_id == tenant_id, field_is(connection, "thread_id", thread_id))
        .order_by(c.position.desc())
        .limit(1)
    )
    last = connection.execute(query).first()
    said = connection.execute(
        query.where(c.doc.contains('"kind":"message"', autoescape=True))
    ).first()
    return (traced(*said) if said else None), (traced(*last).at if last else None)


def _docs(connection: Connection, tenant_id: str, thread_id: str, until: int | None) -> Docs:
    c = t.trace_events.c
    query = select(c.position, c.doc).where(
        c.tenant_id == tenant_id, field_is(connection, "thread_id", thread_id)
    )
    if until is not None:
        query = query.where(c.position <= until)
    return [(row[0], row[1]) for row in connection.execute(query.order_by(c.position))]


def traced(position: int, doc: str) -> Traced:
    """Returns an event of a row, without the basis for its replay.

    These are plain JSON values: to check a thousand events by their schema takes too long here.
    """
    told = _parsed(doc)
    return Traced(
        position,
        told["event_id"],
        told["kind"],
        datetime.fromisoformat(told["occurred_at"]),
        told["versions"],
        told["payload"],
    )


def _parsed(doc: str) -> dict[str, Any]:
    end = doc.find(_BASIS)
    if end > 0:
        try:
            return from_json(doc[:end] + "}}")
        except ValueError:
            pass
    return from_json(doc)
