"""One open chat window: what comes in is taken one after the other, what is new goes out."""

import asyncio
import json
import logging
from collections import Counter
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_runtime.console.door import Door, caller
from agent_runtime.console.problems import Problem, problem
from agent_runtime.console.protocol import (
    MAX_BODY,
    Agree,
    Hello,
    Say,
    Seen,
    agree,
    box_of,
    hello_of,
    parse,
    take,
)
from agent_runtime.console.room import Room, View
from agent_runtime.console.visitors import Visitor
from agent_runtime.console.watch import Watch, Watched

_LOG = logging.getLogger(__name__)

HELLO_WITHIN_S = 10.0
IDLE_S = 1800.0
SEND_WITHIN_S = 10.0
"""A window that takes no more is closed; it comes back and reads what it has missed."""
REFUSED, IDLE, TOO_MANY, BROKEN = 4403, 4408, 4429, 1011


class Sockets:
    """How many windows are open from each address."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()


class ChatSocket:
    """Serves one WebSocket to its end."""

    def __init__(
        self, door: Door, room: Room, watch: Watch, sockets: Sockets, websocket: WebSocket
    ) -> None:
        self._door, self._room, self._watch = door, room, watch
        self._sockets, self._socket = sockets, websocket
        self._shown: dict[str, str] = {}
        self._typing = False
        self._here = "agent"
        self._asks_consent: bool | None = None
        self._link = ""

    async def serve(self) -> None:
        """Refuses other people's pages, then talks until one side has enough."""
        await self._socket.accept()
        where = caller(self._socket)
        if not self._door.lets_in(self._socket):
            await self._socket.close(REFUSED, "this page is not on the list")
            return
        if self._sockets.open[where] >= self._door.gate.rates.sockets:
            await self._socket.close(TOO_MANY, "too many windows")
            return
        self._sockets.open[where] += 1
        watched = self._watch.begin()
        try:
            await self._talk(watched)
        except WebSocketDisconnect:
            pass
        except TimeoutError:
            with suppress(RuntimeError):
                await self._socket.close(IDLE, "nothing was said for a long time")
        except SQLAlchemyError:
            _LOG.exception("a chat window lost the store; it will come back")
            with suppress(RuntimeError):
                await self._socket.close(BROKEN, "try again")
        finally:
            self._watch.end(watched)
            self._sockets.open[where] -= 1

    async def _talk(self, watched: Watched) -> None:
        visitor = None
        while visitor is None:
            raw = await asyncio.wait_for(self._socket.receive_text(), HELLO_WITHIN_S)
            try:
                said = self._read(raw, {"hello": Hello})
                self._link = said.pt
                visitor, settled = await asyncio.to_thread(self._room.enter, said.token, said.pt)
            except Problem as error:
                await self._refuse(raw, error)
        self._link = "" if settled else self._link
        watched.address = visitor.address
        view = await asyncio.to_thread(self._room.view, visitor)
        await self._send(hello_of(visitor, settled, view))
        lines = [line.as_dict() for line in view.lines]
        await self._send({"v": 1, "type": "history", "lines": lines})
        self._shown = dict.fromkeys((line.line_id for line in view.lines), "")
        await self._show(watched, view)
        tasks = {
            asyncio.create_task(self._listen(visitor)),
            asyncio.create_task(self._tell(watched, visitor)),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = [task for task in tasks if task.done()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in ended:
            task.result()

    async def _listen(self, visitor: Visitor) -> None:
        while True:
            raw = await asyncio.wait_for(self._socket.receive_text(), IDLE_S)
            try:
                await self._hear(visitor, raw)
            except Problem as error:
                await self._refuse(raw, error)

    async def _hear(self, visitor: Visitor, raw: str) -> None:
        said = self._read(raw, {"say": Say, "seen": Seen, "agree": Agree})
        if isinstance(said, Seen):
            await asyncio.to_thread(self._room.seen, visitor, said.ids)
            return
        if isinstance(said, Agree):
            await asyncio.to_thread(agree, self._door, self._room, visitor, said)
            await self._send({"v": 1, "type": "ack", "id": said.id, "line": ""})
            return
        line = await asyncio.to_thread(take, self._door, self._room, visitor, said)
        self._shown[line] = ""
        await self._send({"v": 1, "type": "ack", "id": said.id, "line": line})
        self._watch.wake(visitor.address)

    async def _tell(self, watched: Watched, visitor: Visitor) -> None:
        while True:
            await watched.news.wait()
            watched.news.clear()
            if self._link:
                _, settled = await asyncio.to_thread(self._room.enter, visitor.token, self._link)
                self._link = "" if settled else self._link
            view = await asyncio.to_thread(self._room.view, visitor)
            await self._show(watched, view)

    async def _show(self, watched: Watched, view: View) -> None:
        for line in view.lines:
            if line.line_id not in self._shown:
                self._shown[line.line_id] = ""
                await self._send({"v": 1, "type": "message", "line": line.as_dict()})
        if (view.is_typing, view.here) != (self._typing, self._here):
            self._typing, self._here = view.is_typing, view.here
            await self._send({"v": 1, "type": "typing", "on": view.is_typing, "here": view.here})
        if view.asks_consent != self._asks_consent:
            self._asks_consent = view.asks_consent
            await self._send({"v": 1, "type": "box", "box": box_of(view)})
        watched.threads, watched.mark = view.threads, view.mark

    def _read(self, raw: str, kinds: dict[str, type[Any]]) -> Any:
        if len(raw) > MAX_BODY:
            raise problem("message", f"{len(raw)} characters", f"must be under {MAX_BODY}")
        if not self._door.gate.may(self._door.gate.rates.address, "chat", caller(self._socket)):
            raise problem("address", caller(self._socket), "sends too much; wait a minute")
        try:
            head = json.loads(raw)
        except (ValueError, RecursionError):
            raise problem("message", raw[:20], "must be JSON") from None
        if not isinstance(head, dict) or head.get("v") != 1:
            raise problem("v", str(head)[:20], "must be 1")
        kind = kinds.get(str(head.get("type")))
        if kind is None:
            raise problem("type", str(head.get("type"))[:20], f"must be {' or '.join(kinds)}")
        return parse(kind, raw)

    async def _refuse(self, raw: str, error: Problem) -> None:
        try:
            said = json.loads(raw)
        except (ValueError, RecursionError):
            said = None
        message_id = said.get("id") if isinstance(said, dict) else None
        answer = {"v": 1, "type": "error", "field": error.field, "text": str(error)}
        await self._send(answer | {"code": error.status, "id": str(message_id or "")[:64]})

    async def _send(self, message: dict[str, Any]) -> None:
        await asyncio.wait_for(self._socket.send_json(message), SEND_WITHIN_S)
