"""One client's WebSocket: its streams, and what it is told."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from speech.ears import Ear
from speech.server import SpeechServer
from speech.voices import Sound
from speech.wire import messages as wire
from speech.wire.flow import Window
from speech.wire.messages import WireError
from speech.wire.sound import pack, unpack

HELLO_S = 5.0
"""How long a client may take to say hello."""
SENDING_S = 10.0
"""A client that takes nothing for so long is gone."""
MOST_MESSAGES = 2_000
"""That wait to be sent; sound is bounded by its windows."""
LARGEST_SOUND = 16_000
"""Bytes of sound in one frame of ours."""
_CLOSES = {"version": 4000, "loading": 1013, "draining": 1001}


class Session:
    """Serves one client until one of the two ends it."""

    def __init__(self, socket: WebSocket, server: SpeechServer) -> None:
        self._socket = socket
        self._server = server
        self._ears: dict[int, Ear] = {}
        self._texts: dict[int, tuple[asyncio.Task[None], Window]] = {}
        self._out: asyncio.Queue[str | bytes] = asyncio.Queue(MOST_MESSAGES)
        self._lost = asyncio.Event()

    async def serve(self) -> None:
        """Returns when the connection is closed."""
        await self._socket.accept()
        self._server.metrics.connections.inc()
        try:
            if await self._greet():
                await self._talk()
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass  # It is gone; there is nobody to tell.
        finally:
            self._server.metrics.connections.dec()
            await self._let_go()

    def tell(self, message: wire.Message) -> None:
        """Queues a message; a client that takes nothing loses the connection."""
        self._send(message.as_text())

    async def _greet(self) -> bool:
        try:
            async with asyncio.timeout(HELLO_S):
                said = wire.from_client(await self._socket.receive_text())
            if not isinstance(said, wire.Hello):
                raise WireError("unknown", f"{said.type} before hello.")
            version = wire.common_version(said.versions)
            hearing, speaking = self._server.offers()
        except TimeoutError:
            await self._refuse(WireError("unknown", f"no hello within {HELLO_S:g} s."))
            return False
        except KeyError:
            await self._refuse(WireError("unknown", "a binary frame before hello."))
            return False
        except WireError as error:
            await self._refuse(error)
            return False
        self.tell(wire.Welcome(version=version, hearing=hearing, speaking=speaking))
        return True

    async def _talk(self) -> None:
        reading = asyncio.create_task(self._read())
        writing = asyncio.create_task(self._write())
        lost = asyncio.create_task(self._lost.wait())
        self._server.sessions.add(self)
        try:
            await asyncio.wait({reading, writing, lost}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and isinstance(error := reading.exception(), WireError):
                writing.cancel()
                await self._refuse(error)
        finally:
            self._server.sessions.discard(self)
            for task in (reading, writing, lost):
                task.cancel()
            await asyncio.gather(reading, writing, lost, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            frame = await self._socket.receive()
            if frame["type"] == "websocket.disconnect":
                return
            try:
                if (pcm := frame.get("bytes")) is not None:
                    self._hear(*unpack(pcm))
                else:
                    self._obey(wire.from_client(frame["text"]))
            except WireError as error:
                if error.stream is None:
                    raise
                self._close(error)

    async def _write(self) -> None:
        while True:
            out = await self._out.get()
            try:
                async with asyncio.timeout(SENDING_S):
                    if isinstance(out, bytes):
                        await self._socket.send_bytes(out)
                    else:
                        await self._socket.send_text(out)
            except TimeoutError:
                return

    def _hear(self, stream: int, pcm: bytes) -> None:
        ear = self._ears.get(stream)
        if ear is not None:
            self._server.hearing().feed(ear, pcm)
        # Sound that was on its way when the stream was closed is dropped.

    def _obey(self, said: wire.FromClient) -> None:
        match said:
            case wire.AsrOpen():
                self._is_new(said.stream)
                self._server.may_begin(said.stream)
                ear = self._server.hearing().listen(
                    said.stream, said.language, self._on_heard(said.stream)
                )
                self._ears[said.stream] = ear
                self.tell(wire.AsrOpened(stream=said.stream, window=ear.window))
            case wire.AsrEnd() if ear := self._ears.get(said.stream):
                self._server.hearing().end(ear, said.utterance)
            case wire.AsrClose() if ear := self._ears.pop(said.stream, None):
                self._server.hearing().close(ear)
            case wire.TtsSpeak():
                self._is_new(said.stream)
                self._server.may_begin(said.stream)
                self._begin_to_speak(said)
            case wire.TtsCancel() if text := self._texts.get(said.stream):
                text[0].cancel()
            case wire.Credit() if text := self._texts.get(said.stream):
                text[1].add(said.bytes)
            case wire.Hello():
                raise WireError("unknown", "a second hello.")
            case _:
                # What was on its way when the stream was closed means nothing any more.
                pass

    def _on_heard(
        self, stream: int
    ) -> Callable[[wire.AsrInterim | wire.AsrFinal | wire.Error | int], None]:
        def told(news: wire.AsrInterim | wire.AsrFinal | wire.Error | int) -> None:
            if isinstance(news, int):
                self.tell(wire.Credit(stream=stream, bytes=news))
                return
            if isinstance(news, wire.Error):
                self._ears.pop(stream, None)
            self.tell(news)

        return told

    def _begin_to_speak(self, said: wire.TtsSpeak) -> None:
        self._server.speaking().admit(said)
        window = Window(said.window)
        speaking = asyncio.create_task(self._speak(said, window))
        self._texts[said.stream] = speaking, window
        speaking.add_done_callback(lambda ended: self._ended(said, ended))

    def _ended(self, said: wire.TtsSpeak, ended: asyncio.Task[None]) -> None:
        """Gives the place back, even where the task was cancelled before it had begun."""
        self._server.speaking().leave()
        self._texts.pop(said.stream, None)
        if ended.cancelled():
            self.tell(wire.TtsDone(stream=said.stream, outcome="cancelled"))
        elif isinstance(error := ended.exception(), WireError):
            self._server.metrics.refused.labels(error.code).inc()
            self.tell(wire.Error(code=error.code, message=str(error), stream=said.stream))
        else:
            self.tell(wire.TtsDone(stream=said.stream, outcome="whole"))

    async def _speak(self, said: wire.TtsSpeak, window: Window) -> None:
        voices = self._server.speaking()
        self.tell(wire.TtsStarted(stream=said.stream, rate=voices.engine.rate))
        async with aclosing(voices.speak(said)) as sounds:
            async for sound in sounds:
                await self._give(said.stream, sound, window)

    async def _give(self, stream: int, sound: Sound, window: Window) -> None:
        at = 0
        while at < len(sound.pcm):
            size = await window.take_up_to(min(LARGEST_SOUND, len(sound.pcm) - at))
            self._send(pack(stream, sound.pcm[at : at + size]))
            at += size
        if sound.is_whole:
            self.tell(wire.TtsMark(stream=stream, piece=sound.piece))

    def _is_new(self, stream: int) -> None:
        if stream in self._ears or stream in self._texts:
            raise WireError("unknown", f"stream {stream} is open already.")

    def _close(self, error: WireError) -> None:
        assert error.stream is not None
        self._server.metrics.refused.labels(error.code).inc()
        if ear := self._ears.pop(error.stream, None):
            self._server.hearing().close(ear)
        self.tell(wire.Error(code=error.code, message=str(error), stream=error.stream))

    def _send(self, out: str | bytes) -> None:
        try:
            self._out.put_nowait(out)
        except asyncio.QueueFull:
            self._lost.set()

    async def _refuse(self, error: WireError) -> None:
        self._server.metrics.refused.labels(error.code).inc()
        said = wire.Error(code=error.code, message=str(error)).as_text()
        with suppress(RuntimeError, OSError, TimeoutError):
            async with asyncio.timeout(SENDING_S):
                await self._socket.send_text(said)
                await self._socket.close(_CLOSES.get(error.code, 1008))

    async def _let_go(self) -> None:
        for ear in self._ears.values():
            self._server.hearing().close(ear)
        self._ears.clear()
        texts = [task for task, _ in self._texts.values()]
        for task in texts:
            task.cancel()
        await asyncio.gather(*texts, return_exceptions=True)
