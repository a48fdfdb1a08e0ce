"""The whole demo dies, and the same command goes on where it was."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from time import monotonic, sleep

import pytest

from agent_runtime.sandbox.journal import read_journal
from agent_runtime.settings import Workspace


def demo(workspace, *more):
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", "demo"]
    options = ["--size", "160", "--days", "6", "--effect", "0.4", "-w", str(workspace), *more]
    return subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )


@pytest.mark.real
@pytest.mark.slow
def test_a_demo_that_was_killed_whole_goes_on_by_the_same_command(tmp_path):
    paths = Workspace(tmp_path / "run")
    first = demo(paths.root)
    until = monotonic() + 120
    while monotonic() < until and len(list(read_journal(paths.exchanger_log))) < 30:
        assert first.poll() is None, first.stdout.read()
        sleep(0.1)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    before = len(list(read_journal(paths.exchanger_log)))
    assert before >= 30

    second = demo(paths.root, "--json")
    output, _ = second.communicate(timeout=280)
    assert second.returncode == 0, output
    assert "going on with the run" in output
    report = json.loads(output[output.index("\n{") :])
    entries = list(read_journal(paths.exchanger_log))
    assert len(entries) > before
    touches = Counter((e["rcpt_to"][0], e["task"]) for e in entries if e["task"])
    assert max(touches.values()) == 1
    assert report["holdout_sends"] == 0
    assert paths.page.exists()
