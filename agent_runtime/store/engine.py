"""Opens the database of the runtime store."""

from importlib import import_module
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect

from agent_runtime.store import coaching_tables as _coaching_tables  # noqa: F401
from agent_runtime.store import console_tables as _console_tables  # noqa: F401
from agent_runtime.store.late_indexes import make_indexes
from agent_runtime.store.tables import metadata


def open_engine(url: str) -> Engine:
    """Returns an engine with all tables in place; what waits in older ones is carried over.

    On SQLite a transaction begins IMMEDIATE, so that two writers wait for each other instead of
    failing in the middle, and the journal is a write-ahead log, set once for the file.

    Args:
        url: SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://…`.
    """
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
        event.listen(engine, "connect", _configure_sqlite)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    else:
        engine = create_engine(url, pool_pre_ping=True)
    metadata.create_all(engine)
    make_indexes(engine)
    if inspect(engine).has_table("crm_pushes"):
        # The rows are read as the store reads them, and it needs an engine first.
        import_module("agent_runtime.store.carrying_over").carry_over(engine)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
