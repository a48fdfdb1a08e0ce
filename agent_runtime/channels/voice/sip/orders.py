"""How the worker asks the bridge to dial: JSON, a line each way, over the workspace's socket."""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from agent_runtime.calling.dialler import CallReceipt

_LONGEST_PATH = 100
"""The kernel takes 107 bytes for the path of a socket."""


@dataclass(frozen=True, slots=True)
class DialOrder:
    """One attempt at one call, as the bridge needs it."""

    call_id: str
    attempt: int
    number: str
    own_number: str
    language: str
    ring_s: float


def socket_of(workspace: Path) -> Path:
    """Returns where the bridge of a workspace takes orders."""
    return workspace / "sip.sock"


def ask(where: Path, order: DialOrder, *, within_s: float) -> CallReceipt:
    """Gives an order to the bridge and returns what it said.

    Where no bridge listens nothing has rung; where it does not answer nobody knows.
    """
    with socket.socket(socket.AF_UNIX) as pipe:
        pipe.settimeout(within_s)
        try:
            with _short(where) as path:
                pipe.connect(path)
        except OSError as error:
            about = f"no `parley call sip` listens on {where}: {error.strerror}"
            return CallReceipt("retry", code="no_bridge", detail=about)
        try:
            pipe.sendall(json.dumps(asdict(order)).encode() + b"\n")
            with pipe.makefile("rb") as answers:
                return CallReceipt(**json.loads(answers.readline()))
        except (OSError, ValueError, TypeError) as error:
            return CallReceipt("unknown", code="bridge_lost", detail=repr(error))


async def take_orders(
    where: Path, place: Callable[[DialOrder], Awaitable[CallReceipt]]
) -> asyncio.Server:
    """Listens for orders; only who may write the workspace can give one."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            receipt = await place(DialOrder(**json.loads(await reader.readline())))
            writer.write(json.dumps(asdict(receipt)).encode() + b"\n")
            with suppress(ConnectionError):
                await writer.drain()
        finally:
            writer.close()

    where.parent.mkdir(parents=True, exist_ok=True)
    where.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    with _short(where) as path:
        before = os.umask(0o177)
        try:
            listening.bind(path)
        finally:
            os.umask(before)
    return await asyncio.start_unix_server(one, sock=listening)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Gives a path that fits into the address of a socket, by way of its open folder."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
