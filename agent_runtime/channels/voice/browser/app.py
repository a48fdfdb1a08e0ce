"""The web side of calls from a browser: one page, the offer, and a socket that tells the page."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from agent_runtime.channels.voice.browser.lines import BadOffer, BrowserCall, Lines, NoLine
from agent_runtime.channels.voice.browser.page_words import LABELS, PageWords
from agent_runtime.console.problems import Problem, problem
from agent_runtime.console.protocol import parse, read_body

HERE = Path(__file__).parent
MAX_OFFER = 64_000
MAX_SAID = 200
"""Bytes of what a page says on its socket."""
_STATIC = {"call.js": "text/javascript; charset=utf-8", "call.css": "text/css; charset=utf-8"}


class Offer(BaseModel):
    """What a browser offers; the names are those of RTCSessionDescription."""

    model_config = ConfigDict(extra="ignore")

    sdp: Annotated[str, StringConstraints(min_length=1, max_length=MAX_OFFER)]
    type: Literal["offer"]


def build_call_app(lines: Lines, words: PageWords, *, hosts: Sequence[str]) -> Starlette:
    """Returns the application.

    Args:
        lines: Takes the calls.
        words: What the page says before one.
        hosts: Names under which it may be reached; under others it answers nothing, so that no
            foreign page leads a browser here.
    """
    door = _Door(lines, words)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await lines.close()

    return Starlette(
        routes=[
            Route("/", door.page),
            Route("/{name:str}", door.static),
            Route("/offer", door.offer, methods=["POST"]),
            WebSocketRoute("/calls/{call_id:str}", door.live),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
        lifespan=lifespan,
    )


class _Door:
    def __init__(self, lines: Lines, words: PageWords) -> None:
        self._lines = lines
        templates = Environment(
            loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
        )
        self._html = templates.get_template("call.html.j2").render(words=words, labels=LABELS)

    async def page(self, request: Request) -> Response:
        return HTMLResponse(self._html, headers=_headers(request))

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            return Response(status_code=404)
        return FileResponse(HERE / name, media_type=_STATIC[name], headers=_headers(request))

    async def offer(self, request: Request) -> Response:
        """Begins a call: SDP in, SDP and the id of the call out."""
        try:
            if not _is_own_page(request):
                origin = request.headers.get("origin", "")
                raise problem("Origin", origin, "is not this page", status=403)
            said = parse(Offer, await read_body(request, MAX_OFFER))
            call_id, sdp = await self._lines.offer(said.sdp)
        except Problem as error:
            return error.response()
        except NoLine as error:
            return JSONResponse({"error": str(error)}, status_code=503)
        except BadOffer as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse({"type": "answer", "sdp": sdp, "call": call_id})

    async def live(self, socket: WebSocket) -> None:
        """Tells a page of its call, and takes its wish to hang up."""
        call = self._lines.find(socket.path_params["call_id"])
        if call is None or not _is_own_page(socket):
            await socket.close(4404)
            return
        await socket.accept()
        telling = asyncio.create_task(self._tell(socket, call))
        try:
            while socket.application_state is WebSocketState.CONNECTED:
                if await _wants_to_hang_up(socket):
                    await call.hang_up()
        except WebSocketDisconnect:
            pass
        finally:
            telling.cancel()
            await asyncio.wait({telling})

    async def _tell(self, socket: WebSocket, call: BrowserCall) -> None:
        # A page that goes while it is told something is gone, and `live` learns of it.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            async with contextlib.aclosing(self._lines.watch(call)) as messages:
                async for message in messages:
                    await socket.send_json(message)
            await socket.close()


async def _wants_to_hang_up(socket: WebSocket) -> bool:
    said = await socket.receive_text()
    if len(said) > MAX_SAID:
        return False
    try:
        message: Any = json.loads(said)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "hang_up"


def _is_own_page(request: HTTPConnection) -> bool:
    origin = urlsplit(request.headers.get("origin", ""))
    return origin.netloc != "" and origin.netloc == request.headers.get("host", "")


def _headers(request: Request) -> dict[str, str]:
    """Nothing but this page's own script and style runs, and only it may use the microphone."""
    socket = "wss" if request.url.scheme == "https" else "ws"
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            f"connect-src 'self' {socket}://{request.headers['host']}; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        ),
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
