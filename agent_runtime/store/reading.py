"""Reads traces back out of the store, for people and for replays."""

from sqlalchemy import Engine, select

from agent_runtime.contracts import TraceEvent
from agent_runtime.store import tables as t
from agent_runtime.store.sql_rows import load


def turns_of(
    engine: Engine, tenant_id: str, *, thread: str = "", limit: int = 5000
) -> tuple[TraceEvent, ...]:
    """Returns the latest turns of a tenant, oldest first.

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
            if event.kind == "turn" and thread in ("", event.thread_id):
                found.append(event)
            if len(found) == limit:
                break
    return tuple(reversed(found))
