"""Finds trace events by thread and by kind: indexes over what their JSON says.

An index over an expression needs no column; `late_indexes` makes them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, select, text

from agent_runtime.contracts import TraceEvent, TraceKind
from agent_runtime.store.sql_rows import load
from agent_runtime.store.tables import trace_events

Field = Literal["thread_id", "kind"]
TRACE_INDEXES: dict[Field, str] = {"thread_id": "trace_events_thread", "kind": "trace_events_kind"}


def field_is(connection: Connection, field: Field, value: str) -> Any:
    """Returns the condition that a field of an event has a value; it uses the index."""
    return text(f"({field_of(connection, field)}) = :{field}_is").bindparams(
        **{f"{field}_is": value}
    )


def events_of_thread(
    connection: Connection, tenant_id: str, thread_id: str
) -> tuple[TraceEvent, ...]:
    """Returns everything that was traced of a thread, in the order in which it was written."""
    column = trace_events.c
    query = select(column.doc).where(
        column.tenant_id == tenant_id, field_is(connection, "thread_id", thread_id)
    )
    docs = connection.execute(query.order_by(column.position)).scalars()
    return tuple(load(TraceEvent, doc) for doc in docs)


def latest_of_kind(
    connection: Connection, tenant_id: str, kind: TraceKind, *, limit: int
) -> Sequence[TraceEvent]:
    """Returns the latest events of a kind, the newest first."""
    column = trace_events.c
    query = select(column.doc).where(
        column.tenant_id == tenant_id, field_is(connection, "kind", kind)
    )
    docs = connection.execute(query.order_by(column.position.desc()).limit(limit)).scalars()
    return [load(TraceEvent, doc) for doc in docs]


def count_since(connection: Connection, tenant_id: str, kind: TraceKind, since: datetime) -> int:
    """Counts the events of a kind since the day of an instant."""
    column = trace_events.c
    query = select(func.count()).where(
        column.tenant_id == tenant_id,
        field_is(connection, "kind", kind),
        column.day >= since.date().isoformat(),
    )
    return connection.execute(query).scalar_one()


def field_of(connection: Connection, field: Field) -> str:
    """Returns the expression for a field, the same for an index and for those who ask."""
    if connection.dialect.name == "postgresql":
        return f"(doc::jsonb) ->> '{field}'"
    return f"json_extract(doc, '$.{field}')"
