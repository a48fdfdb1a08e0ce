"""`parley serve` with its worker, beside a worker that runs already: nothing leaves twice.

Real processes and a real exchanger: the other worker is killed in the middle of sending, ours takes
over from it, and ends with its server although that is killed too.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.console_company import REPOSITORY, prepare_path

BEFORE = 25
"""Mails that the other worker has sent when it is killed."""
ENDS_WITHIN_S = 60


def _run(case: str) -> Result:
    prepare_path()
    from agent_runtime.endpoints import wait_for_endpoints
    from agent_runtime.sandbox.journal import read_journal
    from tests.processes import Processes, prepare

    with TemporaryDirectory() as folder:
        settings = prepare(Path(folder), seed=5, size=240, days=3, hold_250_s=0.01)
        processes = Processes(settings)
        served = None

        def taken() -> list[Any]:
            return [e for e in read_journal(settings.paths.exchanger_log) if e["task"]]

        try:
            processes.start("sandbox")
            processes.start("worker")
            endpoints = wait_for_endpoints(settings)
            served = _serve(settings, endpoints)
            if not processes.wait(lambda: len(taken()) >= BEFORE, seconds=400):
                raise RuntimeError(f"only {len(taken())} mails were sent")
            children = _children(served.pid)
            processes.kill("worker")
            before = len(taken())
            went_on = processes.wait(processes.ended_well, seconds=600)
            served.kill()
            served.wait()
            ends = processes.wait(lambda: not any(map(_is_alive, children)), seconds=ENDS_WITHIN_S)
        finally:
            processes.stop()
            if served is not None and served.poll() is None:
                served.kill()
        touches = Counter((e["rcpt_to"][0], e["task"]) for e in taken())
        return {
            "workers": len(children),
            "before": before,
            "after": len(taken()) - before,
            "most": max(touches.values()),
            "went_on": went_on,
            "ends_with_its_server": ends,
        }


def _serve(settings: Any, endpoints: Any) -> "subprocess.Popen[bytes]":
    command = "from pipelines.cli import main; main()"
    where = {
        "PARLEY_SMTP_HOST": endpoints.smtp_host,
        "PARLEY_SMTP_PORT": str(endpoints.smtp_port),
        "PARLEY_CALDAV_URL": endpoints.caldav_url,
    }
    with (settings.workspace / "serve.log").open("wb") as log:
        served = subprocess.Popen(
            [sys.executable, "-c", command, "serve", "--port", "0", "-w", str(settings.workspace)],
            cwd=REPOSITORY,
            env={**os.environ, **where},
            stdout=log,
            stderr=log,
        )
    until = monotonic() + 120
    while not _children(served.pid) and monotonic() < until:
        sleep(0.2)
    return served


def _children(process: int) -> list[int]:
    import psutil

    found = psutil.Process(process).children(recursive=True)
    return [one.pid for one in found if os.getpgid(one.pid) == os.getpgid(process)]


def _is_alive(process: int) -> bool:
    import psutil

    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _judge(results: Mapping[str, Result]) -> Verdict:
    (seen,) = results.values()
    passed = seen["workers"] == 1 and seen["most"] == 1 and seen["after"] > 0
    passed &= seen["went_on"] and seen["ends_with_its_server"]
    told = ", ".join(f"{name} {value}" for name, value in seen.items())
    return Verdict(bool(passed), told, "each touch once; the worker ends with its server")


CHECKS = {"served-worker": Check(cases=["taken over"], sample=[], run=_run, judge=_judge)}
