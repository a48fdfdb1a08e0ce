"""What is learnt or counted in a workspace sees one tenant, whoever lies in its lake (R276)."""

import json
import shutil

import duckdb
import pytest
from rivals import CANARY, RIVAL, plant_rivals

from agent_runtime.settings import Workspace
from experiments.calibration import at_thresholds, judged_answers, reliability
from experiments.metrics import list_metrics, read_metrics
from pipelines.readouts.publish import publish_metrics
from pipelines.warehouse import build_warehouse

TENANT = "northbeam"


@pytest.fixture(scope="module")
def shared(built, tmp_path_factory):
    """The workspace of `built`, made anew from a lake in which every row has a rival's twin."""
    workspace = Workspace(tmp_path_factory.mktemp("shared"))
    shutil.copytree(built.lake, workspace.lake)
    assert plant_rivals(workspace.lake) > 1_000
    build_warehouse(workspace, tenant_id=TENANT)
    return workspace


def rows_of(workspace, *, tables):
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        names = [
            name
            for (name,) in connection.sql(
                f"select table_name from information_schema.tables where table_type in {tables} "
                "and table_schema = 'main'"
            ).fetchall()
        ]
        return {
            name: sorted(map(repr, connection.sql(f'select * from "{name}"').fetchall()))
            for name in sorted(names)
        }


def test_every_table_of_the_warehouse_is_the_same_with_and_without_the_rival(built, shared):
    """R276: not the marts alone: staging, metrics by unit and views over the lake as well."""
    for kinds in ("('BASE TABLE', 'LOCAL TEMPORARY')", "('VIEW', 'LOCAL TEMPORARY')"):
        alone, together = (rows_of(one, tables=kinds) for one in (built, shared))
        assert len(alone) > 10
        assert alone.keys() == together.keys()
        assert [name for name in alone if alone[name] != together[name]] == []
        assert not any(CANARY in row or f"'{RIVAL}'" in row for t in together.values() for row in t)


def test_without_the_tenant_the_rival_would_be_there(shared, tmp_path):
    """The canary works: by hand, and without a tenant, dbt reads the lake as it lies there."""
    with duckdb.connect() as connection:
        files = f"{shared.traces}/day=*/*.parquet"
        found = connection.sql(
            f"select count(*) from read_parquet('{files}') where payload like '%{CANARY}%'"
        ).fetchall()
    assert found[0][0] > 100


def test_what_is_learnt_from_the_warehouse_is_the_same_to_the_byte(built, shared):
    """R276: the band in which the agent may answer alone, metrics, and what an analysis reads."""
    for learnt in (
        judged_answers,
        lambda w: reliability(judged_answers(w)),
        lambda w: at_thresholds(judged_answers(w)),
    ):
        alone, together = (learnt(one.warehouse).write_json() for one in (built, shared))
        assert alone == together
    names = [metric.name for metric in list_metrics()]
    alone, together = (
        json.dumps([str(r) for r in read_metrics(names, warehouse=one.warehouse)])
        for one in (built, shared)
    )
    assert alone == together


def test_published_tables_hold_nothing_of_the_rival(built, shared, tmp_path):
    """R276: units of uplift and experiments are read from these files."""
    published = {}
    for name, one in (("alone", built), ("together", shared)):
        copy = Workspace(tmp_path / name)
        copy.root.mkdir()
        shutil.copy(one.warehouse, copy.warehouse)
        shutil.copytree(one.lake, copy.lake)
        publish_metrics(copy)
        published[name] = {p.name: p.read_bytes() for p in sorted(copy.metrics.glob("*.parquet"))}
    assert published["alone"].keys() == published["together"].keys() != set()
    assert published["alone"] == published["together"]
    assert not any(CANARY.encode() in content for content in published["together"].values())
