"""What every ear of a call does: takes in utterances as the VAD tells them; words come of each."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator
from typing import Generic, Protocol, TypeVar

from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    StartFrame,
    TranscriptionFrame,
    UserAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from pipecat.transcriptions.language import Language
from pipecat.utils.time import time_now_iso8601

from agent_runtime.speech.failures import Overloaded, SpeechFailure
from agent_runtime.speech.frames import HeardNothingFrame, SpeechFailedFrame
from agent_runtime.speech.utterance import Room, Utterance

PAUSE_S = 0.08
"""So much quiet may be the end of an utterance, before the VAD has decided."""
LONGEST_S = 20.0
"""An utterance without a pause is cut, so that memory stays bounded."""
MOST_UTTERANCES = 4
"""Whole utterances that may wait for their words."""
KEPT_S = 0.55
"""Sound before the VAD has noticed speech that belongs to it."""


class Part(Protocol):
    """One utterance, or a part of one that was cut."""

    is_last: bool

    @property
    def utterance(self) -> Utterance:
        """Its sound so far."""
        ...


P = TypeVar("P", bound=Part)


class ListeningService(STTService, Generic[P]):
    """Begins and ends utterances, and says what came of them in their order.

    An utterance whose words do not come is lost and said to be, with `SpeechFailedFrame` and an
    error; the next one is heard as usual. An interruption drops nothing, since it is what the
    person is saying.
    """

    def __init__(self, *, language: Language, model: str, p99_s: float) -> None:
        super().__init__(
            settings=STTSettings(model=model, language=language), ttfs_p99_latency=p99_s
        )
        self._spoken_language = language
        self._room: Room | None = None
        self._now: P | None = None
        self._over: asyncio.Queue[P | None] = asyncio.Queue(MOST_UTTERANCES)
        self._finishing: asyncio.Task[None] | None = None

    @abstractmethod
    def _begin(self, room: Room) -> P | None:
        """Returns an utterance that begins now; None where nothing can hear it."""

    @abstractmethod
    async def _grow(self, part: P, pcm: bytes) -> None:
        """Takes in more of an utterance, and cuts one that has become too long."""

    @abstractmethod
    async def _finish(self, part: P) -> str:
        """Returns the words of an utterance that is over.

        Raises:
            SpeechFailure: they do not come.
        """

    def _forget(self, part: P) -> None:
        """Lets go of an utterance of which no words are wanted."""

    async def _let_go(self) -> None:
        """Ends what still runs."""
        finishing, self._finishing, self._now = self._finishing, None, None
        if finishing:
            await self.cancel_task(finishing)

    def can_generate_metrics(self) -> bool:
        """Returns True: latencies are measured."""
        return True

    async def start(self, frame: StartFrame) -> None:
        """Starts."""
        await super().start(frame)
        self._finishing = self.create_task(self._finish_each())

    async def stop(self, frame: EndFrame) -> None:
        """Waits for the words of what was said, then stops."""
        if self._finishing:
            await self._over.put(None)
            await self._finishing
            self._finishing = None
        await self._let_go()
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        """Stops at once; what has no words yet is dropped."""
        await self._let_go()
        await super().cancel(frame)

    async def cleanup(self) -> None:
        """Ends what still runs."""
        await self._let_go()
        await super().cleanup()

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Yields nothing: transcripts come as utterances end."""
        return
        yield

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Begins and ends utterances where the VAD says so, after passing its frames on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStartedSpeakingFrame) and self._room and not self._now:
            self._now = self._begin(self._room)
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._now:
            ended, self._now = self._now, None
            await self._end(ended)

    async def process_audio_frame(
        self, frame: InputAudioRawFrame, direction: FrameDirection
    ) -> None:
        """Takes in sound at any rate."""
        if self.is_muted or not self.is_usable:
            self._drop()
            return
        self._user_id = frame.user_id if isinstance(frame, UserAudioRawFrame) else ""
        if self._room is None or self._room.rate != frame.sample_rate:
            self._room = Room(frame.sample_rate, kept_s=KEPT_S)
            self._drop()
        if self._now is None:
            self._room.add(frame.audio)
        else:
            await self._grow(self._now, frame.audio)

    def _drop(self) -> None:
        dropped, self._now = self._now, None
        if dropped:
            self._forget(dropped)

    async def _end(self, part: P) -> None:
        try:
            self._over.put_nowait(part)
        except asyncio.QueueFull:
            self._forget(part)
            says = f"{MOST_UTTERANCES} utterances wait for their words already"
            await self._say_lost(part, Overloaded(says))

    async def _finish_each(self) -> None:
        while (part := await self._over.get()) is not None:
            try:
                text = await self._finish(part)
            except SpeechFailure as failure:
                await self._say_lost(part, failure)
                continue
            await self._say(text, is_last=part.is_last)

    async def _say(self, text: str, *, is_last: bool) -> None:
        if not text:
            await self.push_frame(HeardNothingFrame())
            return
        now, language = time_now_iso8601(), self._spoken_language
        frame = TranscriptionFrame(text, self._user_id, now, language)
        frame.finalized = is_last
        await self.push_frame(frame)

    async def _say_so_far(self, text: str) -> None:
        now, language = time_now_iso8601(), self._spoken_language
        await self.push_frame(InterimTranscriptionFrame(text, self._user_id, now, language))

    async def _say_lost(self, part: P, failure: SpeechFailure) -> None:
        lost_s = round(part.utterance.voiced_s, 2)
        says = str(failure)
        await self.push_frame(SpeechFailedFrame("hearing", failure.why, says, lost_s=lost_s))
        await self.push_error(f"{lost_s} s of speech were not understood: {failure}")
