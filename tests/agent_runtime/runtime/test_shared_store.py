"""A store that serves two tenants gives each workspace its own events only (R276)."""

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from agent_runtime.domain import Session
from agent_runtime.log import Journal
from agent_runtime.settings import Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.export import export_traces
from agent_runtime.store.reading import turns_of
from agent_runtime.store.sql import SqlStore

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
THREAD = Session("ours", "thread-1", "p-1", "c-1", playbook="icp_prospecting", state="new")
CANARY = "canary-zebra-quartz"


def write(engine, tenant, words, first=0):
    session = replace(THREAD, tenant_id=tenant, thread_id=f"thread-{tenant}")
    with SqlStore(engine, tenant).begin() as tx:
        journal = Journal(tx, session, now=NOW, versions={})
        for number in range(first, first + 3):
            journal.write("turn", number, payload={"what": words})


def test_traces_of_another_tenant_never_reach_the_lake(tmp_path):
    """R276: all that is trained, calibrated or counted reads the lake or what is made from it."""
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    write(engine, "ours", "plain")
    write(engine, "rival", CANARY)
    write(engine, "ours", "more", first=3)
    ours, rivals = Workspace(tmp_path / "ours"), Workspace(tmp_path / "rivals")

    assert export_traces(engine, ours, tenant_id="ours") == 6
    assert export_traces(engine, ours, tenant_id="ours") == 0
    assert export_traces(engine, rivals, tenant_id="rival") == 3

    frame = pl.read_parquet(ours.traces / "**/*.parquet")
    assert frame["tenant_id"].unique().to_list() == ["ours"]
    assert frame.height == 6
    assert not frame["payload"].str.contains(CANARY).any()
    engine.dispose()


def test_replays_and_regression_cases_are_drawn_from_ones_own_turns(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    for tenant in ("ours", "rival"):
        write(engine, tenant, tenant)

    found = turns_of(engine, "ours", thread="", limit=100)

    assert {event.tenant_id for event in found} == {"ours"}
    assert len(found) == 3
    engine.dispose()
