"""Brings traces from the runtime store into the lake."""

from typing import TYPE_CHECKING

from agent_runtime.settings import Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.export import export_traces

if TYPE_CHECKING:
    import polars as pl


def own_traces(workspace: Workspace, *, tenant_id: str) -> "pl.LazyFrame | None":
    """Returns the events of a tenant as they lie in the lake; None where nothing was exported."""
    import polars as pl

    if not any(workspace.traces.rglob("*.parquet")):
        return None
    events = pl.scan_parquet(workspace.traces / "**/*.parquet")
    return events.filter(pl.col("tenant_id") == tenant_id)


def export_to_lake(workspace: Workspace, *, tenant_id: str, store_url: str = "") -> int:
    """Writes every trace event that has not been exported and returns how many.

    Args:
        workspace: The run; without a store of its own nothing is exported.
        tenant_id: Whose events; a store may hold those of others as well.
        store_url: SQLAlchemy URL of the store; empty means the workspace's SQLite file.
    """
    if not store_url and not workspace.store.exists():
        return 0
    engine = open_engine(store_url or f"sqlite:///{workspace.store}")
    try:
        return export_traces(engine, workspace, tenant_id=tenant_id)
    finally:
        engine.dispose()
