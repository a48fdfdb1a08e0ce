"""Pipecat's WebSocket transport: how a line ends, and keys that the carrier sends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from json import JSONDecodeError, loads

from fastapi import WebSocket
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    OutputAudioRawFrame,
    OutputDTMFFrame,
    OutputDTMFUrgentFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketOutputTransport,
    FastAPIWebsocketParams,
    FastAPIWebsocketTransport,
)

from agent_runtime.channels.voice.processor import CallTransferredFrame, TransferCallFrame
from agent_runtime.channels.voice.ring_back import PAUSES_S, RINGS_S, ring_tone

RATE = 8000
HUNG_UP = "on_client_hung_up"
_CLOSED_WELL = (1000, 1001)

Press = Callable[[str], Awaitable[bool]]
"""Sends keys by the carrier; False where they have to be heard as tones."""
PutThrough = Callable[[str, str], Awaitable[bool]]
"""Puts a call through to a role of ours, who is told something first; False: nobody takes it."""


class CarrierTransport(FastAPIWebsocketTransport):
    """The sound of one call at 8 kHz, in frames of 20 ms, as fast as it is heard.

    Event handlers: those of its base, and `on_client_hung_up(transport, websocket)` where the
    carrier says that the call is over. A socket that breaks is `on_client_disconnected`.
    """

    def __init__(
        self,
        websocket: WebSocket,
        serializer: FrameSerializer,
        press: Press,
        put_through: PutThrough | None = None,
    ) -> None:
        params = FastAPIWebsocketParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            audio_out_sample_rate=RATE,
            audio_out_10ms_chunks=2,
            serializer=serializer,
            allowed_origins=[],
        )
        super().__init__(websocket, params)
        self._register_event_handler(HUNG_UP)
        self._has_hung_up = False
        self.is_given_away = False
        """Whether the call goes on without us."""
        self._client.receive = lambda: self._messages(websocket)
        self._output = _Output(self, self._client, params, press=press, put_through=put_through)

    async def _messages(self, websocket: WebSocket) -> AsyncIterator[bytes | str]:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                self._has_hung_up |= message.get("code") in _CLOSED_WELL
                return
            text = message.get("text")
            if text is not None and _is_stop(text):
                self._has_hung_up = True
                return
            if text is not None:
                yield text

    async def _on_client_disconnected(self, websocket: WebSocket) -> None:
        if self.is_given_away:
            return
        if self._has_hung_up:
            await self._call_event_handler(HUNG_UP, websocket)
        else:
            await super()._on_client_disconnected(websocket)


class _Output(FastAPIWebsocketOutputTransport):
    def __init__(self, *args: object, press: Press, put_through: PutThrough | None) -> None:
        super().__init__(*args)  # pyright: ignore[reportArgumentType]
        self._press, self._put_through = press, put_through
        self._giving: list[asyncio.Task[None]] = []

    async def write_transport_frame(self, frame: Frame) -> None:
        """What was said before a transfer has been sent by now."""
        if isinstance(frame, TransferCallFrame):
            self._giving = [
                self.create_task(self._give(frame), "transfer"),
                self.create_task(self._ring(), "ring-back"),
            ]

    async def stop(self, frame: EndFrame) -> None:
        await self._give_up()
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        await self._give_up()
        await super().cancel(frame)

    async def cleanup(self) -> None:
        await self._give_up()
        await super().cleanup()

    async def _give(self, frame: TransferCallFrame) -> None:
        ask = self._put_through
        is_taken = ask is not None and await ask(frame.route_to, frame.summary)
        self._giving[1].cancel()
        await self.push_frame(CallTransferredFrame(is_taken), FrameDirection.UPSTREAM)

    async def _ring(self) -> None:
        """The caller hears that it rings until somebody is there."""
        while True:
            await self.queue_frame(OutputAudioRawFrame(ring_tone(RATE), RATE, 1))
            await asyncio.sleep(RINGS_S + PAUSES_S)

    async def _give_up(self) -> None:
        giving, self._giving = self._giving, []
        for task in giving:
            if not task.done():
                await self.cancel_task(task)

    async def write_dtmf(self, frame: OutputDTMFFrame | OutputDTMFUrgentFrame) -> None:
        keys = "".join(button.value for button in frame.buttons or ())
        if keys and not await self._press(keys):
            await self._write_dtmf_audio(frame)


def _is_stop(text: str) -> bool:
    if '"stop"' not in text[:200]:
        return False
    try:
        said = loads(text)
    except JSONDecodeError:
        return False
    return isinstance(said, dict) and said.get("event") == "stop"
