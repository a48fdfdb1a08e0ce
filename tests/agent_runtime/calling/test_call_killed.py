"""A worker that is killed while it dials: nobody is rung twice, whatever it had done."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from call_people import TELEPHONY, calling_library
from conversation_world import NOW

from agent_runtime.calling.desk import CallDesk
from agent_runtime.calling.dialler import ScriptedDialler
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore

HERE = Path(__file__).parent


@pytest.mark.real
@pytest.mark.parametrize(("place", "rang"), [("dialled", 1)])
def test_a_worker_killed_in_mid_dial_rings_at_most_once(tmp_path, place, rang):
    """R254: the claim stands before anything rings, and doubt is never dialled again."""
    sink, path = tmp_path / "rang.txt", tmp_path / "t.db"
    sink.touch()
    done = subprocess.run(
        [sys.executable, HERE / "killed_caller.py", path, sink],
        env=os.environ | {"PARLEY_CRASH_AT": place},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert len(sink.read_text().splitlines()) == rang

    store, dialler = SqlStore(open_engine(f"sqlite:///{path}"), "t"), ScriptedDialler()
    desk = CallDesk(store, calling_library(), {}, "worker-1", TELEPHONY, dialler)
    assert desk.recover(now=NOW) == 1
    with store.begin() as tx:
        (call,) = tx.calls()
    assert (call.state, call.attempt) == ("UNKNOWN", 1)
    for day in range(3):
        desk.work(call.call_id, now=NOW + timedelta(days=day))
    assert dialler.orders == []
    store.engine.dispose()
