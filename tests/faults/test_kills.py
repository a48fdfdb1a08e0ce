"""Kills: whatever dies whenever, nobody is written to twice and the campaign comes to its end."""

from collections import Counter
from random import Random

import polars as pl
import pytest
from sqlalchemy import select

from agent_runtime.clock import read_now
from agent_runtime.crm_outbox import queue
from agent_runtime.crm_push import CrmPush
from agent_runtime.sandbox.journal import read_journal
from agent_runtime.status import read_status
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.export import export_traces
from agent_runtime.store.sql import SqlStore
from agent_runtime.tools.local_crm import LocalCrm
from tests.processes import Processes, prepare

KILLS = 18
"""Of the worker; the sandbox is killed twice."""
PLACES = (
    "before_launch",
    "stored_inbound",
    "claimed",
    "accepted",
    "decided",
    "booked",
    "pushed",
)


def wait_for_mails(processes, more):
    """Waits until so many more have left: a fast machine is killed as often as a slow one."""
    journal = processes.settings.paths.exchanger_log

    def left():
        return journal.read_bytes().count(b"\n") if journal.exists() else 0

    enough = left() + more
    processes.wait(lambda: processes.ended_well() or left() >= enough, seconds=30)


def queue_for_the_crm(settings):
    """Puts a mail that has left into the line for the CRM, as where one is connected."""
    store = SqlStore(open_engine(f"sqlite:///{settings.paths.store}"), settings.tenant_id)
    with store.begin() as tx:
        sent = tx.rows(t.messages, state="SENT").first()
        queue(tx, "sent", sent.message_id, at=read_now(store.engine))
    store.engine.dispose()


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A campaign whose worker is killed at every named place and then at random moments."""
    settings = prepare(tmp_path_factory.mktemp("kills"), seed=5, size=420, days=12, hold_250_s=0.02)
    processes, dice = Processes(settings), Random(5)
    places, kills = list(PLACES), 0
    try:
        processes.start("sandbox")
        while not processes.ended_well():
            crash_at = places.pop(0) if places else ""
            if crash_at == "pushed":
                queue_for_the_crm(settings)
            processes.start("worker", crash_at=crash_at, forked=kills > 0)
            if crash_at:
                processes.wait(
                    lambda: processes.has_died("worker") or processes.ended_well(), seconds=90
                )
                assert processes.has_died("worker"), (
                    f"nobody came by {crash_at}: {processes.log('worker')}"
                )
            elif kills < KILLS:
                wait_for_mails(processes, dice.randint(2, 10))
                processes.wait(processes.ended_well, seconds=dice.random())
            else:
                processes.wait(processes.ended_well, seconds=240)
                break
            processes.kill("worker")
            kills += 1
            if kills in (9, 15):
                processes.kill("sandbox")
                processes.start("sandbox")
        assert processes.ended_well(), processes.log("sandbox") + processes.log("worker")
    finally:
        processes.stop()
    return settings, processes


@pytest.mark.real
@pytest.mark.slow
def test_what_waits_for_the_crm_when_the_worker_dies_is_not_lost(killed):
    """R224: also between its answer and our note of it."""
    settings, _ = killed
    store = SqlStore(open_engine(f"sqlite:///{settings.paths.store}"), settings.tenant_id)
    push = CrmPush(store, LocalCrm(store), {})
    now = read_now(store.engine)
    while True:
        with store.begin() as tx:
            waits = tx.pushes_due(now, limit=1)
        if not waits:
            break
        push.work(now=now)
    with store.engine.connect() as connection:
        states = Counter(connection.execute(select(t.crm_pushes.c.state)).scalars())
    store.engine.dispose()
    assert states["KEPT"] > 0
    assert set(states) == {"KEPT"}


@pytest.mark.real
@pytest.mark.slow
def test_nobody_gets_a_touch_twice_however_often_the_worker_dies(killed):
    settings, processes = killed
    assert processes.kills >= 20
    touches = Counter(
        (address, entry["task"])
        for entry in read_journal(settings.paths.exchanger_log)
        if entry["task"]
        for address in entry["rcpt_to"]
    )
    assert touches
    assert {touch for touch, times in touches.items() if times > 1} == set()


@pytest.mark.real
@pytest.mark.slow
def test_no_mail_is_accepted_twice(killed):
    settings, _ = killed
    times = Counter(e["message_id"] for e in read_journal(settings.paths.exchanger_log))
    assert [message for message, count in times.items() if count > 1] == []


@pytest.mark.real
@pytest.mark.slow
def test_the_agent_never_writes_to_the_holdout(killed):
    """R169: read from the exchanger's own log, not from what the runtime says of itself."""
    settings, _ = killed
    lake = settings.paths.lake
    held = pl.read_parquet(lake / "assignments.parquet").filter(pl.col("arm") == "holdout")
    contacts = pl.read_parquet(settings.paths.canonical / "contacts.parquet")
    addresses = set(contacts.join(held, on="person_id", how="semi")["email"].drop_nulls())
    assert addresses
    sent = [
        entry
        for entry in read_journal(settings.paths.exchanger_log)
        if entry["mail_from"].startswith("relay-") and addresses & set(entry["rcpt_to"])
    ]
    assert sent == []


@pytest.mark.real
@pytest.mark.slow
def test_the_campaign_comes_to_its_end_and_nothing_is_left_in_hand(killed):
    settings, _ = killed
    status = read_status(settings)
    assert status.messages.get("SENDING", 0) == 0
    assert status.inbound.get("NEW", 0) == 0
    assert status.meetings.get("HOLDING", 0) == 0
    assert status.meetings["CONFIRMED"] > 0
    assert status.messages["SENT"] > 50


@pytest.mark.real
@pytest.mark.slow
def test_every_trace_of_a_killed_campaign_is_exported_once(killed):
    settings, _ = killed
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    written = export_traces(engine, settings.paths, tenant_id=settings.tenant_id)
    assert export_traces(engine, settings.paths, tenant_id=settings.tenant_id) == 0
    engine.dispose()
    frame = pl.read_parquet(settings.paths.traces / "**/*.parquet")
    assert frame.height == written
    assert frame["event_id"].n_unique() == written
    assert sorted(frame["seq"]) == list(range(1, written + 1))
