"""Speech to text that decodes while the person speaks, so that little is left to do at the end."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from pipecat.frames.frames import StartFrame
from pipecat.transcriptions.language import Language

from agent_runtime.speech.decoders import RATE, Decoder
from agent_runtime.speech.engines import Engines, Through
from agent_runtime.speech.failures import SpeechFailure
from agent_runtime.speech.listening import LONGEST_S, PAUSE_S, ListeningService
from agent_runtime.speech.sound import Samples, resample
from agent_runtime.speech.utterance import Room, Utterance

FIRST_S = 0.3
"""No word is shorter than this, so nothing shorter is decoded before its end."""
TAIL_S = 0.15
"""Silence put behind what is decoded: Moonshine mishears the ends of sounds that stop short."""
_SHARE = 0.5
"""Of one core at most, for decoding what is not over yet."""
_P99_S = 0.35

Ear = Engines[Decoder] | Through[Any, Decoder]


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


class HearingService(ListeningService[Hearing]):
    """Decodes the growing utterance every few hundred milliseconds and as soon as it falls quiet.

    Interim transcripts follow each decode. The final one is that of the last decode if this
    covered all that is voiced, otherwise a decode of the whole utterance.
    """

    def __init__(
        self,
        engines: Ear,
        *,
        language: Language,
        model: str,
        interim_s: float,
        limit_s: float,
    ) -> None:
        super().__init__(language=language, model=model, p99_s=_P99_S)
        self._engines = engines
        self._interim_s = interim_s
        self._limit_s = limit_s
        self._warming: asyncio.Task[None] | None = None
        self._early: set[asyncio.Task[_Decoded | SpeechFailure]] = set()

    async def start(self, frame: StartFrame) -> None:
        """Starts, and loads the model where no call has done so."""
        await super().start(frame)
        self._warming = self.create_task(self._warm())

    def _begin(self, room: Room) -> Hearing:
        return Hearing(room.begin())

    async def _grow(self, part: Hearing, pcm: bytes) -> None:
        part.utterance.add(pcm)
        if part.utterance.length_s > LONGEST_S:
            rest = self._now = Hearing(part.utterance.cut(within_s=LONGEST_S / 5))
            part.is_last = False
            await self._end(part)
            part = rest
        self._decode_early(part)

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
                await self._say_so_far(text)
            self._decode_early(hearing)
        return hearing.known

    async def _decode(self, utterance: Utterance, until_s: float) -> str:
        return await self._decode_sound(utterance.samples(until_s), utterance.rate, self._engines)

    async def _decode_sound(self, sound: Samples, rate: int, ear: Ear) -> str:
        return await decode(sound, rate, ear, limit_s=self._limit_s)

    async def _finish(self, part: Hearing) -> str:
        voiced_s = part.utterance.voiced_s
        if voiced_s == 0:
            return ""
        running = part.running
        if running and part.running_until_s >= voiced_s > part.known.until_s:
            decoded = await running
            if isinstance(decoded, SpeechFailure):
                raise decoded
            return decoded.text
        if part.known.until_s >= voiced_s:
            return part.known.text
        return await self._decode(part.utterance, part.utterance.length_s)

    async def _warm(self) -> None:
        try:
            await self._engines.warm()
        except SpeechFailure as failure:
            await self.push_error(str(failure))

    async def _let_go(self) -> None:
        warming, self._warming = self._warming, None
        for task in (warming, *self._early):
            if task:
                await self.cancel_task(task)
        await super()._let_go()


async def decode(sound: Samples, rate: int, ear: Ear, *, limit_s: float) -> str:
    """Returns the words of a sound at some rate.

    Raises:
        SpeechFailure: the ear did not answer in time, or broke.
    """
    padded = np.pad(sound, (0, int(TAIL_S * rate)))
    return await ear.run(
        lambda decoder: decoder.decode(resample(padded, rate, RATE)), limit_s=limit_s
    )
