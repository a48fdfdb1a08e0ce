"""Reads traces back out of the store, for people and for replays."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, select

from agent_runtime.contracts import TraceEvent
from agent_runtime.store import tables as t
from agent_runtime.store.sql_rows import load


@dataclass(frozen=True, slots=True)
class RecordedTurns:
    """Turns of a tenant that can be replayed, oldest first."""

    events: tuple[TraceEvent, ...]
    without_words: int = 0
    """Turns of the same kind whose words retention has removed."""
    is_cut: bool = False
    """Whether there are more, older ones."""


def turns_of(
    engine: Engine, tenant_id: str, *, thread: str = "", limit: int = 5000
) -> tuple[TraceEvent, ...]:
    """Returns the latest turns of a tenant whose words are still there, oldest first.

    Args:
        engine: The store's.
        tenant_id: Whose turns.
        thread: Only turns of this thread; empty means all.
        limit: How many at most.
    """
    return recorded_turns(engine, tenant_id, thread=thread, limit=limit).events


def recorded_turns(
    engine: Engine,
    tenant_id: str,
    *,
    thread: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    wanted: Callable[[TraceEvent], bool] = lambda _: True,
    limit: int = 5000,
) -> RecordedTurns:
    """Returns the latest turns of a tenant, and how many more there are without their words.

    Args:
        engine: The store's.
        tenant_id: Whose turns.
        thread: Only turns of this thread; empty means all.
        since: Only turns of this instant or later.
        until: Only turns before this instant.
        wanted: Says of a turn whether it is asked for; its words may be gone.
        limit: How many at most.
    """
    column = t.trace_events.c
    query = select(column.doc).where(
        column.tenant_id == tenant_id, column.doc.contains('"kind":"turn"', autoescape=True)
    )
    if thread:
        query = query.where(column.doc.contains(f'"thread_id":"{thread}"', autoescape=True))
    if since is not None:
        query = query.where(column.day >= _day(since))
    if until is not None:
        query = query.where(column.day <= _day(until))
    found: list[TraceEvent] = []
    without_words = 0
    with engine.connect() as connection:
        for row in connection.execute(query.order_by(column.position.desc())):
            event = load(TraceEvent, row.doc)
            is_of_time = (since is None or event.occurred_at >= since) and (
                until is None or event.occurred_at < until
            )
            is_meant = event.kind == "turn" and thread in ("", event.thread_id) and is_of_time
            if not (is_meant and wanted(event)):
                continue
            if "retention" in event.payload:
                without_words += 1
            elif len(found) == limit:
                return RecordedTurns(tuple(reversed(found)), without_words, is_cut=True)
            else:
                found.append(event)
    return RecordedTurns(tuple(reversed(found)), without_words)


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def reviews_of(engine: Engine, tenant_id: str) -> tuple[TraceEvent, ...]:
    """Returns all that reviewers have said of messages and drafts, oldest first."""
    column = t.trace_events.c
    query = (
        select(column.doc)
        .where(
            column.tenant_id == tenant_id, column.doc.contains('"kind":"review"', autoescape=True)
        )
        .order_by(column.position)
    )
    with engine.connect() as connection:
        events = [load(TraceEvent, row.doc) for row in connection.execute(query)]
    return tuple(event for event in events if event.kind == "review")


def events_about(engine: Engine, tenant_id: str, message_id: str) -> tuple[TraceEvent, ...]:
    """Returns all events of the one message whose id begins so, and the turn that proposed it.

    Empty where no message has such an id; events of several messages where the beginning of an
    id names more than one.
    """
    column = t.trace_events.c
    mine = column.tenant_id == tenant_id
    with engine.connect() as connection:
        query = select(column.doc).where(mine, column.doc.contains(message_id, autoescape=True))
        found = [
            load(TraceEvent, row.doc) for row in connection.execute(query.order_by(column.position))
        ]
        events = [event for event in found if _message_of(event).startswith(message_id)]
        first = next((e for e in events if e.kind == "policy"), None)
        if first is None:
            return tuple(events)
        thread = f'"thread_id":"{first.thread_id}"'
        query = select(column.doc).where(
            mine,
            column.doc.contains(thread, autoescape=True),
            column.doc.contains('"kind":"turn"', autoescape=True),
        )
        turns = [load(TraceEvent, row.doc) for row in connection.execute(query)]
    asked = [e for e in turns if e.kind == "turn" and e.occurred_at == first.occurred_at]
    return (*asked[:1], *events)


def latest_messages(engine: Engine, tenant_id: str, *, limit: int = 5) -> tuple[str, ...]:
    """Returns the ids of the messages that the rules judged last, the latest first."""
    column = t.trace_events.c
    query = (
        select(column.doc)
        .where(
            column.tenant_id == tenant_id, column.doc.contains('"kind":"policy"', autoescape=True)
        )
        .order_by(column.position.desc())
        .limit(4 * limit)
    )
    with engine.connect() as connection:
        events = [load(TraceEvent, row.doc) for row in connection.execute(query)]
    ids = (_message_of(event) for event in events if event.kind == "policy")
    return tuple(dict.fromkeys(ids))[:limit]


def _message_of(event: TraceEvent) -> str:
    """The message that an event is about, or empty."""
    field = "proposal_id" if event.kind == "policy" else "message_id"
    return str(event.payload.get(field) or "")
