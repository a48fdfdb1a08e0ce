"""The assets of the last three groups do what `run_readout` does, through Dagster."""

import shutil

import dagster as dg
import pytest

from agent_runtime.settings import Workspace
from pipelines.defs import readouts, traces, warehouse
from pipelines.resources import BatchResource, WorkspaceResource


@pytest.fixture
def materialised(ran, tmp_path) -> tuple[dg.ExecuteInProcessResult, Workspace]:
    """The three groups over the lake of the small campaign, in a workspace of their own."""
    workspace = Workspace(tmp_path)
    shutil.copytree(ran.lake, workspace.lake, ignore=shutil.ignore_patterns("metrics"))
    result = dg.materialize(
        [
            traces.trace_export,
            warehouse.warehouse,
            readouts.published_metrics,
            readouts.campaign_readout,
        ],
        resources={
            "workspace": WorkspaceResource(
                root=str(tmp_path), tenant_id="northbeam", now="2026-02-09T00:00:00+00:00"
            ),
            "batch": BatchResource(),
        },
        tags={
            "dagster/asset_partition_range_start": "2026-01-12",
            "dagster/asset_partition_range_end": "2026-02-08",
        },
    )
    return result, workspace


def test_the_groups_materialise_and_every_check_passes(materialised):
    result, workspace = materialised
    assert result.success
    assert {check.passed for check in result.get_asset_check_evaluations()} == {True}
    assert workspace.page.exists()
    assert (workspace.metrics / "metric_daily.parquet").exists()


def test_a_part_of_the_warehouse_can_be_built_alone(ran):
    result = dg.materialize(
        [warehouse.warehouse],
        selection=[dg.AssetKey(["warehouse", "dim_days"])],
        resources={
            "workspace": WorkspaceResource(root=str(ran.root), tenant_id="northbeam"),
            "batch": BatchResource(),
        },
    )
    built = {e.asset_key.path[-1] for e in result.get_asset_materialization_events() if e.asset_key}
    assert built == {"dim_days"}
