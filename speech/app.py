"""The web application: the WebSocket, and what an operator asks."""

import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from speech.server import SpeechServer
from speech.session import Session
from speech.wire.messages import PATH

Load = Callable[[SpeechServer], AbstractAsyncContextManager[None]]


def make_app(server: SpeechServer, load: Load, *, token: str = "") -> Starlette:
    """Returns the application.

    Args:
        server: What it serves.
        load: Runs beside it, from its start to its end.
        token: What clients must send as `Authorization: Bearer`; empty means that all may come.
    """

    async def talk(socket: WebSocket) -> None:
        given = socket.headers.get("authorization", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            server.metrics.refused.labels("token").inc()
            await socket.close(1008, "PARLEY_SPEECH_TOKEN is not the server's.")
            return
        await Session(socket, server).serve()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with load(server):
            yield
        server.close()

    async def health(_: Request) -> Response:
        """Whether the process should go on: an engine that hangs does not come back by itself."""
        if hangs := server.what_hangs():
            return PlainTextResponse(f"{hangs}; restart the server.\n", 503)
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        """Whether a new call may be sent here, and what it would be heard and spoken with."""
        if (hangs := server.what_hangs()) or server.state != "ready":
            return JSONResponse({"state": hangs or server.state}, 503)
        offers = zip(("hearing", "speaking"), server.offers(), strict=True)
        told = {part: offer.model_dump(mode="json") if offer else None for part, offer in offers}
        return JSONResponse({"state": "ready", **told, "open": server.open})

    async def metrics(_: Request) -> Response:
        page = server.metrics.page()
        return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/ready", ready),
            Route("/metrics", metrics),
            WebSocketRoute(PATH, talk),
        ],
        lifespan=lifespan,
    )
