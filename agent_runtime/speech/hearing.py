"""Speech to text that decodes while the person speaks, so that little is left to do at the end."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import numpy as np
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

from agent_runtime.speech.decoders import RATE, Decoder
from agent_runtime.speech.engines import Engines, Through
from agent_runtime.speech.failures import SpeechFailure, Why
from agent_runtime.speech.frames import SpeechFailedFrame
from agent_runtime.speech.sound import Samples, resample
from agent_runtime.speech.utterance import Room, Utterance

PAUSE_S = 0.08
"""So much quiet may be the end: what was said so far is decoded before the VAD has decided."""
FIRST_S = 0.3
"""No word is shorter than this, so nothing shorter is decoded before its end."""
LONGEST_S = 20.0
"""An utterance without a pause is cut at its quietest moment, so that memory stays bounded."""
MOST_UTTERANCES = 4
"""Whole utterances that may wait to be decoded."""
_TAIL_S = 0.15
"""Silence put behind what is decoded: Moonshine mishears the ends of sounds that stop short."""
_NOTICED_S = 0.35
"""How long before the VAD's own delay speech may have begun."""
_SHARE = 0.5
"""Of one core at most, for decoding what is not over yet."""
_P99_S = 0.35


@dataclass(frozen=True, slots=True)
class _Decoded:
    """What the first seconds of an utterance say."""

    until_s: float
    text: str


class Hearing:
    """One utterance and what is known of its words so far."""

    def __init__(self, utterance: Utterance) -> None:
        self.utterance = utterance
        self.is_last = True
        self.known = _Decoded(0.0, "")
        self.running: asyncio.Task[_Decoded | SpeechFailure] | None = None
        self.running_until_s = 0.0
        self.next_at = 0.0

    @property
    def is_quiet(self) -> bool:
        """Whether they may have finished."""
        return self.utterance.length_s - self.utterance.voiced_s >= PAUSE_S


