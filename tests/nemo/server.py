"""The real speech server with tiny models of NeMo, as a process on loopback."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

READY_WITHIN_S = 600
ROOT = Path(__file__).parents[2]
# With more threads than idle cores they wait busily for each other.
QUIET = {"OMP_NUM_THREADS": "1", "KMP_BLOCKTIME": "0", "OMP_WAIT_POLICY": "PASSIVE"}


@dataclass
class Server:
    """A process that serves, or has ended."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def metric(self, name: str) -> float:
        """Returns a figure of `/metrics`; 0 where nothing was counted."""
        lines = httpx.get(f"{self.url}/metrics", timeout=30).text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    def kill(self) -> None:
        """Ends it at once, whatever it is doing."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def said(self) -> str:
        """Returns its log."""
        return self.log.read_text("utf-8", "replace")


def start(environment: Path, folder: Path, *, port: int = 0, **settings: object) -> Server:
    """Starts a server with settings such as `asr=path`, and does not wait for it."""
    port = port or free_port()
    named = {f"PARLEY_NEMO_{name.upper()}": str(value) for name, value in settings.items()}
    given = named | {"PARLEY_NEMO_PORT": str(port), "PYTHONPATH": str(ROOT), **QUIET}
    log = folder / f"server-{port}-{time.monotonic_ns()}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(environment / "bin" / "python"), "-m", "speech"],
            stdout=out,
            stderr=out,
            env=os.environ | given,
            cwd=folder,
        )
    return Server(f"http://127.0.0.1:{port}", port, process, log)


@contextmanager
def running(
    environment: Path, folder: Path, *, port: int = 0, **settings: object
) -> Iterator[Server]:
    """Gives a server that is ready.

    Raises:
        RuntimeError: it ends, or is not ready in time; with the end of its log.
    """
    server = start(environment, folder, port=port, **settings)
    try:
        _wait(server)
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def free_port() -> int:
    """Returns a port of loopback on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait(server: Server) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and server.process.poll() is None:
        try:
            if httpx.get(f"{server.url}/ready", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise RuntimeError(f"the speech server is not ready: {server.said()[-2000:]}")
