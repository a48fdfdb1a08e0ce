"""Keeps the processes of a simulated campaign alive until its last day is over."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from agent_runtime import lifeline
from agent_runtime.settings import Settings
from pipelines.errors import PipelineError

POLL_S = 0.2
PATIENCE = 50
"""Deaths of one process after which something is wrong that a restart does not mend."""


@dataclass
class Supervisor:
    """Starts the sandbox and the worker, and starts again whichever dies before the end."""

    settings: Settings
    log_folder: Path
    deaths: dict[str, int] = field(default_factory=dict)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self, progress: Callable[[], None]) -> None:
        """Runs both processes until the sandbox has ended well; calls `progress` often.

        Raises:
            PipelineError: a process dies again and again; its log says why.
        """
        self.log_folder.mkdir(parents=True, exist_ok=True)
        (self.settings.paths.sandbox / "endpoints.json").unlink(missing_ok=True)
        drawn_at = 0.0
        try:
            while not self._is_over():
                for name in ("sandbox", "worker"):
                    self._keep(name)
                if monotonic() - drawn_at > 1.0:
                    progress()
                    drawn_at = monotonic()
                sleep(POLL_S)
            progress()
        finally:
            self.stop()

    def stop(self) -> None:
        """Ends both processes; what they were doing is taken up by the next run."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _is_over(self) -> bool:
        sandbox = self._running.get("sandbox")
        return sandbox is not None and sandbox.poll() == 0

    def _keep(self, name: str) -> None:
        process = self._running.get(name)
        if process is not None and process.poll() is None:
            return
        if process is not None:
            self._count_death(name)
            if name == "sandbox":
                (self.settings.paths.sandbox / "endpoints.json").unlink(missing_ok=True)
                self._running["worker"].kill()
                self._running.pop("worker").wait()
        self._running[name] = self._start(name)

    def _count_death(self, name: str) -> None:
        self.deaths[name] = self.deaths.get(name, 0) + 1
        if self.deaths[name] > PATIENCE:
            raise PipelineError(
                f"the {name} process died {self.deaths[name]} times; read "
                f"{self.log_folder / f'{name}.log'}, then run the same command to go on."
            )

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        module = {"sandbox": "agent_runtime.sandbox", "worker": "agent_runtime"}[name]
        environment = {
            **os.environ,
            "PARLEY_WORKSPACE": str(self.settings.workspace),
            lifeline.VARIABLE: "1",
        }
        with (self.log_folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
