"""What stands before a region's API: it lets through, cuts, keeps waiting, or is dead."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Literal

Way = Literal["through", "cut_before", "cut_after", "hang_before", "hang_after", "late"]
"""For one connection. cut_before, hang_before: the API never gets the request. cut_after,
hang_after: it does, and its answer is lost. late: it gets it once the client has given up."""

LATE_S = 0.2


class Door:
    """A proxy on a port of its own."""

    def __init__(self, behind):
        self.behind = behind
        self.ways: deque[Way] = deque()
        self.is_dead = False
        self._tasks = set()

    async def open(self):
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self):
        """Nobody listens any more."""
        self._server.close()

    async def close(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader, writer):
        if self.is_dead:
            return
        request = await _message(reader)
        way = self.ways.popleft() if self.ways else "through"
        if way == "cut_before":
            return
        if way in ("hang_before", "late"):
            await reader.read()
            if way == "hang_before":
                return
            await asyncio.sleep(LATE_S)
        inner, outer = await asyncio.open_connection("127.0.0.1", self.behind)
        outer.write(request)
        answer = await _message(inner)
        outer.close()
        if way == "hang_after":
            await reader.read()
        elif way == "through":
            writer.write(answer)
            await writer.drain()


async def _message(reader):
    """One HTTP message with a length; the connection is closed after each."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    return head + (await reader.readexactly(length) if length else b"")
