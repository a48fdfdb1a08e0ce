"""What the runtime wrote down between two instants, straight from its store."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from agent_runtime.contracts import TraceKind
from agent_runtime.store import tables as t
from pipelines.campaigns.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Entry:
    """One trace event, as far as campaigns ask."""

    kind: TraceKind
    at: datetime
    thread_id: str
    person_id: str
    payload: dict[str, Any]


def entries(
    runtime: Runtime, begins: datetime, until: datetime, kinds: Collection[TraceKind]
) -> Iterator[Entry]:
    """Yields what happened from `begins` until `until` exclusively, in the order it was written."""
    store = runtime.store
    if store is None:
        return
    days = [
        (begins.date() + timedelta(days=n)).isoformat()
        for n in range((until.date() - begins.date()).days + 1)
    ]
    doc = t.trace_events.c.doc
    query = (
        select(doc)
        .where(t.trace_events.c.tenant_id == store.tenant_id, t.trace_events.c.day.in_(days))
        .where(or_(*(doc.like(f'%"kind":"{kind}"%') for kind in kinds)))
        .order_by(t.trace_events.c.position)
    )
    with store.engine.connect() as connection:
        for (text,) in connection.execute(query):
            event = json.loads(text)
            at = datetime.fromisoformat(event["occurred_at"])
            if event["kind"] in kinds and begins <= at < until:
                yield Entry(
                    event["kind"],
                    at,
                    event["thread_id"] or "",
                    event["person_id"] or "",
                    event["payload"],
                )


def last_position(runtime: Runtime) -> int:
    """Returns the place of the newest event, which rises with each; 0 where there is none."""
    if runtime.store is None:
        return 0
    with runtime.store.engine.connect() as connection:
        return connection.execute(select(func.max(t.trace_events.c.position))).scalar() or 0


def replied_since(runtime: Runtime, position: int, campaign_id: str) -> tuple[int, int]:
    """Returns how many people have written in a campaign's threads since, and the new position."""
    store = runtime.store
    if store is None:
        return 0, position
    mine, last, people = threads_of(runtime, campaign_id), position, set()
    table = t.trace_events
    query = (
        select(table.c.position, table.c.doc)
        .where(table.c.tenant_id == store.tenant_id, table.c.position > position)
        .order_by(table.c.position)
    )
    with store.engine.connect() as connection:
        for place, text in connection.execute(query):
            last = place
            if '"direction":"in"' not in text:
                continue
            event = json.loads(text)
            if event["kind"] == "message" and event["thread_id"] in mine:
                people.add(event["person_id"])
    return len(people), last


def threads_of(runtime: Runtime, campaign_id: str) -> set[str]:
    """Returns the threads that a campaign touched last."""
    store = runtime.store
    if store is None:
        return set()
    query = select(t.threads.c.thread_id, t.threads.c.doc).where(
        t.threads.c.tenant_id == store.tenant_id, t.threads.c.doc.like(f"%{campaign_id}%")
    )
    with store.engine.connect() as connection:
        return {
            thread
            for thread, doc in connection.execute(query)
            if json.loads(doc).get("campaign_id") == campaign_id
        }
