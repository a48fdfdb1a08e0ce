"""A database that does not answer for a while: work waits for it, and hangs nowhere."""

import subprocess
import sys
from dataclasses import replace
from threading import Event
from time import monotonic
from unittest.mock import MagicMock

import pytest
from sqlalchemy.exc import OperationalError
from test_stores import TASK

from agent_runtime import pump
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.worker import Worker
from agent_runtime.workflows import Workflows

WITHIN_S = 20.0


@pytest.fixture
def engine(tmp_path):
    opened = open_engine(f"sqlite:///{tmp_path}/t.db")
    yield opened
    opened.dispose()


def locked():
    return OperationalError("UPDATE", {}, Exception("database is locked"))


def until(is_true):
    deadline = monotonic() + WITHIN_S
    while not is_true() and monotonic() < deadline:
        Event().wait(0.05)
    assert is_true()


@pytest.mark.slow
def test_a_batch_goes_on_where_the_database_failed_and_keeps_its_lane_until_then(engine):
    """Else a meeting that the calendar has, but not the store, would stay on hold for ever."""
    with SqlStore(engine, "t").begin() as tx:
        tx.add_task(replace(TASK, task_id="t-1", mailbox="m@n.example"))
    tries, held = [], []

    def work(lane, rows):
        tries.append((lane, rows))
        held.append(pump.work_in_hand(engine))
        if len(tries) == 1:
            raise locked()
        pump.free(engine, lane=lane)

    workflows = Workflows(engine, work, executor_id="w", lanes=1)
    workflows.launch()
    try:
        assert pump.release(engine, workflows.enqueue, now=TASK.due_at) == 1
        (work_id,) = pump.work_in_hand(engine)
        until(lambda: len(tries) == 2)
        until(lambda: workflows.ended({work_id}))
    finally:
        workflows.close()
    assert tries[0] == tries[1]
    assert held == [{work_id}, {work_id}]


def test_the_worker_outlives_a_round_that_the_database_fails(monkeypatch):
    stop, rounds = Event(), []

    def failing(self, workflows, stop, *, swept_at):
        rounds.append(swept_at)
        if len(rounds) == 1:
            raise locked()
        stop.set()
        return swept_at

    monkeypatch.setattr("agent_runtime.worker.Workflows", MagicMock())
    monkeypatch.setattr("agent_runtime.worker.read_now", MagicMock())
    monkeypatch.setattr("agent_runtime.worker.SWEEP_EVERY_S", 0.01)
    monkeypatch.setattr(Worker, "_round", failing)
    neighbours = ("engine", "runtime", "mail_folder", "channel", "dispatch", "digest", "crm")
    quiet = {name: MagicMock() for name in neighbours}
    Worker(**quiet, addresses=(), executor_id="w").run(stop)
    assert len(rounds) == 2


COUNTS = """
import _sre
from datetime import UTC, datetime
from agent_runtime.library.catalog import load_library
from agent_runtime.models.language import ScriptedModel
from agent_runtime import warm_up as rehearsal

compiled = []
compile = _sre.compile
_sre.compile = lambda *given: compiled.append(1) or compile(*given)
for asks in (rehearsal._ASKS, "Bitte keine Mails mehr, wir haben schon etwas. Gruss, Robin"):
    rehearsal._ASKS = asks
    before = len(compiled)
    rehearsal.warm_up(load_library(), ScriptedModel(), now=datetime(2026, 1, 13, 9, tzinfo=UTC))
    print(len(compiled) - before)
"""


@pytest.mark.slow
def test_after_the_rehearsal_a_turn_has_nothing_left_to_load():
    """A first turn that loads all words would lock the database for as long."""
    said = subprocess.run(
        [sys.executable, "-c", COUNTS], capture_output=True, text=True, check=True
    )
    at_first, then = map(int, said.stdout.split())
    assert at_first > 500
    assert then < 25
