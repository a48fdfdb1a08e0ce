"""The threads in which the agent wrote on a day, as they stood at its end."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from agent_runtime.coaching.drawing import Candidate
from agent_runtime.store.tables import trace_events
from agent_runtime.store.trace_index import field_is


def candidates_of(connection: Connection, tenant_id: str, day: date) -> tuple[Candidate, ...]:
    """Returns the threads in which a message of the agent left on a day, sorted by id."""
    c = trace_events.c
    said = {
        name: _payload(connection, name)
        for name in ("playbook", "language", "actor", "direction", "state")
    }
    thread = _thread(connection)
    messages = select(thread.label("thread"), said["playbook"], said["language"]).where(
        c.tenant_id == tenant_id, field_is(connection, "kind", "message")
    )
    left = messages.where(
        c.day == day.isoformat(), said["actor"] == "agent", said["state"] == "SENT"
    ).order_by(c.position)
    latest = {row[0]: (row[1] or "", row[2] or "") for row in connection.execute(left) if row[0]}
    came = (
        select(thread)
        .where(
            c.tenant_id == tenant_id,
            field_is(connection, "kind", "message"),
            c.day <= day.isoformat(),
            said["direction"] == "in",
        )
        .distinct()
    )
    answered = set(connection.execute(came).scalars())
    return tuple(
        Candidate(name, playbook, language, name in answered)
        for name, (playbook, language) in sorted(latest.items())
        if playbook
    )


def days_with_messages(connection: Connection, tenant_id: str) -> tuple[date, ...]:
    """Returns the days (UTC) on which the agent wrote, the earliest first."""
    c = trace_events.c
    query = (
        select(c.day)
        .where(
            c.tenant_id == tenant_id,
            field_is(connection, "kind", "message"),
            _payload(connection, "actor") == "agent",
            _payload(connection, "state") == "SENT",
        )
        .distinct()
        .order_by(c.day)
    )
    return tuple(date.fromisoformat(one) for one in connection.execute(query).scalars())


def last_position(connection: Connection, tenant_id: str, thread_id: str, day: date) -> int:
    """Returns the position of the last event of a thread by the end of a day; 0 without any."""
    c = trace_events.c
    query = select(func.max(c.position)).where(
        c.tenant_id == tenant_id,
        field_is(connection, "thread_id", thread_id),
        c.day <= day.isoformat(),
    )
    return connection.execute(query).scalar() or 0


def _payload(connection: Connection, name: str) -> Any:
    doc = trace_events.c.doc
    if connection.dialect.name == "postgresql":
        return func.jsonb_extract_path_text(cast(doc, JSONB), "payload", name)
    return func.json_extract(doc, f"$.payload.{name}")


def _thread(connection: Connection) -> Any:
    doc = trace_events.c.doc
    if connection.dialect.name == "postgresql":
        return func.jsonb_extract_path_text(cast(doc, JSONB), "thread_id")
    return func.json_extract(doc, "$.thread_id")
