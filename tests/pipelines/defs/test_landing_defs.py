"""Landed tables as assets: described, checked for drift, and read by the batch."""

import dagster as dg
import polars as pl
import pytest

from agent_runtime.settings import Workspace
from pipelines.defs.landing import landing_assets
from pipelines.ingest import run_ingest
from pipelines.resources import WorkspaceResource
from pipelines.sources.keys import declared_sources, landed_keys

SOURCE = """
source: drops
kind: files
description: exports in a folder
location: {folder}
tables:
  people: {{about: One row per person, files: 'p*.csv', format: csv, key: [id]}}
  events: {{files: 'e*.jsonl', format: jsonl, key: [id]}}
rollups:
  usage: {{of: events, account: account, at: at, metric: name}}
"""
MAPPING = """
mapping: drops
version: 1
source: drops
files:
  - path: people.parquet
    landed: drops
    key: [id]
    routes:
      - table: contacts
        fields: {contact_id: id, first_name: name, email: mail}
  - path: usage.parquet
    landed: drops
    routes:
      - table: usage
        fields: {account_id: account_id, day: day, metric: metric, value: value}
"""


@pytest.fixture
def workspace(tmp_path):
    drops = tmp_path / "drops"
    drops.mkdir()
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "drops.yaml").write_text(SOURCE.format(folder=drops))
    (drops / "p1.csv").write_text("id,name,mail\n1,Ana,ana@alder.example\n2,Ben,\n")
    event = '{"id": "1", "account": "a1", "name": "login", "at": "2026-01-09T08:00:00Z"}\n'
    (drops / "e1.jsonl").write_text(event)
    return tmp_path


def materialise(workspace):
    (declared,) = declared_sources(workspace / "sources")
    resource = WorkspaceResource(root=str(workspace), tenant_id="t", now="2026-01-12T09:00:00Z")
    return dg.materialize(
        [landing_assets(declared)], resources={"workspace": resource}, raise_on_error=False
    )


def test_a_source_lands_as_assets_whose_drift_is_a_check(workspace):
    """R224: what a table is and how it has changed is seen where the run is seen."""
    done = materialise(workspace)
    assert done.success
    checks = {c.asset_key.path[-1]: c for c in done.get_asset_check_evaluations()}
    assert {name: c.passed for name, c in checks.items()} == {
        "drops_people": True,
        "drops_events": True,
        "drops_usage": True,
    }
    (landed,) = done.asset_materializations_for_node("pull_drops")[:1]
    assert landed.metadata["dagster/row_count"].value == 2
    (workspace / "drops" / "p2.csv").write_text("id,name,tier\n3,Cem,gold\n")
    again = materialise(workspace).get_asset_check_evaluations()
    people = next(c for c in again if c.asset_key.path[-1] == "drops_people")
    assert (people.passed, people.severity, people.blocking) == (
        False,
        dg.AssetCheckSeverity.ERROR,
        True,
    )
    assert people.metadata["columns"].value == ["mail", "tier"]


def test_landed_tables_become_canonical_through_the_mapping(workspace):
    materialise(workspace)
    (workspace / "mapping.yaml").write_text(MAPPING)
    (workspace / "drops" / "p2.csv").write_text("id,name,mail\n2,Benedict,ben@alder.example\n")
    materialise(workspace)
    paths = Workspace(workspace)
    report = run_ingest(paths.exports, str(workspace / "mapping.yaml"), paths, has_checks=False)
    contacts = pl.read_parquet(paths.canonical / "contacts.parquet")
    assert contacts.select("contact_id", "first_name", "email", "source_key").rows() == [
        ("1", "Ana", "ana@alder.example", "drops.people.parquet:1"),
        ("2", "Benedict", "ben@alder.example", "drops.people.parquet:2"),
    ]
    usage = pl.read_parquet(paths.canonical / "usage.parquet")
    assert usage.select("account_id", "metric", "value").rows() == [("a1", "login", 1.0)]
    assert report.quarantined == 0
    # A table that was landed again with something else in it is read again.
    (workspace / "drops" / "p3.csv").write_text("id,name,mail\n3,Cem,cem@alder.example\n")
    materialise(workspace)
    run_ingest(paths.exports, str(workspace / "mapping.yaml"), paths, has_checks=False)
    assert pl.read_parquet(paths.canonical / "contacts.parquet").height == 3


def test_every_landed_table_is_described_and_the_batch_waits_for_it(workspace):
    (declared,) = declared_sources(workspace / "sources")
    specs = {spec.key.path[-1]: spec for spec in landing_assets(declared).specs}
    assert (
        specs["drops_people"].description
        == "One row per person. Source: drops, exports in a folder."
    )
    assert {spec.group_name for spec in specs.values()} == {"sources"}
    assert landed_keys(workspace / "sources") == [["sources", name] for name in specs]


def test_a_source_file_that_is_wrong_is_an_asset_that_says_so(workspace):
    (workspace / "sources" / "crm-x.yaml").write_text("source: crm\nkind: nothing\n")
    wrong = declared_sources(workspace / "sources")[0]
    assets = landing_assets(wrong)
    assert "kind = 'nothing' is not known" in (next(iter(assets.specs)).description or "")
    done = dg.materialize([assets], raise_on_error=False)
    assert not done.success
