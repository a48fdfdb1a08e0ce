"""The store takes what changed, and has what it would have if it took everything every day."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from export_edits import EDITS, change
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from agent_runtime.settings import Workspace
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.importing import load_into
from agent_runtime.store.rows import Standing
from agent_runtime.store.sql import SqlStore, SqlTx
from pipelines.ingest import run_batch

TENANT = "northbeam"
TABLES = (t.contacts, t.consents, t.assignments, t.suppressions, t.tasks, t.addresses)


def load(store, workspace, now, *, whole=False):
    """Imports a lake, or as if the store knew nothing of what it has."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        if whole:
            monkeypatch.setattr(SqlTx, "standing", lambda _: Standing())
        return load_into(store, workspace, TENANT, now)


def rows(store):
    """All rows that an import writes; an undated consent is dated by its first import."""
    found = {}
    with store.engine.connect() as connection:
        for table in TABLES:
            found[table.name] = sorted(map(repr, map(tuple, connection.execute(select(table)))))
    undated = [row.split("recorded_at")[0] for row in found.pop("consents")]
    return found | {"consents": undated}


@pytest.fixture
def stores(tmp_path):
    """Two empty stores."""
    engines = [open_engine(f"sqlite:///{tmp_path}/{name}.db") for name in ("daily", "whole")]
    yield [SqlStore(engine, TENANT) for engine in engines]
    for engine in engines:
        engine.dispose()


@pytest.fixture(scope="module")
def made(tmp_path_factory, export_writer, now):
    """A batch up to the store."""
    folder = tmp_path_factory.mktemp("made")
    workspace = Workspace(folder / "w")
    export_writer(folder / "e")
    more = {"exports": folder / "e", "has_checks": False, "loads_store": False}
    run_batch(workspace, now=now, **more)
    return workspace


@pytest.fixture
def workspace(made, tmp_path):
    """A copy of it that a test may change."""
    shutil.copytree(made.root, tmp_path / "w")
    return Workspace(tmp_path / "w")


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(st.lists(EDITS, max_size=3), min_size=1, max_size=2))
def test_any_history_gives_the_store_of_whole_imports(export_writer, now, history):
    """R169, R225: arms and touches stand as they were, stops are taken, whatever the CRM does."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        exports, workspace = export_writer(folder / "e"), Workspace(folder / "w")
        engines = [open_engine(f"sqlite:///{folder}/{store}.db") for store in ("daily", "whole")]
        daily, whole = (SqlStore(engine, TENANT) for engine in engines)
        stood = {"tasks": [], "assignments": []}
        for day, edits in enumerate([[], *history]):
            for what, *on in edits:
                change(exports, what, *on)
            instant = now + timedelta(days=day)
            run_batch(workspace, exports=exports, now=instant, has_checks=False, loads_store=False)
            load(daily, workspace, instant)
            load(whole, workspace, instant, whole=True)
            mine = rows(daily)
            assert mine == rows(whole)
            assert {row.split(",")[1] for row in stood["tasks"]} <= {
                row.split(",")[1] for row in mine["tasks"]
            }
            assert set(stood["assignments"]) <= set(mine["assignments"])
            refused = pl.read_parquet(workspace.lake / "suppressions.parquet")["person_id"]
            assert all(any(p in row for row in mine["suppressions"]) for p in refused)
            stood = mine
        for engine in engines:
            engine.dispose()


def test_an_import_of_the_same_writes_no_contact_again(workspace, stores, now):
    first = load(stores[0], workspace, now)
    again = load(stores[0], workspace, now + timedelta(days=1))

    assert first["contacts_changed"] == first["contacts"] > 5
    assert (again["contacts_changed"], again["touches_new"]) == (0, 0)


def test_what_the_runtime_changed_is_brought_back_to_what_the_crm_says(workspace, stores, now):
    for store in stores:
        load(store, workspace, now)
        with store.begin() as tx:
            ada = tx.contact_by_email("ada.low@alder.example")
            tx.add_contact(replace(ada, title="Chief"))
            tx.add_consents(tx.contact_by_email("new.one@dogwood.example").person_id, ())

    load(stores[0], workspace, now)
    load(stores[1], workspace, now, whole=True)

    assert rows(stores[0]) == rows(stores[1])
    with stores[0].begin() as tx:
        assert tx.contact_by_email("ada.low@alder.example").title == "VP Data"


def test_a_stop_that_was_lifted_by_hand_is_taken_again_from_the_crm(workspace, stores, now):
    """R225: nothing that was taken before makes a refusal of the CRM count less."""
    store = stores[0]
    load(store, workspace, now)
    refused = pl.read_parquet(workspace.lake / "suppressions.parquet")["person_id"][0]
    with store.begin() as tx:
        tx.unsuppress(refused)

    load(store, workspace, now)

    with store.begin() as tx:
        assert tx.suppressed(refused)


def test_a_touch_that_waits_for_a_stopped_person_is_cancelled_at_the_next_import(
    workspace, stores, now
):
    store = stores[0]
    load(store, workspace, now)
    refused = pl.read_parquet(workspace.lake / "suppressions.parquet")["person_id"][0]
    with store.begin() as tx:
        task = _tasks(tx)[0]
        tx.add_task(replace(task, task_id="stray", person_id=refused, state="WAITING"))

    load(store, workspace, now)

    with store.begin() as tx:
        assert tx.task("stray").state == "CANCELLED"


def _tasks(tx):
    ids = [row.task_id for row in tx.rows(t.tasks)]
    return [tx.task(one) for one in ids]


def test_a_store_from_a_backup_takes_what_it_lacks(workspace, stores, now):
    for store in stores:
        load(store, workspace, now)
    with stores[0].engine.begin() as connection:
        connection.execute(t.contacts.delete())
        connection.execute(t.tasks.delete())
        connection.execute(t.assignments.delete())

    load(stores[0], workspace, now)

    assert rows(stores[0]) == rows(stores[1])


def test_another_arm_in_the_lake_than_in_the_store_holds_the_person_out(workspace, stores, now):
    """R169: which arm was real is not known, so nobody is written to."""
    store = stores[0]
    load(store, workspace, now)
    path = workspace.lake / "assignments.parquet"
    arms = pl.read_parquet(path)
    flipped = pl.when(pl.col("arm") == "agent").then(pl.lit("holdout")).otherwise(pl.lit("agent"))
    arms.with_columns(flipped.alias("arm")).write_parquet(path)

    load(store, workspace, now)

    with store.begin() as tx:
        held = tx.assignments(arms["person_id"][0])
    assert [one.experiment_id for one in held if one.arm == "holdout"]


def test_a_yes_without_a_basis_is_none_and_stops_no_import(workspace, stores, now):
    path = workspace.canonical / "consents.parquet"
    consents = pl.read_parquet(path)
    consents.with_columns(pl.lit(None, pl.String).alias("basis")).write_parquet(path)
    store = stores[0]
    load(store, workspace, now)

    load(store, workspace, now, whole=True)

    with store.begin() as tx:
        assert tx.consents(tx.contact_by_email("ada.low@alder.example").person_id) == ()
