"""The chat for web pages: a WebSocket, the same over plain HTTP, the widget and a page to try it.

The messages are described in docs/chat.md.
"""

import asyncio
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute

from agent_runtime.console.chat_socket import ChatSocket, Sockets
from agent_runtime.console.door import Door, caller
from agent_runtime.console.problems import Problem, problem
from agent_runtime.console.protocol import (
    MAX_BODY,
    Agree,
    Hello,
    Say,
    Seen,
    agree,
    hello_of,
    news_of,
    parse,
    read_body,
    take,
)
from agent_runtime.console.room import Room, View
from agent_runtime.console.visitors import Visitor, Visitors
from agent_runtime.console.watch import Watch

WIDGET = Path(__file__).parent / "widget"
MAX_WAIT_S = 25.0
NEW_WAIT_S = 2.0
"""Of a visitor without a thread, whose first message another process may have taken."""


def router(door: Door) -> Mount:
    """Returns all routes of the chat, under `/chat`."""
    room, watch = Room(door, Visitors(door.key)), Watch(door.store)
    http, sockets = _Http(door, room, watch), Sockets()

    async def socket(websocket: Any) -> None:
        await ChatSocket(door, room, watch, sockets, websocket).serve()

    cors = Middleware(
        CORSMiddleware,
        allow_origins=sorted(door.origins),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type"],
    )
    return Mount(
        "/chat",
        routes=[
            WebSocketRoute("/ws", socket),
            Route("/hello", http.hello, methods=["POST"]),
            Route("/messages", http.say, methods=["POST"]),
            Route("/messages", http.messages, methods=["GET"]),
            Route("/agree", http.agree, methods=["POST"]),
            Route("/seen", http.seen, methods=["POST"]),
            Route("/widget.js", _widget),
            Route("/demo", _demo),
        ],
        middleware=[cors],
    )


class _Http:
    """The same conversation for browsers whose network shuts WebSockets out."""

    def __init__(self, door: Door, room: Room, watch: Watch) -> None:
        self._door, self._room, self._watch = door, room, watch

    async def hello(self, request: Request) -> Response:
        try:
            said = await self._read(request, Hello)
            visitor, settled = await asyncio.to_thread(self._room.enter, said.token, said.pt)
        except Problem as error:
            return error.response()
        view = await asyncio.to_thread(self._room.view, visitor)
        return JSONResponse(hello_of(visitor, settled, view) | news_of(view))

    async def say(self, request: Request) -> Response:
        try:
            said = await self._read(request, Say)
            visitor = self._visitor(request)
            line = await asyncio.to_thread(take, self._door, self._room, visitor, said)
            self._watch.wake(visitor.address)
        except Problem as error:
            return error.response()
        return JSONResponse({"v": 1, "type": "ack", "id": said.id, "line": line})

    async def messages(self, request: Request) -> Response:
        """Answers at once when something is new, else after a while with what there is."""
        try:
            self._let_in(request)
            visitor = self._visitor(request)
            wait_s = _seconds(request.query_params.get("wait", "0"))
        except Problem as error:
            return error.response()
        view = await asyncio.to_thread(self._room.view, visitor)
        if wait_s and view.mark == request.query_params.get("after"):
            await self._news(visitor, view, wait_s)
            view = await asyncio.to_thread(self._room.view, visitor)
        return JSONResponse(news_of(view))

    async def agree(self, request: Request) -> Response:
        try:
            said = await self._read(request, Agree)
            visitor = self._visitor(request)
            await asyncio.to_thread(agree, self._door, self._room, visitor, said)
        except Problem as error:
            return error.response()
        return JSONResponse({"v": 1, "type": "ack", "id": said.id, "line": ""})

    async def seen(self, request: Request) -> Response:
        try:
            said = await self._read(request, Seen)
            visitor = self._visitor(request)
        except Problem as error:
            return error.response()
        count = await asyncio.to_thread(self._room.seen, visitor, said.ids)
        return JSONResponse({"v": 1, "type": "seen", "count": count})

    async def _news(self, visitor: Visitor, view: View, wait_s: float) -> None:
        watched = self._watch.begin()
        watched.address, watched.threads, watched.mark = visitor.address, view.threads, view.mark
        try:
            await asyncio.wait_for(watched.news.wait(), wait_s if view.threads else NEW_WAIT_S)
        except TimeoutError:
            pass
        finally:
            self._watch.end(watched)

    def _visitor(self, request: Request) -> Visitor:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        visitor = self._room.visitors.read(token)
        if visitor is None:
            raise problem("token", token[:12], "is not of ours; begin with /chat/hello", status=401)
        return visitor

    def _let_in(self, request: Request) -> None:
        if request.headers.get("origin") and not self._door.lets_in(request):
            raise problem(
                "Origin", request.headers["origin"], "is not on the list of pages", status=403
            )
        if not self._door.gate.may(self._door.gate.rates.address, "chat", caller(request)):
            raise problem("address", caller(request), "sends too much; wait a minute", status=429)

    async def _read(self, request: Request, kind: type[Any]) -> Any:
        self._let_in(request)
        body = await read_body(request, MAX_BODY)
        return parse(kind, body)


def _seconds(text: str) -> float:
    try:
        return max(0.0, min(float(text), MAX_WAIT_S))
    except ValueError:
        raise problem("wait", text[:20], "must be a number of seconds") from None


async def _widget(request: Request) -> Response:
    return FileResponse(
        WIDGET / "parley-chat.js",
        media_type="text/javascript; charset=utf-8",
        headers={"cache-control": "public, max-age=300", "access-control-allow-origin": "*"},
    )


async def _demo(request: Request) -> Response:
    return HTMLResponse((WIDGET / "demo.html").read_text(encoding="utf-8"))
