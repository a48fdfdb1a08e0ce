"""The processes beside the web side: a worker that answers and sends, and a demo's people."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from agent_runtime.sandbox.simulation import END, is_simulated
from agent_runtime.settings import Settings
from agent_runtime.status import open_store
from agent_runtime.supervisor import LIVE, WORKER, Supervisor


@dataclass(frozen=True, slots=True)
class Beside:
    """What is started beside the web side of a workspace, and why so."""

    modules: Mapping[str, tuple[str, ...]]
    says: str


def beside(settings: Settings) -> Beside:
    """Returns what can run beside the web side; no worker starts that could send nothing."""
    log = settings.workspace / "logs" / "worker.log"
    if settings.smtp_port and settings.caldav_url:
        return Beside(WORKER, f"A worker answers and sends; its log is {log}.")
    if not is_simulated(settings.paths):
        return Beside(
            {},
            "No worker: PARLEY_SMTP_PORT and PARLEY_CALDAV_URL do not say where mail and "
            "calendar are, so nothing is sent.",
        )
    with open_store(settings).begin() as tx:
        is_over = END in tx.flags()
    if is_over:
        return Beside(LIVE, f"A worker and the sandbox's people are there; its log is {log}.")
    return Beside({}, "No worker: this run is still being played, with one of its own.")


@contextmanager
def running(settings: Settings, found: Beside) -> Iterator[None]:
    """Keeps the processes alive for the block; they end with this process, however it ends.

    A worker that runs on the workspace already keeps its lock, and ours waits for it.
    """
    if not found.modules:
        yield
        return
    # The server raises a signal that ended it once more, when it has closed its connections.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    stop = Event()
    supervisor = Supervisor(settings, found.modules)
    thread = Thread(target=supervisor.watch, args=(stop,), name="beside")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
