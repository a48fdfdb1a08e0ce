"""The bridge's side of the user agent's process: starts it, hears it, and starts it again."""

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from agent_runtime.channels.voice.sip import wire
from agent_runtime.channels.voice.sip.agent_config import AgentConfig
from agent_runtime.channels.voice.sip.line import SipLine
from agent_runtime.errors import ParleyError

_READY_S = 60.0
_GOODBYE_S = 5.0
_AGAIN_S = (0.0, 1.0, 5.0, 15.0, 60.0)
"""How long to wait before each new start, seconds."""
_CALM_S = 60.0
"""A user agent that lived so long begins again at the first wait."""
DIED = {"on": "ended", "code": 0, "reason": "user_agent_died", "was_answered": False}
"""What the calls of a user agent that died hear: nobody knows how they went on."""

logger = logging.getLogger(__name__)


class UserAgent:
    """The SIP user agent of the bridge.

    Args:
        config: Where it listens, and whom it knows.
        on_call: Called with each call that comes in, and what is known of it.
        on_registered: Called with what a registrar said.
    """

    def __init__(
        self,
        config: AgentConfig,
        *,
        on_call: Callable[[SipLine, Mapping[str, Any]], None],
        on_registered: Callable[[Mapping[str, Any]], None] = lambda _: None,
    ) -> None:
        self.port = config.port
        self.starts = 0
        self.process: asyncio.subprocess.Process | None = None
        self._config, self._on_call, self._on_registered = config, on_call, on_registered
        self._lines: dict[int, SipLine] = {}
        self._next = 1
        self._writer: asyncio.StreamWriter | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    @property
    def is_up(self) -> bool:
        """Whether calls can be placed now."""
        return self._ready.is_set()

    async def start(self) -> None:
        """Starts the process and waits until it listens.

        Raises:
            ParleyError: it does not come up: pjsua2 is not installed, or the port is taken.
        """
        self._keeping = asyncio.create_task(self._keep())
        ready = asyncio.create_task(self._ready.wait())
        done, _ = await asyncio.wait(
            {ready, self._keeping}, timeout=_READY_S, return_when=asyncio.FIRST_COMPLETED
        )
        ready.cancel()
        if not self.is_up:
            await self.stop()
            why = self._keeping.exception() if self._keeping in done else None
            raise ParleyError(str(why) if why else f"no SIP user agent within {_READY_S:.0f} s")

    async def stop(self) -> None:
        """Ends every call and the process."""
        if self._keeping is not None and not self._keeping.done():
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        if self._writer is not None:
            self._writer.close()
        if self.process is not None and self.process.returncode is None:
            try:
                await asyncio.wait_for(self.process.wait(), _GOODBYE_S)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        self._lose()

    def dial(self, trunk: str, number: str, own_number: str, *, uri: str = "") -> SipLine:
        """Begins a call; what comes of it is told by the line's notes.

        Args:
            trunk: Whose account calls.
            number: Of the other side, behind the trunk.
            own_number: Which number of ours is shown.
            uri: Calls this address rather than a number.
        """
        line = SipLine(self._next, self._write)
        self._next += 1
        if not self.is_up:
            line.hear({"on": "ended", "code": 503, "reason": "no user agent"})
            return line
        self._lines[line.number] = line
        line.do("dial", trunk=trunk, number=number, own_number=own_number, uri=uri)
        return line

    async def _keep(self) -> None:
        """Keeps a process alive; what a fault of it costs is the calls that it had."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self._live()
            if not self.starts:
                raise ParleyError(
                    "the SIP user agent does not start: see its message above; it needs "
                    f"`pip install 'parley[sip]'` and port {self._config.port} of "
                    f"{self._config.host} to be free"
                )
            failures = 0 if loop.time() - began > _CALM_S else failures + 1
            wait_s = _AGAIN_S[min(failures, len(_AGAIN_S) - 1)]
            logger.error("the SIP user agent died; it is started again in %.0f s", wait_s)
            await asyncio.sleep(wait_s)

    async def _live(self) -> None:
        ours, theirs = socket.socketpair()
        module = "agent_runtime.channels.voice.sip.agent"
        with theirs:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sys.stderr if self._config.log_level else asyncio.subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        reader, self._writer = await asyncio.open_connection(sock=ours)
        config = self._config.to_json() | {"port": self.port or self._config.port}
        self._write(json.dumps(config).encode() + b"\n")
        try:
            await self._hear(reader)
        finally:
            self._ready.clear()
            self._lose()
            self._writer.close()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        messages = wire.Reader()
        while data := await _some(reader):
            for message in messages.feed(data):
                if message.kind == wire.NOTE and (note := message.note)["on"] in _OURS:
                    self._take(message.call, note)
                elif line := self._lines.get(message.call):
                    line.take(message)
                    if line.is_over:
                        del self._lines[message.call]

    def _take(self, call: int, note: Mapping[str, Any]) -> None:
        if note["on"] == "ready":
            self.port = note["port"]
            self.starts += 1
            self._ready.set()
        elif note["on"] == "registered":
            self._on_registered(note)
        else:
            line = self._lines[call] = SipLine(call, self._write)
            self._on_call(line, note)

    def _lose(self) -> None:
        lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            line.hear(DIED)

    def _write(self, data: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)


_OURS = ("ready", "registered", "rings")


async def _some(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""
