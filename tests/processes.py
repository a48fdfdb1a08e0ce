"""A small campaign in real processes that a test may kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from agent_runtime import crash
from agent_runtime.sandbox.company import write_company
from agent_runtime.sandbox.simulation import Simulation
from agent_runtime.sandbox.truth import Params
from agent_runtime.sandbox.world import LAUNCH_AT
from agent_runtime.settings import Settings

MODULES = {"sandbox": "agent_runtime.sandbox", "worker": "agent_runtime"}


def prepare(workspace: Path, *, seed: int, size: int, days: int, hold_250_s: float) -> Settings:
    """Returns the settings of a campaign that is ready to be played."""
    from pipelines.ingest import run_batch

    settings = Settings(workspace=workspace)
    paths = settings.paths
    write_company(paths.exports, paths.sandbox, seed, size)
    params = Params(seed=seed, planted_effect=0.3, base_rate=0.1)
    Simulation(params, LAUNCH_AT, days, hold_250_s).write(paths)
    run_batch(paths, now=LAUNCH_AT, has_checks=False)
    return settings


class Forked:
    """A worker from the fork server, used as a `Popen` is."""

    def __init__(self, workspace: Path, *, crash_at: str) -> None:
        from tests.ready_worker import start_forked

        self._process = start_forked(workspace, workspace / "worker.log", crash_at=crash_at)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


class Processes:
    """Starts the sandbox and the worker of a workspace, and kills them as told."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.kills = 0
        self._running: dict[str, subprocess.Popen | Forked] = {}

    def start(self, name: str, *, crash_at: str = "", forked: bool = False) -> None:
        """Starts a process anew; a forked worker has read the word files already."""
        if forked:
            assert name == "worker"
            self._running[name] = Forked(self.settings.workspace, crash_at=crash_at)
            return
        if name == "sandbox":
            (self.settings.paths.sandbox / "endpoints.json").unlink(missing_ok=True)
        environment = {**os.environ, "PARLEY_WORKSPACE": str(self.settings.workspace)}
        environment |= {crash.VARIABLE: crash_at} if crash_at else {}
        with (self.settings.workspace / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", MODULES[name]], env=environment, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        process = self._running[name]
        if process.poll() is None:
            process.kill()
        if process.wait() == -signal.SIGKILL:
            self.kills += 1

    def has_died(self, name: str) -> bool:
        return self._running[name].poll() is not None

    def ended_well(self) -> bool:
        return self._running["sandbox"].poll() == 0

    def wait(self, is_there: Callable[[], bool], *, seconds: float) -> bool:
        until = monotonic() + seconds
        while monotonic() < until:
            if is_there():
                return True
            sleep(0.05)
        return False

    def log(self, name: str) -> str:
        path = self.settings.workspace / f"{name}.log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def stop(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
            process.wait()
