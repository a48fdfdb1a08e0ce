"""Keeps the processes of a workspace alive: a worker, and the sandbox where the people are its."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic, sleep

from agent_runtime import lifeline
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings

POLL_S = 0.2
PATIENCE = 50
"""Deaths of one process after which something is wrong that a restart does not mend."""
LONGEST_WAIT_S = 60.0
"""Between two starts of a process that dies while nobody looks."""

WORKER = {"worker": ("agent_runtime",)}
DAYS = {"sandbox": ("agent_runtime.sandbox", "days"), **WORKER}
MORNING = {"sandbox": ("agent_runtime.sandbox", "morning"), **WORKER}
LIVE = {"sandbox": ("agent_runtime.sandbox", "live"), **WORKER}


@dataclass
class Supervisor:
    """Starts processes, and starts again whichever dies before its time."""

    settings: Settings
    modules: Mapping[str, tuple[str, ...]]
    """Module and arguments of each process; the sandbox comes first, since others wait for it."""
    deaths: dict[str, int] = field(default_factory=dict)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _again_at: dict[str, float] = field(default_factory=dict)

    @property
    def logs(self) -> Path:
        """Where the processes write what they have to say."""
        return self.settings.workspace / "logs"

    def run(self, progress: Callable[[], None]) -> None:
        """Runs the processes until the sandbox has ended well; calls `progress` often.

        Raises:
            ParleyError: a process dies again and again; its log says why.
        """
        self._forget_endpoints()
        drawn_at = 0.0
        try:
            while not self._is_over():
                for name in self.modules:
                    self._keep(name)
                if monotonic() - drawn_at > 1.0:
                    progress()
                    drawn_at = monotonic()
                sleep(POLL_S)
            progress()
        finally:
            self.stop()

    def watch(self, stop: Event) -> None:
        """Runs the processes until `stop` is set; one that dies often waits ever longer."""
        self._forget_endpoints()
        try:
            while not stop.wait(POLL_S):
                for name in self.modules:
                    if monotonic() >= self._again_at.get(name, 0.0):
                        self._keep_patiently(name)
        finally:
            self.stop()

    def stop(self) -> None:
        """Ends the processes; what they were doing is taken up by the next run."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
            _bury(process)
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
            _bury(process)
            self._clear_after(name)
        self._running[name] = self._start(name)

    def _keep_patiently(self, name: str) -> None:
        process = self._running.get(name)
        if process is None:
            self._running[name] = self._start(name)
        elif process.poll() is not None:
            times = self.deaths[name] = self.deaths.get(name, 0) + 1
            wait_s = min(2.0 ** (times - 1), LONGEST_WAIT_S)
            logging.getLogger(__name__).warning(
                "the %s ended (exit %s) and starts again in %.0f s; its log is %s",
                name,
                process.returncode,
                wait_s,
                self._log(name),
            )
            _bury(self._running.pop(name))
            self._clear_after(name)
            self._again_at[name] = monotonic() + wait_s

    def _clear_after(self, name: str) -> None:
        """A sandbox has other ports in its next life, so a worker begins anew with it."""
        if name == "sandbox":
            self._forget_endpoints()
            worker = self._running.pop("worker", None)
            if worker is not None:
                worker.kill()
                _bury(worker)

    def _forget_endpoints(self) -> None:
        if "sandbox" in self.modules:
            (self.settings.paths.sandbox / "endpoints.json").unlink(missing_ok=True)

    def _count_death(self, name: str) -> None:
        self.deaths[name] = self.deaths.get(name, 0) + 1
        if self.deaths[name] > PATIENCE:
            raise ParleyError(
                f"the {name} process died {self.deaths[name]} times; read "
                f"{self._log(name)}, then run the same command to go on."
            )

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _start(self, name: str) -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "PARLEY_WORKSPACE": str(self.settings.workspace),
            lifeline.VARIABLE: "1",
        }
        self.logs.mkdir(parents=True, exist_ok=True)
        with self._log(name).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *self.modules[name]],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def _bury(process: "subprocess.Popen[bytes]") -> None:
    """Waits for the end of a process and lets go of its lifeline."""
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
