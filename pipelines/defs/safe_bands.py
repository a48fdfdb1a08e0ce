"""The safe bands of all playbooks, calibrated anew once a day from what people judged."""

import dagster as dg

from pipelines.pools import STORE
from pipelines.resources import WorkspaceResource


@dg.asset(
    key=["readouts", "safe_bands"],
    group_name="readouts",
    deps=[dg.AssetKey(["traces", "events"])],
    kinds={"polars", "parquet"},
    pool=STORE,
)
def safe_bands(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """One row per playbook and category of messages: from which confidence on it may go.

    Source: what people judged, in the runtime store, to which each new band is published. Only
    playbooks whose band was calibrated once, or that wait for one, are calibrated.
    """
    from agent_runtime.clock import read_now
    from agent_runtime.library.catalog import company_library
    from pipelines.lake import write
    from pipelines.safe_band_daily import as_table, renew_all

    store = workspace.store_if_there()
    records = ()
    if store is not None:
        try:
            library = company_library(workspace.paths.library)
            now = read_now(store.engine)
            records = renew_all(store, library.playbooks.values(), now=now)
        finally:
            store.engine.dispose()
    table = as_table(records)
    write(table, workspace.paths.lake / "metrics" / "safe_bands.parquet")
    return dg.MaterializeResult(
        metadata={"dagster/row_count": table.height, "playbooks": len(records)}
    )
