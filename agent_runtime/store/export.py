"""Takes traces out of the store into daily Parquet partitions, none lost, none twice."""

import json
from datetime import UTC
from itertools import groupby
from typing import Any

import polars as pl
from sqlalchemy import Engine, bindparam, func, select, update

from agent_runtime.contracts import TraceEvent
from agent_runtime.settings import Workspace
from agent_runtime.store import tables as t
from agent_runtime.store.sql_rows import load

PAGE = 20_000
_MARK = "exported_up_to"
SCHEMA = {
    "event_id": pl.String,
    "tenant_id": pl.String,
    "seq": pl.Int64,
    "kind": pl.String,
    "thread_id": pl.String,
    "person_id": pl.String,
    "contact_id": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
    "schema_version": pl.Int64,
    "versions": pl.String,
    "payload": pl.String,
}


def export_traces(engine: Engine, workspace: Workspace, *, tenant_id: str) -> int:
    """Writes every event of a tenant that has not been exported and returns how many.

    A store may serve several tenants; a workspace holds the events of its own and nobody else's,
    so that nothing which is learnt or counted there knows of others.

    Events get their `seq` here and not when they are written: numbers taken inside concurrent
    transactions become visible out of order, and a reader that remembers the highest one would
    pass over a late commit. A file is named by the numbers in it, so that a run that was
    interrupted writes the same files again.
    """
    number_events(engine)
    written = 0
    last = _exported_up_to(workspace)
    while rows := _page(engine, tenant_id, last):
        last = rows[-1][0]
        written += len(rows)
        for day, group in groupby(sorted(rows, key=lambda r: (r[1], r[0])), key=lambda r: r[1]):
            _write(workspace, day, list(group))
        _mark(workspace, last)
    return written


def number_events(engine: Engine) -> None:
    """Gives numbers to committed events that have none, in one transaction at a time."""
    events = t.trace_events
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("lock table trace_events in share row exclusive mode")
        highest = connection.execute(select(func.max(events.c.seq))).scalar() or 0
        unnumbered = select(events.c.position).where(events.c.seq.is_(None))
        positions = connection.execute(unnumbered.order_by(events.c.position)).scalars().all()
        changes = [
            {"at": position, "number": highest + n} for n, position in enumerate(positions, 1)
        ]
        if changes:
            statement = update(events).where(events.c.position == bindparam("at"))
            connection.execute(statement.values(seq=bindparam("number")), changes)


def _page(engine: Engine, tenant_id: str, after: int) -> list[tuple[int, str, str]]:
    events = t.trace_events
    mine = (events.c.tenant_id == tenant_id, events.c.seq > after)
    query = select(events.c.seq, events.c.day, events.c.doc).where(*mine)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(events.c.seq).limit(PAGE)).all()
    return [(row.seq, row.day, row.doc) for row in rows]


def _exported_up_to(workspace: Workspace) -> int:
    mark = workspace.traces / _MARK
    return int(mark.read_text()) if mark.exists() else 0


def _mark(workspace: Workspace, seq: int) -> None:
    """Written after the files of a page: an export that was cut off writes them once more."""
    draft = workspace.traces / f"{_MARK}.tmp"
    draft.write_text(str(seq))
    draft.replace(workspace.traces / _MARK)


def _write(workspace: Workspace, day: str, rows: list[tuple[int, str, str]]) -> None:
    folder = workspace.traces / f"day={day}"
    folder.mkdir(parents=True, exist_ok=True)
    events = [(seq, load(TraceEvent, doc)) for seq, _, doc in rows]
    frame = pl.DataFrame(
        {
            "event_id": [e.event_id for _, e in events],
            "tenant_id": [e.tenant_id for _, e in events],
            "seq": [seq for seq, _ in events],
            "kind": [e.kind for _, e in events],
            "thread_id": [e.thread_id for _, e in events],
            "person_id": [e.person_id for _, e in events],
            "contact_id": [e.contact_id for _, e in events],
            "occurred_at": [e.occurred_at.astimezone(UTC) for _, e in events],
            "schema_version": [e.schema_version for _, e in events],
            "versions": [_json(e.versions) for _, e in events],
            "payload": [_json(e.payload) for _, e in events],
        },
        schema=SCHEMA,
    )
    path = folder / f"{rows[0][0]:012d}-{rows[-1][0]:012d}.parquet"
    draft = path.with_suffix(".tmp")
    frame.write_parquet(draft)
    draft.replace(path)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
