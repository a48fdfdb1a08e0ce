"""Traces leave the store whole: none lost, none twice, whoever writes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from time import sleep

import polars as pl
import pytest
from runtime_people import NOW, THREAD

from agent_runtime.log import Journal
from agent_runtime.settings import Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.export import export_traces
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata

WRITERS, ROUNDS = 2, 40


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def engine(request, tmp_path):
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
        yield engine
        engine.dispose()
        return
    engine = open_engine(request.getfixturevalue("postgres_url"))
    yield engine
    metadata.drop_all(engine)
    engine.dispose()


def write(engine, writer):
    store, dice = SqlStore(engine, "t"), Random(writer)
    session = replace(THREAD, thread_id=f"thread-{writer}")
    for number in range(ROUNDS):
        with store.begin() as tx:
            journal = Journal(tx, session, now=NOW, versions={})
            for part in range(3):
                journal.write("incident", writer, number, part, payload={"what": "x"})
            sleep(dice.random() * 0.01)


def test_two_workers_that_write_at_once_lose_no_trace(engine, tmp_path):
    """R40: a number taken inside a transaction can become visible late; exports wait for it."""
    paths = Workspace(tmp_path)
    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, engine, writer) for writer in range(WRITERS)]
        exported = 0
        while not all(future.done() for future in writing):
            exported += export_traces(engine, paths, tenant_id="t")
        for future in writing:
            future.result()
    exported += export_traces(engine, paths, tenant_id="t")
    total = WRITERS * ROUNDS * 3
    assert exported == total
    frame = pl.read_parquet(paths.traces / "**/*.parquet")
    assert frame["event_id"].n_unique() == total
    assert sorted(frame["seq"]) == list(range(1, total + 1))


def test_an_export_that_was_cut_off_writes_the_rest(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    write(engine, 1)
    paths = Workspace(tmp_path)
    assert export_traces(engine, paths, tenant_id="t") == ROUNDS * 3
    (paths.traces / "exported_up_to").unlink()
    assert export_traces(engine, paths, tenant_id="t") == ROUNDS * 3
    assert pl.read_parquet(paths.traces / "**/*.parquet").height == ROUNDS * 3
    engine.dispose()
