"""Carries what waits in tables of earlier versions over into those of this one."""

from dataclasses import replace

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, Text, inspect, select

from agent_runtime.crm_request import record_of
from agent_runtime.store.rows import Push
from agent_runtime.store.sql import SqlTx
from agent_runtime.store.sql_rows import load

_OLD_QUEUE = Table(
    "crm_pushes",
    MetaData(),
    Column("tenant_id", String(120), primary_key=True),
    Column("row_kind", String(120), primary_key=True),
    Column("row_id", String(400), primary_key=True),
    Column("doc", Text, nullable=False),
)
"""The queue for the CRM before its rows had an order within their record."""


def carry_over(engine: Engine) -> int:
    """Moves the rows of the old queue for the CRM into today's, and returns how many.

    All of it is one transaction that also takes the old table away, so a crash repeats it and
    another process waits for it. A row that today's queue has already stays as it is there.
    """
    with engine.begin() as connection:
        SqlTx(connection, "").lock(_OLD_QUEUE.name)
        if not inspect(connection).has_table(_OLD_QUEUE.name):
            return 0
        rows = connection.execute(select(_OLD_QUEUE)).all()
        for row in rows:
            _carry(connection, row.tenant_id, load(Push, row.doc))
        _OLD_QUEUE.drop(connection)
    return len(rows)


def _carry(connection: Connection, tenant_id: str, push: Push) -> None:
    tx = SqlTx(connection, tenant_id)
    record = record_of(tx, push.kind, push.row_id)
    tx.add_push(replace(push, queued_at=push.due_at, record=record))
