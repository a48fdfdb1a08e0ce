"""The processor of a pipeline that tells who answered, and when a voicemail has beeped."""

import asyncio
import time
from dataclasses import dataclass

import numpy as np
from pipecat.audio.utils import create_stream_resampler
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    StartFrame,
    SystemFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from agent_runtime.speech.answer_detector import AnswerDetector, News
from agent_runtime.speech.failures import SpeechFailure
from agent_runtime.speech.party_sound import Unread
from agent_runtime.speech.rereading import Reread
from agent_runtime.speech.who_answered import Verdict, Who

_RATE = 8000
"""Of a telephone; what lies above it tells nothing."""
_QUIET_LINE_S = 0.2
"""Where no sound comes for so long, time passes by the clock."""
_TURNS = 2
"""Answers to words of ours after which somebody has conversed."""


@dataclass
class WhoAnsweredFrame(SystemFrame):
    """Tells the pipeline who answered, and again when somebody else is recognised.

    Parameters:
        who: As in `Verdict.who`; `nobody_yet` when a menu has put through to a new party.
        confidence: Between 0 and 1.
        reasons: For the trace.
        at_s: Seconds of the call's sound.
    """

    who: Who
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()
    at_s: float = 0.0


@dataclass
class BeepFrame(SystemFrame):
    """A voicemail has beeped, and records from here on. Seconds are those of the call's sound."""

    start_s: float
    end_s: float
    hertz: float = 0.0


@dataclass
class RereadFrame(SystemFrame):
    """What another ear understands of all that was said lately, by a menu or one not told apart.

    Parameters:
        text: Empty as the other ear begins, and where it understands nothing.
        is_done: Whether it has read.
    """

    text: str = ""
    is_done: bool = True


class AnswerProcessor(FrameProcessor):
    """Listens behind the ears of a pipeline, passes everything on and broadcasts what it learns.

    It stops listening once a person is confirmed: by `confirm_person`, or when somebody taken for
    a person has twice answered words of ours.

    Args:
        language: In which the called side is expected to speak.
        reread: Another ear, for what is worth to be read once more.

    Raises:
        ValueError: there are no phrases for the language.
    """

    def __init__(self, language: str = "en", reread: Reread | None = None) -> None:
        super().__init__(name="who answered")
        self._reread = reread
        self._language = language
        self._detector = AnswerDetector(language, _RATE)
        self._resampler = create_stream_resampler(clear_after_secs=None)
        self._sound_at = time.monotonic()
        self._watching: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._has_conversed = False
        self._turns = 0
        self._is_theirs = False
        """We have spoken, and it is their turn."""

    @property
    def verdict(self) -> Verdict:
        """Who answered, as far as it is known."""
        return self._detector.verdict

    @property
    def is_listening(self) -> bool:
        """Says whether the verdict may still change."""
        return not self._has_conversed

    async def confirm_person(self) -> None:
        """The call's own logic knows that a person converses; nothing is judged afterwards."""
        if not self._has_conversed:
            self._has_conversed = True
            await self._tell(self._detector.confirm_person())

    async def put_through(self) -> None:
        """We have pressed a key in a menu; who answers there is judged anew."""
        if not self._has_conversed:
            await self._tell(self._detector.put_through())

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Passes the frame on, then listens to it."""
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, StartFrame):
            self._sound_at = time.monotonic()
            self._watching = self.create_task(self._watch(), "watch")
        elif self._has_conversed:
            return
        elif isinstance(frame, InputAudioRawFrame):
            await self._hear(frame)
        elif direction == FrameDirection.DOWNSTREAM:
            await self._follow(frame)
        elif isinstance(frame, BotStoppedSpeakingFrame):
            self._is_theirs = True
        elif isinstance(frame, BotStartedSpeakingFrame):
            self._is_theirs = False

    async def _follow(self, frame: Frame) -> None:
        detector = self._detector
        if isinstance(frame, VADUserStartedSpeakingFrame):
            await self._tell(detector.voice_started(frame.start_secs))
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            await self._tell(detector.voice_stopped(frame.stop_secs))
        elif isinstance(frame, InterimTranscriptionFrame):
            await self._tell(detector.words(frame.text, is_final=False))
        elif isinstance(frame, TranscriptionFrame):
            await self._tell(detector.words(frame.text))
            await self._count_turn()

    async def _count_turn(self) -> None:
        if not self._is_theirs:
            return
        self._is_theirs = False
        self._turns = self._turns + 1 if self.verdict.is_person else 0
        if self._turns >= _TURNS:
            await self.confirm_person()

    async def _hear(self, frame: InputAudioRawFrame) -> None:
        self._sound_at = time.monotonic()
        audio = frame.audio
        if frame.num_channels > 1:
            audio = np.frombuffer(audio, "<i2")[:: frame.num_channels].tobytes()
        audio = await self._resampler.resample(audio, frame.sample_rate, _RATE)
        await self._tell(self._detector.hear(audio))
        if self._reread is not None and self._reading is None:
            unread = self._detector.unread()
            if unread is not None:
                self._reading = self.create_task(self._read(unread, self._reread), "read again")

    async def _read(self, unread: Unread, reread: Reread) -> None:
        """Nothing waits for it; what it finds out changes what was thought."""
        await self.push_frame(RereadFrame(is_done=False))
        try:
            text = await reread(unread.sound)
        except SpeechFailure as failure:
            await self.push_error(f"what was said is not read again: {failure}")
            text = ""
        self._reading = None
        if not self._detector.is_current(unread):
            text = ""
        elif text and not self._has_conversed:
            await self._tell(self._detector.read(unread, text))
        await self.push_frame(RereadFrame(text))

    async def _watch(self) -> None:
        """Nobody who hears nothing of us is kept waiting because nothing is heard of them."""
        while not self._has_conversed:
            await asyncio.sleep(_QUIET_LINE_S)
            now = time.monotonic()
            if now - self._sound_at >= _QUIET_LINE_S:
                missed, self._sound_at = now - self._sound_at, now
                await self._tell(self._detector.pass_time(missed))

    async def _tell(self, news: list[News]) -> None:
        for one in news:
            if isinstance(one, Verdict):
                await self.broadcast_frame(
                    WhoAnsweredFrame,
                    who=one.who,
                    confidence=one.confidence,
                    reasons=one.reasons,
                    at_s=one.at_s,
                )
            else:
                hertz = one.frequencies_hz[0] if one.frequencies_hz else 0.0
                await self.broadcast_frame(
                    BeepFrame, start_s=one.start_s, end_s=one.end_s, hertz=hertz
                )

    async def cleanup(self) -> None:
        """Ends what still runs."""
        running, self._watching, self._reading = (self._watching, self._reading), None, None
        for task in running:
            if task is not None:
                await self.cancel_task(task)
        await super().cleanup()
