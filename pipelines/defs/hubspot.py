"""HubSpot as a source: its tables, the files of the mapping, and the sensor of its webhooks."""

from collections.abc import Iterator

import dagster as dg

from pipelines.pools import vendor
from pipelines.resources import BatchResource, HubSpotResource, WorkspaceResource
from pipelines.sources.hubspot.tables import TABLES

FILES = dg.AssetKey(["sources", "hubspot_files"])


def _specs() -> Iterator[dg.AssetSpec]:
    for name, text in TABLES.items():
        yield dg.AssetSpec(
            ["sources", f"hubspot_{name}"],
            group_name="sources",
            description=f"{text}. Source: HubSpot's API, what changed since the last pull.",
            kinds={"dlt", "parquet"},
        )
    yield dg.AssetSpec(
        FILES,
        group_name="sources",
        deps=[["sources", f"hubspot_{name}"] for name in TABLES],
        description=(
            "One Parquet file per kind of record, for the mapping `hubspot`: links followed, "
            "stages named. Source: the landed tables of HubSpot."
        ),
        kinds={"polars", "parquet"},
    )


@dg.multi_asset(
    name="hubspot_pull",
    specs=list(_specs()),
    pool=vendor("hubspot"),
    retry_policy=dg.RetryPolicy(max_retries=3, delay=300, backoff=dg.Backoff.EXPONENTIAL),
)
def hubspot_pull(
    workspace: WorkspaceResource, batch: BatchResource, hubspot: HubSpotResource
) -> Iterator[dg.MaterializeResult]:
    """Landed tables of the account; where no token is set nothing is asked and nothing changes.

    A pull that is cut off is tried again and goes on where it stopped.
    """
    if not hubspot.is_connected():
        for name in TABLES:
            yield dg.MaterializeResult(
                asset_key=["sources", f"hubspot_{name}"], metadata={"connected": False}
            )
        yield dg.MaterializeResult(asset_key=FILES, metadata={"connected": False})
        return
    from pipelines.sources.hubspot.run import run_hubspot

    now = workspace.instant_if_known() or workspace.wall_clock()
    with hubspot.reader() as reader:
        run = run_hubspot(
            reader,
            workspace.paths,
            batch.export_mapping(workspace),
            now=now,
            store=workspace.store_if_there(),
            lists=hubspot.lists(),
        )
    gaps = list(run.pull.gaps())
    counted = {table.table: table for table in run.pull.tables}
    for name in TABLES:
        one = counted.get(name)
        metadata: dict[str, int | bool] = {"connected": True}
        if one is not None:
            metadata |= {"dagster/row_count": one.rows, "new": one.new, "gone": one.gone}
            metadata |= {"changed": one.changed}
        yield dg.MaterializeResult(asset_key=["sources", f"hubspot_{name}"], metadata=metadata)
    yield dg.MaterializeResult(
        asset_key=FILES,
        metadata={
            "connected": True,
            "files": run.files,
            "gaps": gaps,
            "named_by_webhooks": run.named,
            "addresses_listed": run.listed,
        },
    )


hubspot_job = dg.define_asset_job(
    "hubspot_pull_job",
    selection=dg.AssetSelection.assets(FILES).upstream(),
    description="What changed in HubSpot, as landed tables and as files for the mapping.",
)


@dg.sensor(job=hubspot_job, minimum_interval_seconds=60, name="hubspot_events")
def hubspot_events(
    workspace: WorkspaceResource, hubspot: HubSpotResource
) -> dg.RunRequest | dg.SkipReason:
    """Pulls when webhooks of HubSpot have named records that were not pulled yet."""
    if not hubspot.is_connected():
        return dg.SkipReason("No HubSpot account is connected: PARLEY_HUBSPOT_TOKEN is empty.")
    store = workspace.store_if_there()
    if store is None:
        return dg.SkipReason("There is no runtime store yet.")
    with store.begin() as tx:
        waiting = tx.news_waiting()
    if not waiting:
        return dg.SkipReason("No webhook has named a record that waits.")
    return dg.RunRequest(run_key=waiting[-1].news_id)
