"""Reads traces back out of the store, for people and for replays."""

from sqlalchemy import Engine, select

from agent_runtime.contracts import TraceEvent
from agent_runtime.store import tables as t
from agent_runtime.store.sql_rows import load


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
    column = t.trace_events.c
    query = select(column.doc).where(
        column.tenant_id == tenant_id, column.doc.contains('"kind":"turn"', autoescape=True)
    )
    if thread:
        query = query.where(column.doc.contains(f'"thread_id":"{thread}"', autoescape=True))
    found: list[TraceEvent] = []
    with engine.connect() as connection:
        for row in connection.execute(query.order_by(column.position.desc())):
            event = load(TraceEvent, row.doc)
            has_words = event.kind == "turn" and "retention" not in event.payload
            if has_words and thread in ("", event.thread_id):
                found.append(event)
            if len(found) == limit:
                break
    return tuple(reversed(found))


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
