"""The suppression lists of the runtime store, for the batch; what was lifted is left out."""

from importlib import import_module

import polars as pl

from agent_runtime.settings import Settings, Workspace
from pipelines.transforms.listings import LISTINGS


def read_listings(workspace: Workspace, tenant_id: str) -> pl.DataFrame:
    """Returns the entries that stand; none before the first run, when there is no store yet."""
    settings = Settings(workspace=workspace.root, tenant_id=tenant_id)
    if not settings.store_url and not workspace.store.exists():
        return LISTINGS.to_frame()
    # The store is heavy, and a batch of a new workspace does not need it.
    engine = import_module("agent_runtime.store.engine").open_engine(
        settings.store_url or f"sqlite:///{workspace.store}"
    )
    try:
        store = import_module("agent_runtime.store.sql").SqlStore(engine, tenant_id)
        with store.begin() as tx:
            rows = [(e.scope, e.value, e.reason) for e in tx.listings() if e.lifted_at is None]
    finally:
        engine.dispose()
    return pl.DataFrame(rows, schema=LISTINGS, orient="row")
