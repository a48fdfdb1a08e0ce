"""A real vLLM on loopback, started and stopped by the tests."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.vllm.environment import model_of

NAME = "smollm2"
READY_WITHIN_S = 600
FLAGS = (
    "--dtype=bfloat16",
    "--enforce-eager",
    "--max-model-len=8192",
    "--enable-prompt-tokens-details",
    "--max-num-seqs=16",
    # A schema allows white space anywhere, and a small model writes nothing else.
    '--structured-outputs-config={"backend":"xgrammar","disable_any_whitespace":true}',
)
# With more threads than idle cores they wait busily for each other: 11 tokens a second become one.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "KMP_BLOCKTIME": "0",
    "OMP_WAIT_POLICY": "PASSIVE",
    # Room for the beginnings of all prompts of the demo, ten of 3,000 tokens, beside what is asked.
    "VLLM_CPU_KVCACHE_SPACE": "2",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
}


@dataclass
class Server:
    """A running server."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def metric(self, name: str) -> float:
        """Returns the sum of a counter over its labels, as `/metrics` has it now."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return sum(
            float(line.split()[-1]) for line in lines if line.startswith((f"{name}{{", f"{name} "))
        )

    def kill(self) -> None:
        """Ends the server at once, whatever it is doing, with the engine that it started."""
        os.killpg(self.process.pid, 9)
        self.process.wait()


@contextmanager
def running(environment: Path, folder: Path, flags: tuple[str, ...] = ()) -> Iterator[Server]:
    """Gives a server that answers; its log lies in the folder.

    Args:
        environment: Of the server, with its model.
        folder: Of the log.
        flags: More of them.

    Raises:
        RuntimeError: when it ends, or does not answer in time; with the end of its log.
    """
    port, log = _free_port(), folder / "vllm.log"
    command = [
        str(environment / "bin" / "python"),
        "-m",
        "vllm.entrypoints.openai.api_server",
        f"--model={model_of(environment)}",
        f"--served-model-name={NAME}",
        "--host=127.0.0.1",
        f"--port={port}",
        *FLAGS,
        *flags,
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env=os.environ | ENVIRONMENT, start_new_session=True
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            server.kill()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait(server: Server) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        if server.process.poll() is not None:
            break
        try:
            if httpx.get(f"{server.url}/health", timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(1)
    raise RuntimeError(f"vLLM does not answer: {server.log.read_text('utf-8')[-2000:]}")
