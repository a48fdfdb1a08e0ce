"""The warehouse: every dbt model, seed and data test, built by dbt in this process."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator
from pydantic import Field

from pipelines.manifest import ensure_manifest
from pipelines.pools import WAREHOUSE
from pipelines.resources import BatchResource, WorkspaceResource


class WarehouseTranslator(DagsterDbtTranslator):
    """Names assets by stage: models are `warehouse/<name>`, sources the assets that write them."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Returns the key of a model or seed, or of the asset that a source stands for."""
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return dg.AssetKey(["warehouse", dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Returns the stage."""
        return "warehouse"


class WarehouseConfig(dg.Config):
    """How the warehouse is built."""

    full_refresh: bool = Field(
        default=False,
        description="Builds every table anew, where a run else adds what is new since the last.",
    )


def _specs() -> tuple[list[dg.AssetSpec], list[dg.AssetCheckSpec]]:
    """Returns one asset per model and seed, and one check per data test that has an asset.

    `dbt_assets` gives the same, but asks dbt's selection engine for "everything", whose import
    costs more than all other definitions together.
    """
    manifest = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    translator, nodes = WarehouseTranslator(), manifest["nodes"]
    specs = {
        unique_id: translator.get_asset_spec(manifest, unique_id, None)
        for unique_id, node in nodes.items()
        if node["resource_type"] in {"model", "seed"}
        and node["config"]["materialized"] != "ephemeral"
    }
    checks: dict[str, dg.AssetCheckSpec] = {}
    for unique_id, node in nodes.items():
        if node["resource_type"] != "test":
            continue
        for parent in node["depends_on"]["nodes"]:
            if parent in specs and (
                check := translator.get_asset_check_spec(specs[parent], manifest, unique_id, None)
            ):
                checks[check.get_python_identifier()] = check
    return list(specs.values()), list(checks.values())


_NODES = _specs()


@dg.multi_asset(
    name="warehouse",
    specs=_NODES[0],
    check_specs=_NODES[1],
    can_subset=True,
    pool=WAREHOUSE,
    allow_arbitrary_check_specs=True,
)
def warehouse(
    context: dg.AssetExecutionContext,
    config: WarehouseConfig,
    workspace: WorkspaceResource,
    batch: BatchResource,
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Builds the selected models from the lake, then runs the data tests that belong to them.

    A test that fails is a failed check, and the tables stand: the page says so in red.
    """
    from pipelines.campaign import experiment_of, load_campaign
    from pipelines.readouts.checks import save_checks
    from pipelines.warehouse import build_warehouse, check_warehouse

    spec = experiment_of(load_campaign(batch.campaign))
    wanted = {key.path[-1]: key for key in context.selected_asset_keys}
    runs = build_warehouse(
        workspace.paths,
        tenant_id=workspace.tenant_id,
        window_days=spec.primary.window_days,
        holdout_arm=spec.control,
        select=sorted(wanted) if context.is_subset else (),
        full_refresh=config.full_refresh,
    )
    for run in runs:
        if run.name in wanted:
            yield dg.MaterializeResult(
                asset_key=wanted[run.name], metadata={"seconds": run.seconds}
            )
    checked = {key.name: key.asset_key for key in context.selected_asset_check_keys}
    if not checked:
        return
    verdicts = check_warehouse(workspace.paths, holdout_arm=spec.control)
    save_checks(workspace.paths, verdicts)
    for verdict in verdicts:
        if verdict.name in checked:
            yield dg.AssetCheckResult(
                asset_key=checked[verdict.name],
                check_name=verdict.name,
                passed=verdict.is_passed,
                metadata={"failing_rows": verdict.failures, "message": verdict.message},
            )
