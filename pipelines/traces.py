"""Brings traces from the runtime store into the lake."""

from agent_runtime.settings import Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.export import export_traces


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
