"""The asset graph as a whole: keys, groups and what depends on what."""

import dagster as dg
import pytest

from pipelines.definitions import GROUPS, URGENT, URGENTLY, defs, place_of


@pytest.fixture(scope="module")
def definitions(tmp_path_factory):
    """What a workspace has that keeps no campaigns of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARLEY_WORKSPACE", str(tmp_path_factory.mktemp("workspace")))
        return defs()


@pytest.fixture(scope="module")
def specs(definitions):
    return {spec.key: spec for spec in definitions.resolve_all_asset_specs()}


def test_asset_graph(definitions, specs, snapshot):
    graph = definitions.resolve_asset_graph()
    assert {
        key.to_user_string(): {
            "group": spec.group_name,
            "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            "checks": sorted(
                check.name for check in graph.asset_check_keys if check.asset_key == key
            ),
            "partitions": type(spec.partitions_def).__name__ if spec.partitions_def else None,
        }
        for key, spec in sorted(specs.items())
    } == snapshot


def test_data_flows_through_the_groups_in_their_order(specs):
    for spec in specs.values():
        for dep in spec.deps:
            upstream = specs[dep.asset_key].group_name
            assert place_of(upstream) <= place_of(spec.group_name), spec.key


def test_every_group_of_the_design_has_assets(specs):
    groups = {spec.group_name for spec in specs.values()}
    assert groups == {*GROUPS, "campaign_prospecting"}


def test_every_asset_says_its_grain_and_its_source_and_is_kept_fresh(specs):
    for spec in specs.values():
        assert spec.description, spec.key
        assert spec.freshness_policy is not None, spec.key


def test_keys_are_stage_and_plural(specs):
    for key, spec in specs.items():
        stage, *name = key.path
        assert stage == spec.group_name
        assert len(name) == 1, key


def test_there_is_a_schedule_and_a_sensor(definitions):
    schedules = {s.name for s in definitions.schedules}
    assert schedules == {"daily_batch_at_five", "prospecting_daily"}
    assert "new_exports" in [s.name for s in definitions.sensors]
    dg.Definitions.validate_loadable(definitions)


def test_what_says_whom_not_to_write_to_is_late_sooner(specs):
    for name in URGENTLY:
        assert specs[dg.AssetKey(name.split("/"))].freshness_policy == URGENT


def test_batches_run_in_one_process_and_somebody_watches_them(definitions):
    assert definitions.executor == dg.in_process_executor
    watching = {"batch_begins", "batch_ends", "failed_runs", "stale_assets", "old_runs"}
    assert watching <= {sensor.name for sensor in definitions.sensors}
