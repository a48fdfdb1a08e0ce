"""A telephone in memory: a transport of Pipecat whose other end is an exchange."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    OutputAudioRawFrame,
    OutputDTMFFrame,
    OutputDTMFUrgentFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams

from agent_runtime.channels.voice.processor import TransferCallFrame
from agent_runtime.channels.voice.sound.sounded import RATE

_FRAME_BYTES = 2 * RATE // 50
_AHEAD_S = 0.04
"""So much of our sound is on the line at most: what is cut off beyond it is never heard."""


@dataclass(slots=True)
class Ends:
    """What a telephone in memory is wired to.

    Args:
        play: Takes our sound, 16-bit PCM at 16 kHz.
        waiting_s: How much of it waits to be heard.
        pressed: Told of keys that we press.
        transfer: Told to put the call through, with what a person of ours hears first.
        opened: The pipeline runs on both sides.
        closed: The pipeline ends.
    """

    play: Callable[[bytes], None]
    waiting_s: Callable[[], float]
    pressed: Callable[[str], None]
    transfer: Callable[[str], None]
    opened: Callable[[], None]
    closed: Callable[[], None]


class _Input(BaseInputTransport):
    def __init__(self, params: TransportParams) -> None:
        super().__init__(params, name="caller")
        self.is_ready = False

    async def start(self, frame: StartFrame) -> None:
        """Begins to take sound."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        self.is_ready = True

    async def arrived(self, pcm: bytes) -> None:
        """Takes what came in 20 ms: a frame, several, or none."""
        for start in range(0, len(pcm) if self.is_ready else 0, _FRAME_BYTES):
            frame = pcm[start : start + _FRAME_BYTES]
            await self.push_audio_frame(InputAudioRawFrame(frame, RATE, 1))


class _Output(BaseOutputTransport):
    def __init__(self, params: TransportParams, ends: Ends) -> None:
        super().__init__(params, name="agent")
        self._ends = ends
        self._room = asyncio.Event()

    async def start(self, frame: StartFrame) -> None:
        """Begins to give sound."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._ends.opened()

    async def stop(self, frame: EndFrame) -> None:
        """Lets what is on the line be heard, then hangs up."""
        await super().stop(frame)
        while self._ends.waiting_s() > 0:
            await asyncio.sleep(0.02)
        self._ends.closed()

    async def cancel(self, frame: CancelFrame) -> None:
        """Hangs up at once."""
        self._ends.closed()
        await super().cancel(frame)

    def has_room(self) -> None:
        """A frame of ours was heard."""
        self._room.set()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Gives sound to the line, as fast as it is heard."""
        self._ends.play(frame.audio)
        while self._ends.waiting_s() >= _AHEAD_S:
            self._room.clear()
            await self._room.wait()
        return True

    def _supports_native_dtmf(self) -> bool:
        return True

    async def _write_dtmf_native(self, frame: OutputDTMFFrame | OutputDTMFUrgentFrame) -> None:
        keys = "".join(str(key.value) for key in frame.buttons or ())
        self._ends.pressed(keys)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Puts a call through where that is asked for; everything else as in any transport."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TransferCallFrame):
            self._ends.transfer(frame.summary)


class LoopTransport(BaseTransport):
    """Joins a pipeline with whoever holds the `Ends`. Its methods belong to the event loop."""

    def __init__(self, ends: Ends) -> None:
        super().__init__()
        params = TransportParams(
            audio_in_enabled=True,
            audio_in_sample_rate=RATE,
            audio_out_enabled=True,
            audio_out_sample_rate=RATE,
            audio_out_10ms_chunks=2,
        )
        self._input, self._output = _Input(params), _Output(params, ends)
        for event in ("on_client_connected", "on_client_disconnected", "on_client_hung_up"):
            self._register_event_handler(event)

    def input(self) -> _Input:
        """What comes from them."""
        return self._input

    def output(self) -> _Output:
        """What goes to them."""
        return self._output

    async def arrived(self, pcm: bytes) -> None:
        """Takes what came of theirs in 20 ms; as much of ours was heard meanwhile."""
        self._output.has_room()
        await self._input.arrived(pcm)

    async def pressed(self, keys: str) -> None:
        """Takes keys of theirs."""
        for key in keys:
            await self._input.push_frame(InputDTMFFrame(button=KeypadEntry(key)))

    async def tell(self, event: str) -> None:
        """Tells the pipeline that they have joined or left."""
        self._output.has_room()
        await self._call_event_handler(event)
