"""The audit log: who did what to which record, when, and how it ended; rows are only ever added.

An act is written before it begins and once more when it has ended, under one request id: an act
without an end was cut off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from agent_runtime.store.console_tables import audit_log
from agent_runtime.store.sql import SqlStore, SqlTx

Result = Literal["begun", "done", "refused", "failed"]
PAGE = 50


@dataclass(frozen=True, slots=True)
class Act:
    """One entry. It holds ids and never words or names of buyers."""

    request_id: str
    at: datetime
    actor: str
    """Address of a user, `token:NAME`, `command:NAME`, or empty for nobody who is known."""
    role: str
    action: str
    """`area.what`."""
    record: str
    """`approval:4f0c…`, `user:ana@company.com`."""
    result: Result
    detail: str = ""
    address: str = ""
    """From where on the network."""


def write(tx: SqlTx, act: Act) -> None:
    """Adds an entry in the transaction of what it tells of."""
    row = {name: getattr(act, name) for name in Act.__dataclass_fields__}
    short = {"record": act.record[:400], "detail": act.detail[:1000], "action": act.action[:400]}
    tx.connection.execute(audit_log.insert(), {"tenant_id": tx.tenant_id, **row, **short})


def write_alone(store: SqlStore, act: Act) -> None:
    """Adds an entry in a transaction of its own."""
    with store.begin() as tx:
        write(tx, act)


@dataclass(frozen=True, slots=True)
class Logged:
    """An act as the log shows it, and whether it has ended."""

    position: int
    act: Act


def latest(
    store: SqlStore,
    *,
    actor: str = "",
    action: str = "",
    record: str = "",
    before: int = 0,
    limit: int = PAGE,
) -> Sequence[Logged]:
    """Returns the latest entries that match, the newest first, a page of them.

    Of an act that has ended only its end is shown.
    """
    c = audit_log.c
    end = audit_log.alias("ended")
    has_end = (
        select(end.c.position)
        .where(
            end.c.tenant_id == c.tenant_id,
            end.c.request_id == c.request_id,
            end.c.result != "begun",
        )
        .exists()
    )
    query = select(audit_log).where(c.tenant_id == store.tenant_id)
    query = query.where((c.result != "begun") | ~has_end)
    for column, wanted in ((c.actor, actor), (c.action, action), (c.record, record)):
        if wanted:
            query = query.where(column.startswith(wanted, autoescape=True))
    if before:
        query = query.where(c.position < before)
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(c.position.desc()).limit(limit)).all()
    return [Logged(row.position, _act(row)) for row in rows]


def _act(row: Any) -> Act:
    values = row._mapping
    return Act(**{name: values[name] for name in Act.__dataclass_fields__})
