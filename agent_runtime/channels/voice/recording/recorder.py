"""The last processor of a call: notes who is heard when, and records where that is allowed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.audio.audio_buffer_processor import AudioBufferProcessor
from pipecat.processors.frame_processor import FrameDirection

from agent_runtime.channels.voice.hands import CallHands
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.processor import RecordCallFrame, UnrecordCallFrame
from agent_runtime.channels.voice.recording.shelf import RATE, Label, Shelf
from agent_runtime.channels.voice.recording.sound_log import SoundLog
from agent_runtime.settings import Settings

if TYPE_CHECKING:
    from soundfile import SoundFile

_CHUNK_BYTES = RATE * 2
"""A second of a track: so much is in memory before it is on the disk."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where the recording of a call goes."""

    shelf: Shelf
    label: Label
    """As it will be, but for when it began."""


class CallRecorder(AudioBufferProcessor):
    """Stands behind the transport, where what was played comes by.

    Args:
        hands: Traces at the end who was heard when.
        clock: The runtime's.
        keeping: Where sound may go; None: none is ever kept.
    """

    def __init__(
        self, hands: CallHands, *, clock: Callable[[], datetime], keeping: Keeping | None
    ) -> None:
        super().__init__(sample_rate=RATE, buffer_size=_CHUNK_BYTES, name="recorder")
        self._hands, self._clock, self._keeping = hands, clock, keeping
        self._log: SoundLog | None = None
        self._files: dict[str, SoundFile] = {}
        self._began_at: datetime | None = None
        self._is_refused = False
        self._is_first = False
        """Whether the next sound of ours begins a sentence."""
        self._writing: asyncio.Future[None] | None = None
        self.add_event_handler("on_track_audio_data", self._keep)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Notes and records, and passes everything on."""
        if self._log is None:
            self._log = SoundLog(self._clock())
        if isinstance(frame, UnrecordCallFrame):
            await self._refuse()
        elif isinstance(frame, RecordCallFrame):
            await self._record()
        elif isinstance(frame, (EndFrame, CancelFrame)):
            # Whatever comes after it may be cancelled.
            await self._write()
        self._note(frame, self._log)
        await super().process_frame(frame, direction)

    async def cleanup(self) -> None:
        """Closes the files once all sound is in them."""
        await self.stop_recording()
        await super().cleanup()
        self._close()
        await self._write()

    def _note(self, frame: Frame, log: SoundLog) -> None:
        now = log.second(self._clock())
        if isinstance(frame, VADUserStartedSpeakingFrame):
            log.them.begin(now - frame.start_secs)
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            log.them.end(now - frame.stop_secs)
        elif isinstance(frame, TTSStartedFrame):
            self._is_first = True
        elif isinstance(frame, TTSAudioRawFrame) and self._is_first:
            self._is_first = False
            log.us.begin(now)
        elif isinstance(frame, (TTSStoppedFrame, InterruptionFrame)):
            log.us.end(now)

    async def _record(self) -> None:
        if self._keeping is None or self._is_refused or self._recording:
            return
        self._began_at = self._clock()
        label = replace(self._keeping.label, began_at=self._began_at)
        folder = await asyncio.to_thread(self._keeping.shelf.begin, label)
        self._files = {side: _track(folder, side) for side in ("them", "us")}
        await self.start_recording()

    async def _refuse(self) -> None:
        """What was recorded is forgotten, and nothing more is."""
        self._is_refused = True
        self._recording = False
        self._reset_recording()
        self._close()
        self._began_at = None
        if self._keeping is not None:
            await asyncio.to_thread(self._keeping.shelf.forget, self._keeping.label.call_id)

    async def _keep(
        self, _: object, them: bytes, us: bytes, sample_rate: int, channels: int
    ) -> None:
        for side, sound in (("them", them), ("us", us)):
            if side in self._files:
                self._files[side].buffer_write(sound, dtype="int16")

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}

    async def _write(self) -> None:
        if self._writing is None and self._log is not None:
            self._writing = asyncio.ensure_future(self._trace(self._log))
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def _trace(self, log: SoundLog) -> None:
        now = self._clock()
        if self._began_at is not None:
            began, ended = log.second(self._began_at), log.second(now)
            log.recorded.append((round(began, 3), round(ended, 3)))
        sound = log.as_payload(now)
        await asyncio.to_thread(self._hands.sound, sound, now=now)


def recorder_for(
    hands: CallHands, limits: CallLimits, settings: Settings, *, clock: Callable[[], datetime]
) -> CallRecorder:
    """Returns the recorder of a call that has been joined, as its limits and settings want it."""
    return CallRecorder(hands, clock=clock, keeping=_keeping(hands, limits, settings))


def _keeping(hands: CallHands, limits: CallLimits, settings: Settings) -> Keeping | None:
    if not settings.voice_records:
        return None
    contact, session = hands.turns.people.contact(), hands.turns.people.session()
    label = Label(
        call_id=hands.turns.call.call_id,
        tenant_id=session.tenant_id,
        person_id=contact.person_id,
        thread_id=session.thread_id,
        began_at=datetime.max,
        leave="given in the call" if limits.records else "not needed by law",
    )
    return Keeping(Shelf(settings.paths.recordings), label)


def _track(folder: Path, side: str) -> "SoundFile":
    import soundfile

    path = folder / f"{side}.flac"
    return soundfile.SoundFile(path, "w", RATE, 1, subtype="PCM_16", format="FLAC")
