"""The sensor of new exports and the resources of a batch."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from pipelines.defs.sources import new_exports
from pipelines.resources import BatchResource, WorkspaceResource, from_environment


@pytest.fixture
def resources(tmp_path):
    return {
        "workspace": WorkspaceResource(root=str(tmp_path), tenant_id="t"),
        "batch": BatchResource(),
    }


def evaluate(resources, cursor=None):
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
        return new_exports(context)


def test_a_changed_folder_starts_one_batch(small_export, resources):
    found = evaluate(resources)

    assert isinstance(found, dg.SensorResult)
    assert [request.run_key for request in found.run_requests] == [found.cursor]
    assert isinstance(evaluate(resources, cursor=found.cursor), dg.SkipReason)

    (small_export / "crm_leads.csv").unlink()

    assert evaluate(resources, cursor=found.cursor).cursor != found.cursor


def test_no_folder_is_nothing_to_do(resources):
    assert isinstance(evaluate(resources), dg.SkipReason)


def test_the_now_of_a_batch_is_given_or_the_exports_or_the_wall_clock(tmp_path):
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake/ingest_report.json").write_text('{"now": "2018-01-01T00:00:00+00:00"}')

    def instant(now):
        return WorkspaceResource(root=str(tmp_path), tenant_id="t", now=now).instant()

    assert instant("2026-01-12T01:00:00+01:00") == datetime(2026, 1, 12, tzinfo=UTC)
    assert instant("export") == datetime(2018, 1, 1, tzinfo=UTC)
    assert instant("").tzinfo is UTC


def test_the_environment_names_the_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLEY_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("PARLEY_TENANT_ID", "acme")

    workspace = from_environment()["workspace"]

    assert (workspace.root, workspace.tenant_id) == (str(tmp_path), "acme")
