"""What `parley serve` starts beside itself, and that it neither outlives it nor stays dead."""

import os
import time
from datetime import UTC, datetime
from threading import Event, Thread

import pytest

from agent_runtime.console.beside import beside
from agent_runtime.sandbox.simulation import END, Simulation
from agent_runtime.sandbox.truth import Params
from agent_runtime.settings import Settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from agent_runtime.supervisor import LIVE, WORKER, Supervisor

DAY0 = datetime(2026, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    open_engine(f"sqlite:///{tmp_path / 'runtime.db'}").dispose()
    return Settings(workspace=tmp_path, tenant_id="t")


def test_a_worker_starts_where_it_can_send(settings):
    """R14: what is approved in the console leaves, since a worker runs beside it."""
    reachable = settings.model_copy(update={"smtp_port": 2525, "caldav_url": "http://127.0.0.1/"})
    assert beside(reachable).modules == WORKER
    nowhere = beside(settings)
    assert nowhere.modules == {}
    assert "PARLEY_SMTP_PORT and PARLEY_CALDAV_URL" in nowhere.says


def test_the_people_of_a_demo_are_there_once_its_days_are_played(settings):
    Simulation(Params(seed=1), DAY0).write(settings.paths)
    playing = beside(settings)
    assert playing.modules == {}
    assert "still being played" in playing.says
    with open_store(settings).begin() as tx:
        tx.set_flag(END, DAY0.isoformat())
    assert beside(settings).modules == LIVE


@pytest.mark.real
def test_what_dies_is_started_again_in_the_same_group_and_ends_with_the_server(settings):
    supervisor = Supervisor(settings, {"worker": ("http.server", "0", "--bind", "127.0.0.1")})
    stop = Event()
    thread = Thread(target=supervisor.watch, args=(stop,))
    thread.start()
    try:
        first = wait_for(lambda: supervisor._running.get("worker"))
        assert os.getpgid(first.pid) == os.getpgid(0)
        first.kill()
        second = wait_for(lambda: living(supervisor, first))
        assert supervisor.deaths == {"worker": 1}
        assert second.poll() is None
    finally:
        stop.set()
        thread.join()
    assert second.poll() is not None


def living(supervisor, other):
    found = supervisor._running.get("worker")
    return found if found not in (None, other) else None


def wait_for(what):
    until = time.monotonic() + 30
    while not (found := what()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found
