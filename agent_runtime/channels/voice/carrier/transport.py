"""Pipecat's WebSocket transport: how a line ends, and keys that the carrier sends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from json import JSONDecodeError, loads

from fastapi import WebSocket
from pipecat.frames.frames import OutputDTMFFrame, OutputDTMFUrgentFrame
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketOutputTransport,
    FastAPIWebsocketParams,
    FastAPIWebsocketTransport,
)

RATE = 8000
HUNG_UP = "on_client_hung_up"
_CLOSED_WELL = (1000, 1001)

Press = Callable[[str], Awaitable[bool]]
"""Sends keys by the carrier; False where they have to be heard as tones."""


class CarrierTransport(FastAPIWebsocketTransport):
    """The sound of one call at 8 kHz, in frames of 20 ms, as fast as it is heard.

    Event handlers: those of its base, and `on_client_hung_up(transport, websocket)` where the
    carrier says that the call is over. A socket that breaks is `on_client_disconnected`.
    """

    def __init__(self, websocket: WebSocket, serializer: FrameSerializer, press: Press) -> None:
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
        self._client.receive = lambda: self._messages(websocket)
        self._output = _Output(self, self._client, params, press=press)

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
        if self._has_hung_up:
            await self._call_event_handler(HUNG_UP, websocket)
        else:
            await super()._on_client_disconnected(websocket)


class _Output(FastAPIWebsocketOutputTransport):
    def __init__(self, *args: object, press: Press) -> None:
        super().__init__(*args)  # pyright: ignore[reportArgumentType]
        self._press = press

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
