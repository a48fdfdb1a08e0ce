"""The speech server with given engines, on loopback in this loop, and a bare client of its wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from speech.app import make_app
from speech.engines import FakeRecogniser, FakeSynthesiser
from speech.server import Limits, SpeechServer
from speech.wire import messages as wire
from speech.wire.sound import pack, unpack

PATIENCE_S = 20


@dataclass
class Served:
    """A server that runs."""

    server: SpeechServer
    web: uvicorn.Server
    running: asyncio.Task[None]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def kill(self) -> None:
        """Ends it at once; its connections break in the middle of whatever they do."""
        for protocol in list(self.web.server_state.connections):
            protocol.transport.abort()
        self.web.should_exit = self.web.force_exit = True
        await asyncio.gather(self.running, return_exceptions=True)


@asynccontextmanager
async def served(
    *,
    hears=FakeRecogniser,
    speaks=FakeSynthesiser,
    limits: Limits | None = None,
    token: str = "",
    port: int = 0,
) -> AsyncIterator[Served]:
    """Runs a server, ready unless the engines are None."""
    server = SpeechServer(limits or Limits())

    @asynccontextmanager
    async def load(_: SpeechServer) -> AsyncIterator[None]:
        if hears or speaks:
            await server.load(hears, speaks)
        yield

    options = {"log_level": "error", "lifespan": "on", "ws": "websockets-sansio"}
    app = make_app(server, load, token=token)
    web = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, **options))
    web.capture_signals = _no_signals  # ty: ignore
    running = asyncio.create_task(web.serve())
    async with asyncio.timeout(PATIENCE_S):
        while not web.started:
            assert not running.done(), running.exception()
            await asyncio.sleep(0.005)
    found = Served(server, web, running, web.servers[0].sockets[0].getsockname()[1])
    try:
        yield found
    finally:
        await found.kill()


class _no_signals:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


class Client:
    """Says hello, sends and receives."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.got: list[wire.Message] = []
        self.pcm: dict[int, bytes] = {}

    async def tell(self, message: wire.Message) -> None:
        await self.socket.send(message.as_text())

    async def sound(self, stream: int, *levels: int, seconds: float = 0.1) -> None:
        """Sends a stretch of sound of each level, in hundredths."""
        for level in levels:
            await self.socket.send(pack(stream, pcm_of(level, seconds)))

    async def receive(self) -> wire.Message | None:
        """Returns the next message; sound is kept, and None returned for it."""
        async with asyncio.timeout(PATIENCE_S):
            frame = await self.socket.recv()
        if isinstance(frame, bytes):
            stream, pcm = unpack(frame)
            self.pcm[stream] = self.pcm.get(stream, b"") + pcm
            return None
        self.got.append(wire.from_server(frame))
        return self.got[-1]

    async def wait_for(self, kind, stream: int | None = None):
        """Returns the next message of a kind."""
        while True:
            said = await self.receive()
            if isinstance(said, kind) and stream in (None, getattr(said, "stream", None)):
                return said
            if isinstance(said, wire.Error):
                raise AssertionError(said)


@asynccontextmanager
async def client_of(found: Served, *, hello: bool = True) -> AsyncIterator[Client]:
    async with connect(f"ws://127.0.0.1:{found.port}{wire.PATH}") as socket:
        client = Client(socket)
        if hello:
            await client.tell(wire.Hello(versions=(wire.VERSION,)))
            await client.wait_for(wire.Welcome)
        yield client


def pcm_of(level: int, seconds: float, rate: int = 16_000) -> bytes:
    """Returns samples of `level` hundredths."""
    return np.full(int(seconds * rate), round(level / 100 * 32768), "<i2").tobytes()
