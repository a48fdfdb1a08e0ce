"""A SIP call as a transport of Pipecat."""

import asyncio
from collections.abc import Mapping

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputDTMFFrame,
    OutputDTMFUrgentFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams

from agent_runtime.channels.voice.processor import CallTransferredFrame, TransferCallFrame
from agent_runtime.channels.voice.sip import wire
from agent_runtime.channels.voice.sip.handover import Handover
from agent_runtime.channels.voice.sip.line import SipLine

_GOODBYE = (200, 487)
"""BYE, and CANCEL before we have picked up."""
_LAST_WORDS_S = 1.0
"""From the last sound that was sent until it has been played."""


class SipTransport(BaseTransport):
    """Carries one call of the SIP user agent.

    Events: `on_client_connected` once both sides hear each other, and one at the end:
    `on_client_hung_up` where they did it on purpose, else `on_client_disconnected`.

    Args:
        line: The call.
        transfers: To which address a role of ours is reached, as `sip:ana@pbx.example`.
        handover: How they are put through there.
        is_answered: Whether they have picked up already; else we pick up once the pipeline runs.
    """

    def __init__(
        self,
        line: SipLine,
        *,
        transfers: Mapping[str, str] | None = None,
        handover: Handover | None = None,
        is_answered: bool = False,
    ) -> None:
        super().__init__()
        params = TransportParams(
            audio_in_enabled=True,
            audio_in_sample_rate=wire.SAMPLE_RATE,
            audio_out_enabled=True,
            audio_out_sample_rate=wire.SAMPLE_RATE,
            audio_out_10ms_chunks=2,
        )
        self._line, self._transfers, self._handover = line, transfers or {}, handover
        self._is_answered = is_answered
        self._input = _Input(self, params, name="sip-in")
        self._output = _Output(self, params, name="sip-out")
        self._register_event_handler("on_client_connected")
        self._register_event_handler("on_client_hung_up")
        self._register_event_handler("on_client_disconnected")

    def input(self) -> FrameProcessor:
        """What they say."""
        return self._input

    def output(self) -> FrameProcessor:
        """What we say."""
        return self._output

    @property
    def line(self) -> SipLine:
        """The call that it carries."""
        return self._line

    async def pick_up(self) -> None:
        """The pipeline hears and speaks: the call may begin."""
        if self._is_answered:
            await self._call_event_handler("on_client_connected")
        else:
            self._line.do("answer")

    async def next_key(self) -> KeypadEntry | None:
        """Waits for a key of theirs and deals with whatever else happens; None at the end."""
        while True:
            note = await self._line.notes.get()
            match note["on"]:
                case "answered":
                    await self._call_event_handler("on_client_connected")
                case "key" if note["key"] in _KEYS:
                    return KeypadEntry(note["key"])
                case "ended":
                    is_bye = note.get("by_them") and note["code"] in _GOODBYE
                    name = "on_client_hung_up" if is_bye else "on_client_disconnected"
                    await self._call_event_handler(name)
                    return None

    async def put_through(self, route_to: str, summary: str) -> bool:
        """Puts them through to whoever has a role; False where nobody takes the call.

        Args:
            route_to: The role.
            summary: What that person hears first.
        """
        uri = self._transfers.get(route_to) or self._transfers.get("*")
        return bool(uri and self._handover and await self._handover.to(uri, summary))

    def hang_up(self) -> None:
        """Ends the call, unless a person of ours has taken it."""
        if not self._line.is_joined:
            self._line.do("end")


_KEYS = {entry.value for entry in KeypadEntry}


class _Input(BaseInputTransport):
    def __init__(self, transport: SipTransport, params: TransportParams, *, name: str) -> None:
        super().__init__(params, name=name)
        self._transport = transport
        self._ears: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        if self._ears is None:
            self._ears = self.create_task(self._hear(), "sip-ears")
            self._watch = self.create_task(self._keys(), "sip-notes")
            await self._transport.pick_up()

    async def stop(self, frame: EndFrame) -> None:
        await super().stop(frame)
        await self._close()

    async def cancel(self, frame: CancelFrame) -> None:
        await super().cancel(frame)
        await self._close()

    async def cleanup(self) -> None:
        await self._close()
        await super().cleanup()

    async def _close(self) -> None:
        for task in (self._ears, self._watch):
            if task is not None:
                await self.cancel_task(task)
        self._ears = self._watch = None

    async def _hear(self) -> None:
        while True:
            pcm = await self._transport.line.sound.get()
            await self.push_audio_frame(InputAudioRawFrame(pcm, wire.SAMPLE_RATE, 1))

    async def _keys(self) -> None:
        while (key := await self._transport.next_key()) is not None:
            await self.push_frame(InputDTMFFrame(button=key))


class _Output(BaseOutputTransport):
    def __init__(self, transport: SipTransport, params: TransportParams, *, name: str) -> None:
        super().__init__(params, name=name)
        self._transport = transport
        self._handing: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def stop(self, frame: EndFrame) -> None:
        await super().stop(frame)
        await self._transport.line.played(_LAST_WORDS_S)
        await self._end()

    async def cancel(self, frame: CancelFrame) -> None:
        await self._end()
        await super().cancel(frame)

    async def cleanup(self) -> None:
        await self._end()
        await super().cleanup()

    async def _end(self) -> None:
        handing, self._handing = self._handing, None
        if handing is not None:
            await self.cancel_task(handing)
        self._transport.hang_up()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, InterruptionFrame):
            self._transport.line.do("clear")
        await super().process_frame(frame, direction)

    async def write_transport_frame(self, frame: Frame) -> None:
        """What was said before a transfer has been sent by now."""
        if isinstance(frame, TransferCallFrame):
            await self._transport.line.played(_LAST_WORDS_S)
            self._handing = self.create_task(self._hand_over(frame), "sip-handover")

    async def _hand_over(self, frame: TransferCallFrame) -> None:
        """Tells the call whether somebody of ours has taken it."""
        is_taken = await self._transport.put_through(frame.route_to, frame.summary)
        await self.push_frame(CallTransferredFrame(is_taken), FrameDirection.UPSTREAM)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        return await self._transport.line.say(frame.audio)

    def _supports_native_dtmf(self) -> bool:
        return True

    async def _write_dtmf_native(self, frame: OutputDTMFFrame | OutputDTMFUrgentFrame) -> None:
        keys = "".join(button.value for button in frame.buttons or ())
        self._transport.line.do("press", keys=keys)
