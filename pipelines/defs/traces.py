"""What the runtime did, from its store into daily partitions of the lake."""

import dagster as dg

from pipelines.partitions import DAILY
from pipelines.pools import STORE
from pipelines.resources import WorkspaceResource

EVENTS = dg.AssetKey(["traces", "events"])


@dg.multi_asset(
    name="trace_export",
    specs=[
        dg.AssetSpec(
            EVENTS,
            group_name="traces",
            deps=[dg.AssetKey(["outreach", "runtime_imports"])],
            description=(
                "One row per trace event, in one folder per day on which it happened. "
                "Source: the runtime store."
            ),
            partitions_def=DAILY,
            kinds={"parquet"},
        )
    ],
    pool=STORE,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def trace_export(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """Exports all that is committed and not yet exported, late events of earlier days included.

    So one run serves any number of partitions.
    """
    from pipelines.traces import export_to_lake

    exported = export_to_lake(workspace.paths, tenant_id=workspace.tenant_id)
    return dg.MaterializeResult(asset_key=EVENTS, metadata={"new_events": exported})
