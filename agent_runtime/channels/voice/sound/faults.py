"""Parts that can be told to fail in a call: a recogniser, a voice, a model of language."""

import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

from agent_runtime.channels.voice.languages import CallVoice
from agent_runtime.channels.voice.pipeline import Speech
from agent_runtime.models.language import Guess, LanguageModel
from agent_runtime.speech.engines import Engines
from agent_runtime.speech.failures import Died
from agent_runtime.speech.hearing import HearingService
from agent_runtime.speech.sound import Samples
from agent_runtime.speech.speaking import SpeakingService
from agent_runtime.speech.tones import Tone
from agent_runtime.speech.voices import Voice


@dataclass(slots=True)
class Faults:
    """What is to fail next."""

    ear_hangs: bool = False
    """Over every sound, until it is told not to."""
    voice_dies_in: int | None = None
    """After so many sentences; whichever voice speaks then."""
    turn_takes_s: float = 0.0


def may_fail(speech: Speech, faults: Faults) -> Speech:
    """Returns the same ears and voices; they fail when told to."""
    for ear in speech.ears.values():
        if isinstance(ear, HearingService):
            ear._engines = _Ears(ear._engines, faults)  # pyright: ignore
    for voice in speech.voices.values():
        if isinstance(voice, SpeakingService):
            voice._voice = _DyingVoice(voice._voice, faults)
        if isinstance(voice, CallVoice):
            voice._voices = {one: _DyingVoice(v, faults) for one, v in voice._voices.items()}
    return speech


class _Ears:
    def __init__(self, engines: Engines[Any], faults: Faults) -> None:
        self._engines, self._faults = engines, faults

    async def warm(self) -> None:
        await self._engines.warm()

    async def run(self, work: Callable[[Any], Any], *, limit_s: float) -> Any:
        if self._faults.ear_hangs:
            return await self._engines.run(lambda _: time.sleep(2 * limit_s), limit_s=limit_s)
        return await self._engines.run(work, limit_s=limit_s)


class _DyingVoice:
    def __init__(self, voice: Voice, faults: Faults) -> None:
        self._voice, self._faults = voice, faults
        self.name, self.rate = voice.name, voice.rate

    async def warm(self) -> None:
        await self._voice.warm()

    async def speak(self, text: str, tone: Tone) -> AsyncGenerator[tuple[str, Samples], None]:
        left = self._faults.voice_dies_in
        if left is not None:
            self._faults.voice_dies_in = left - 1 if left else None
        async for piece, sound in self._voice.speak(text, tone):
            if left == 0:
                yield "", sound[: len(sound) // 2]
                raise Died("the voice died in mid-sentence")
            yield piece, sound


class StallingModel:
    """A model of language that takes as long as it is told to, once."""

    def __init__(self, model: LanguageModel, faults: Faults) -> None:
        self.model, self.faults = model, faults
        self.version, self.abstain_below = model.version, model.abstain_below

    def understand(self, text: str, language: str) -> tuple[Guess, ...]:
        """Returns what the model does, late."""
        takes_s, self.faults.turn_takes_s = self.faults.turn_takes_s, 0.0
        time.sleep(takes_s)
        return self.model.understand(text, language)
