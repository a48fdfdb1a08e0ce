"""Text to speech: any voice as a service of Pipecat, with a tone, a time limit and a stock."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

import numpy as np
from pipecat.frames.frames import Frame, StartFrame, TTSAudioRawFrame, TTSStoppedFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transcriptions.language import Language
from pipecat.utils.types import NOT_GIVEN, NotGiven

from agent_runtime.speech.failures import SpeechFailure
from agent_runtime.speech.frames import SpeechFailedFrame
from agent_runtime.speech.sound import Samples, resample, to_pcm
from agent_runtime.speech.stock import Stock
from agent_runtime.speech.tones import PLAIN, Tone
from agent_runtime.speech.voices import Voice

CHUNK_S = 0.1
_MADE: dict[tuple[str, str], Samples] = {}
"""Sound in reserve, by voice and text, made once a process."""


@dataclass
class SpeakingSettings(TTSSettings):
    """What may change in a call, with a `TTSUpdateSettingsFrame`.

    Parameters:
        tone: How the next sentences are said.
    """

    tone: Tone | NotGiven = field(default_factory=lambda: NOT_GIVEN)


class SpeakingService(TTSService):
    """Speaks each sentence as soon as it is whole; an interruption stops voice and sound.

    A voice that does not begin in time, or breaks in a sentence, gives a `SpeechFailedFrame`
    upstream that holds what was and was not spoken, and an error; the next sentence is tried
    again.
    """

    Settings = SpeakingSettings
    _settings: SpeakingSettings

    def __init__(
        self, voice: Voice, *, language: Language, limit_s: float, stock: Stock | None = None
    ) -> None:
        settings = SpeakingSettings(model=voice.name, voice=None, language=language, tone=PLAIN)
        super().__init__(
            settings=settings,
            push_start_frame=True,
            push_stop_frames=True,
            # The voice keeps its own time; Pipecat would end a sentence that is only late.
            stop_frame_timeout_s=2 * limit_s + 1,
            max_consecutive_zero_audio_contexts=0,
        )
        self._voice = voice
        self.stock = stock or Stock()
        """What may be kept as sound."""
        self._maker, self._in_reserve = voice, ()
        self._makes_reserve = False
        self._making: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None

    def hold_in_reserve(self, *texts: str, like: "SpeakingService") -> None:
        """Has the sound of these made once a voice has spoken, for when none does any more.

        Args:
            texts: Sentences without a name and a fact, each as it is given to the voice.
            like: Whose voice says them, and makes them.
        """
        self._maker, self._in_reserve = like._maker, texts
        self._makes_reserve = like is self

    def can_generate_metrics(self) -> bool:
        """Returns True: latencies are measured."""
        return True

    async def start(self, frame: StartFrame) -> None:
        """Starts, and loads the voice where no call has done so."""
        await super().start(frame)
        self._warming = self.create_task(self._warm())

    async def cleanup(self) -> None:
        """Ends what still runs."""
        tasks = self._warming, self._making
        self._warming = self._making = None
        for task in filter(None, tasks):
            await self.cancel_task(task)
        await super().cleanup()

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Yields the sound of a text in chunks of 100 ms, at the rate of the pipeline."""
        tone = self._settings.tone
        tone = tone if isinstance(tone, Tone) else PLAIN
        await self.start_tts_usage_metrics(text)
        spoken: list[str] = []
        is_silent = True
        try:
            async with (
                aclosing(self._sounds(text, tone, spoken)) as sounds,
                aclosing(self._at_rate(sounds)) as chunks,
            ):
                async for chunk in chunks:
                    is_silent = False
                    await self.stop_ttfb_metrics()
                    yield TTSAudioRawFrame(
                        to_pcm(chunk), self.sample_rate, 1, context_id=context_id
                    )
            if self._makes_reserve:
                # Not before: nothing is to make our first words late.
                self._makes_reserve = False
                self._making = self.create_task(self._make_reserve())
        except SpeechFailure as failure:
            await self._say_failed(failure, text, " ".join(spoken))
            if is_silent and self.audio_context_available(context_id):
                # What follows would wait behind a sentence that never comes.
                await self.append_to_audio_context(
                    context_id, TTSStoppedFrame(context_id=context_id)
                )
                await self.remove_audio_context(context_id)
        finally:
            await self.stop_ttfb_metrics()

    async def _sounds(
        self, text: str, tone: Tone, spoken: list[str]
    ) -> AsyncGenerator[Samples, None]:
        """Yields a text's sound from the stock or the voice, and notes what has been spoken."""
        reserved = _MADE.get((self._maker.name, text)) if text in self._in_reserve else None
        if reserved is not None:
            yield resample(reserved, self._maker.rate, self._voice.rate)
            return
        if kept := self.stock.find(text, tone):
            for sound in kept:
                yield sound
            return
        sounds: list[Samples] = []
        async with aclosing(self._voice.speak(text, tone)) as pieces:
            async for piece, sound in pieces:
                sounds.append(sound)
                if piece:
                    spoken.append(piece)
                yield sound
        self.stock.keep(text, tone, tuple(sounds))

    async def _at_rate(
        self, sounds: AsyncGenerator[Samples, None]
    ) -> AsyncGenerator[Samples, None]:
        import soxr

        stream = soxr.ResampleStream(self._voice.rate, self.sample_rate, 1, dtype="float32")
        size = int(CHUNK_S * self.sample_rate)
        async for sound in sounds:
            ready = stream.resample_chunk(sound)
            for start in range(0, len(ready), size):
                yield ready[start : start + size]
        rest = stream.resample_chunk(np.zeros(0, np.float32), last=True)
        if len(rest):
            yield rest

    async def _say_failed(self, failure: SpeechFailure, text: str, spoken: str) -> None:
        words = text.split()
        unspoken = " ".join(words[len(spoken.split()) :])
        frame = SpeechFailedFrame(
            "speaking", failure.why, str(failure), spoken=spoken, unspoken=unspoken
        )
        await self.push_frame(frame, FrameDirection.UPSTREAM)
        await self.push_error(f"{len(unspoken)} characters were not spoken: {failure}")

    async def _warm(self) -> None:
        try:
            await self._voice.warm()
        except SpeechFailure as failure:
            await self.push_error(str(failure))

    async def _make_reserve(self) -> None:
        with suppress(SpeechFailure):
            for text in self._in_reserve:
                if (key := (self._maker.name, text)) not in _MADE:
                    async with aclosing(self._maker.speak(text, PLAIN)) as pieces:
                        _MADE[key] = np.concatenate([sound async for _, sound in pieces])
