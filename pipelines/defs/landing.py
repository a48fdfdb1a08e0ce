"""One asset per landed table, built from the source files of the workspace, with its drift."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.pools import vendor
from pipelines.resources import (
    WorkspaceResource,
    environment_secrets,
    from_environment_sources,
)
from pipelines.sources.keys import Declared, asset_name, declared_sources

CHECK = "as_agreed"
HUBSPOT = "hubspot"


def landing_assets(declared: Declared) -> dg.AssetsDefinition:
    """Returns the assets of one source: a pull lands all of its tables, or none."""
    if declared.fault:
        return _faulty(declared)
    keys = {
        table: dg.AssetKey(["sources", asset_name(declared.name, table)])
        for table in declared.tables
    }

    @dg.multi_asset(
        name=f"pull_{declared.name}",
        specs=[
            dg.AssetSpec(
                key,
                group_name="sources",
                description=f"{declared.tables[table]}. Source: {declared.name}"
                f"{', ' + declared.description if declared.description else ''}.",
                kinds={"dlt", "parquet"},
            )
            for table, key in keys.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=key,
                blocking=True,
                description="Columns and types are those of the first pull, or were accepted; a "
                "new column warns, a vanished or changed one stops what is built on the table.",
            )
            for key in keys.values()
        ],
        pool=vendor(declared.name),
        retry_policy=dg.RetryPolicy(max_retries=3, delay=60, backoff=dg.Backoff.EXPONENTIAL),
    )
    def pull_source(
        context: dg.AssetExecutionContext, workspace: WorkspaceResource
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """Takes what has changed since the last pull; a failed pull leaves everything as it was."""
        yield from _pull(declared, keys, workspace)

    return pull_source


def _pull(
    declared: Declared, keys: dict[str, dg.AssetKey], workspace: WorkspaceResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    from pipelines.lake import Lake
    from pipelines.sources.pulling import pull, read_source

    landing = Lake(workspace.paths).landing
    landed = pull(
        read_source(declared.path), landing, environment_secrets(), now=workspace.wall_clock()
    )
    counts = {one.name: one for one in landed.tables}
    for table, key in keys.items():
        drift = [d for d in landed.drift if d.table == table]
        one = counts.get(table)
        metadata: dict[str, Any] = {"drift": len(drift), "path": str(landing / declared.name)}
        if one is not None:
            metadata |= {
                "dagster/row_count": one.rows,
                "new": one.new,
                "changed": one.changed,
                "gone": one.gone,
                "refused": one.refused,
                "read_up_to": one.cursor,
            }
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)
        blocks = any(d.blocks for d in drift)
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=CHECK,
            passed=not drift,
            severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
            metadata={"drift": [str(d) for d in drift], "columns": [d.column for d in drift]},
        )


def _faulty(declared: Declared) -> dg.AssetsDefinition:
    """A file that is wrong is an asset that says so, and the rest of the graph goes on."""

    @dg.asset(
        key=["sources", declared.name],
        group_name="sources",
        description=f"This source cannot be read: {declared.fault}",
    )
    def unreadable_source() -> None:
        raise dg.Failure(description=declared.fault, allow_retries=False)

    return unreadable_source


@dg.definitions
def landing() -> dg.Definitions:
    """Returns the landed tables of the source files of the workspace, but for HubSpot's own."""
    # Those of an account are assets whether there is a file or not: see `defs/hubspot.py`.
    found = [one for one in declared_sources(from_environment_sources()) if one.name != HUBSPOT]
    return dg.Definitions(assets=[landing_assets(one) for one in found])
