"""Indexes beside those of the tables: an older store has them as soon as it is opened."""

from sqlalchemy import Connection, Engine

from agent_runtime.store.trace_index import TRACE_INDEXES, field_of

QUEUE_INDEXES = {
    "approvals_open": "approvals (tenant_id, state, approval_id)",
    "approval_lines_risk": "approval_lines (tenant_id, risk desc, made_at, approval_id)",
    "approval_lines_waiting": "approval_lines (tenant_id, made_at, approval_id)",
    "approval_lines_language": (
        "approval_lines (tenant_id, language, risk desc, made_at, approval_id)"
    ),
    "approval_lines_counted": ("approval_lines (tenant_id, risk, language, playbook, approval_id)"),
}
"""By these a queue of thousands is counted and paged without reading a draft."""
_LOCK = 7203641


def make_indexes(engine: Engine) -> None:
    """Makes the indexes where they are missing."""
    with engine.connect() as connection:
        if {*TRACE_INDEXES.values(), *QUEUE_INDEXES} <= _names(connection):
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({_LOCK})")
        wanted = QUEUE_INDEXES | {
            name: f"trace_events (tenant_id, ({field_of(connection, field)}), position)"
            for field, name in TRACE_INDEXES.items()
        }
        for name, columns in wanted.items():
            connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")


def _names(connection: Connection) -> set[str]:
    """Asked first, since making an index that stands already waits for all who write."""
    if connection.dialect.name == "postgresql":
        query = "select indexname from pg_indexes where schemaname = any(current_schemas(false))"
    else:
        query = "select name from sqlite_master where type = 'index'"
    return set(connection.exec_driver_sql(query).scalars())