class HearingService(STTService):
    """Decodes the growing utterance every few hundred milliseconds and as soon as it falls quiet.

    Interim transcripts follow each decode. The final one is that of the last decode if this
    covered all that is voiced, otherwise a decode of the whole utterance. An utterance that cannot
    be decoded in time is lost and said to be, with `SpeechFailedFrame` and an error; the next one
    is heard as usual. An interruption drops nothing, since it is what the person is saying.
    """

    def __init__(
        self,
        engines: Engines[Decoder] | Through[Any, Decoder],
        *,
        language: Language,
        model: str,
        interim_s: float,
        limit_s: float,
    ) -> None:
        super().__init__(
            settings=STTSettings(model=model, language=language), ttfs_p99_latency=_P99_S
        )
        self._engines = engines
        self._spoken_language = language
        self._interim_s = interim_s
        self._limit_s = limit_s
        self._room: Room | None = None
        self._now: Hearing | None = None
        self._over: asyncio.Queue[Hearing | None] = asyncio.Queue(MOST_UTTERANCES)
        self._finishing: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._early: set[asyncio.Task[_Decoded | SpeechFailure]] = set()

    def can_generate_metrics(self) -> bool:
        """Returns True: latencies are measured."""
        return True

    async def start(self, frame: StartFrame) -> None:
        """Starts, and loads the model where no call has done so."""
        await super().start(frame)
        self._finishing = self.create_task(self._finish_each())
        self._warming = self.create_task(self._warm())

    async def stop(self, frame: EndFrame) -> None:
        """Decodes what was said, then stops."""
        if self._finishing:
            await self._over.put(None)
            await self._finishing
            self._finishing = None
        await self._let_go()
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        """Stops at once; what was not decoded is dropped."""
        await self._let_go()
        await super().cancel(frame)

    async def cleanup(self) -> None:
        """Ends what still runs."""
        await self._let_go()
        await super().cleanup()

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Yields nothing: transcripts come from `process_audio_frame` and the end of speech."""
        return
        yield

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Begins and ends utterances where the VAD says so, after passing its frames on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStartedSpeakingFrame) and self._room and not self._now:
            self._now = Hearing(self._room.begin())
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._now:
            ended, self._now = self._now, None
            await self._end(ended)

    async def process_audio_frame(
        self, frame: InputAudioRawFrame, direction: FrameDirection
    ) -> None:
        """Takes in sound at any rate; decodes where it is time to."""
        if self.is_muted or not self.is_usable:
            self._now = None
            return
        self._user_id = frame.user_id if isinstance(frame, UserAudioRawFrame) else ""
        if self._room is None or self._room.rate != frame.sample_rate:
            self._room = Room(frame.sample_rate, kept_s=0.2 + _NOTICED_S)
            self._now = None
        if self._now is None:
            self._room.add(frame.audio)
            return
        self._now.utterance.add(frame.audio)
        if self._now.utterance.length_s > LONGEST_S:
            await self._split(self._now)
        self._decode_early(self._now)

    def _decode_early(self, hearing: Hearing) -> None:
        """Decodes what is there if it may be all, or if some time has passed since the last."""
        if hearing.running and not hearing.running.done():
            return
        voiced_s = hearing.utterance.voiced_s
        reached_s = max(hearing.known.until_s, hearing.running_until_s)
        if voiced_s <= reached_s or voiced_s < FIRST_S:
            return
        if hearing.is_quiet or time.monotonic() >= hearing.next_at:
            hearing.running_until_s = hearing.utterance.length_s
            hearing.running = self.create_task(self._decode_so_far(hearing))
            self._early.add(hearing.running)
            hearing.running.add_done_callback(self._early.discard)

    async def _decode_so_far(self, hearing: Hearing) -> _Decoded | SpeechFailure:
        began = time.monotonic()
        until_s = hearing.running_until_s
        try:
            text = await self._decode(hearing.utterance, until_s)
        except SpeechFailure as failure:
            # Nothing is lost yet: where the person still speaks, all is decoded at the end.
            hearing.running_until_s = hearing.known.until_s
            hearing.next_at = time.monotonic() + self._interim_s
            return failure
        took_s = time.monotonic() - began
        hearing.next_at = began + max(self._interim_s, took_s / _SHARE)
        is_news = text and text != hearing.known.text
        hearing.known = _Decoded(until_s, text)
        if hearing is self._now:
            hearing.running = None
            if is_news:
                now = time_now_iso8601()
                language = self._spoken_language
                await self.push_frame(InterimTranscriptionFrame(text, self._user_id, now, language))
            self._decode_early(hearing)
        return hearing.known

    async def _decode(self, utterance: Utterance, until_s: float) -> str:
        return await self._decode_sound(utterance.samples(until_s), utterance.rate, self._engines)

    async def _decode_sound(
        self, sound: Samples, rate: int, engines: Engines[Decoder] | Through[Any, Decoder]
    ) -> str:
        padded = np.pad(sound, (0, int(_TAIL_S * rate)))
        return await engines.run(
            lambda decoder: decoder.decode(resample(padded, rate, RATE)), limit_s=self._limit_s
        )

    async def _split(self, hearing: Hearing) -> None:
        self._now = Hearing(hearing.utterance.cut(within_s=LONGEST_S / 5))
        hearing.is_last = False
        await self._end(hearing)

    async def _end(self, hearing: Hearing) -> None:
        try:
            self._over.put_nowait(hearing)
        except asyncio.QueueFull:
            says = f"{MOST_UTTERANCES} utterances wait to be decoded already"
            await self._say_lost(hearing, "overloaded", says)

    async def _finish_each(self) -> None:
        while (hearing := await self._over.get()) is not None:
            try:
                text = await self._finish(hearing)
            except SpeechFailure as failure:
                await self._say_lost(hearing, failure.why, str(failure))
                continue
            if text:
                frame = TranscriptionFrame(
                    text, self._user_id, time_now_iso8601(), self._spoken_language
                )
                frame.finalized = hearing.is_last
                await self.push_frame(frame)

    async def _finish(self, hearing: Hearing) -> str:
        """Returns the words of an utterance that is over."""
        voiced_s = hearing.utterance.voiced_s
        if voiced_s == 0:
            return ""
        running = hearing.running
        if running and hearing.running_until_s >= voiced_s > hearing.known.until_s:
            decoded = await running
            if isinstance(decoded, SpeechFailure):
                raise decoded
            return decoded.text
        if hearing.known.until_s >= voiced_s:
            return hearing.known.text
        return await self._decode(hearing.utterance, hearing.utterance.length_s)

    async def _say_lost(self, hearing: Hearing, why: Why, detail: str) -> None:
        lost_s = round(hearing.utterance.voiced_s, 2)
        await self.push_frame(SpeechFailedFrame("hearing", why, detail, lost_s=lost_s))
        await self.push_error(f"{lost_s} s of speech were not understood: {detail}")

    async def _warm(self) -> None:
        try:
            await self._engines.warm()
        except SpeechFailure as failure:
            await self.push_error(str(failure))

    async def _let_go(self) -> None:
        tasks = [self._finishing, self._warming, *self._early]
        self._finishing = self._warming = self._now = None
        for task in tasks:
            if task:
                await self.cancel_task(task)
