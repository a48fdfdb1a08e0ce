"""Merges and splits reach the runtime's store by the import of each batch, and only by it."""

from datetime import UTC, datetime

import polars as pl
import pytest

from agent_runtime.contracts import Assignment
from agent_runtime.settings import Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.importing import load_into
from agent_runtime.store.sql import SqlStore
from pipelines.lake import Lake, write
from pipelines.schemas import TABLES
from pipelines.transforms.assign import ASSIGNMENTS
from pipelines.transforms.consent import SUPPRESSIONS
from pipelines.transforms.eligibility import ELIGIBILITY
from pipelines.transforms.identity import EVENTS
from pipelines.transforms.queue_table import from_tasks

NOW = datetime(2026, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    yield SqlStore(engine, "t")
    engine.dispose()


@pytest.fixture
def workspace(tmp_path):
    paths = Workspace(tmp_path)
    lake = Lake(paths)
    tables = {name: pl.DataFrame(schema=table.schema) for name, table in TABLES.items()}
    owner = {"owner_id": "o1", "name": "Ada Roe", "email": "ada@us.example", "active": True}
    tables["owners"] = _with(tables["owners"], owner)
    for name, table in tables.items():
        write(table, paths.canonical / f"{name}.parquet")
    write(pl.DataFrame(schema=ELIGIBILITY), lake.eligibility)
    write(pl.DataFrame(schema=SUPPRESSIONS), lake.suppressions)
    arms = [("t", "e1", p, p, arm, "l", "h", NOW, "hash") for p, arm in (("p1", "a"), ("p2", "b"))]
    write(pl.DataFrame(arms, schema=ASSIGNMENTS, orient="row"), lake.assignments)
    write(from_tasks([]), lake.tasks)
    return paths


def _with(frame, row):
    return pl.concat([frame, pl.DataFrame([row])], how="diagonal_relaxed")


def _learn(workspace, *kinds):
    rows = [
        ("t", f"e{n}", kind, "p2", "p1", None, "decision", "h", NOW) for n, kind in enumerate(kinds)
    ]
    write(pl.DataFrame(rows, schema=EVENTS, orient="row"), Lake(workspace).person_events)


def test_a_split_reaches_the_store_and_a_stop_stays_with_both(store, workspace):
    """R172: the import parts whom a batch split; arms stay, and the stop stays with both."""
    _learn(workspace, "merged")
    load_into(store, workspace, "t", NOW)
    with store.begin() as tx:
        assert tx.persons_of("p2") == ("p2", "p1")
        arms = _own_arms(tx)
        tx.suppress("p1", reason="opt_out", source="mail", now=NOW)

    _learn(workspace, "merged", "split")
    for _ in range(2):
        load_into(store, workspace, "t", NOW)
        with store.begin() as tx:
            assert tx.persons_of("p2") == ("p2",)
            assert tx.suppressed("p1") == tx.suppressed("p2") == "opt_out"
            assert _own_arms(tx) == arms

    with store.begin() as tx:
        tx.suppress("p1", reason="complaint", source="later", now=NOW)
    load_into(store, workspace, "t", NOW)
    with store.begin() as tx:
        assert [stop.reason for stop in tx.stops("p2")] == ["opt_out"]


def _own_arms(tx) -> list[Assignment]:
    return [a for p in ("p1", "p2") for a in tx.assignments(p) if a.person_id == p]
