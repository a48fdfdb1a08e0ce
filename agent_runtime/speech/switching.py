"""Hearing that notices another language, hears the sentence anew in it, and goes on in it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pipecat.transcriptions.language import Language

from agent_runtime.speech.asked_languages import asked_language
from agent_runtime.speech.decoders import RATE, Decoder
from agent_runtime.speech.engines import Engines, Through
from agent_runtime.speech.failures import SpeechFailure
from agent_runtime.speech.frames import HeardOtherwiseFrame, LanguageHeardFrame
from agent_runtime.speech.hearing import Hearing, HearingService
from agent_runtime.speech.language_watch import LEAST_S, LanguageWatch
from agent_runtime.speech.sound import Samples, resample

_ENOUGH_S = 4.0
"""More sound than this tells a language no better."""
_FRESH_S = 0.5
"""A clue stands for the whole utterance if no more than this was added."""
_DOUBT = 0.25
"""Of a sentence's sound; it is then read in that language as well."""
_WAITS_S = 1.0
"""How long the words of an utterance wait to be told their language."""

Ear = Engines[Decoder] | Through[Any, Decoder]
Identify = Callable[[Samples], Awaitable[Mapping[str, float]]]


@dataclass(slots=True)
class _Clue:
    """What the sound of an utterance says of its language, up to a moment."""

    until_s: float
    shares: asyncio.Task[Mapping[str, float]]


class SwitchingHearing(HearingService):
    """Hears one language and notices others.

    While they speak their language is told by the sound, apart from the words; nothing waits for
    it unless it comes late. A sentence in another language is decoded anew in that language, so
    that nothing of it is lost, and `LanguageHeardFrame` goes before its transcript.

    Args:
        ears: What decodes, by language of two letters; the call may go on in these.
        readers: What decodes further languages, for a sentence that is only read.
        watch: Knows the language of the call.
        identify: Tells languages apart by 16 kHz samples.
    """

    def __init__(
        self,
        ears: Mapping[str, Ear],
        watch: LanguageWatch,
        identify: Identify,
        *,
        readers: Mapping[str, Ear] = MappingProxyType({}),
        model: str,
        interim_s: float,
        limit_s: float,
    ) -> None:
        super().__init__(
            ears[watch.language],
            language=Language(watch.language),
            model=model,
            interim_s=interim_s,
            limit_s=limit_s,
        )
        self._ears, self._watch, self._identify = ears, watch, identify
        self._readers = readers
        self._clues: dict[int, _Clue] = {}
        self._loading: set[asyncio.Task[None]] = set()

    @property
    def likely(self) -> frozenset[str]:
        """Languages that this person is known, or likely, to speak."""
        return self._watch.known

    def expect(self, languages: frozenset[str]) -> None:
        """Takes note of languages that this person is known, or likely, to speak."""
        self._watch.known = languages

    def preload(self, language: str) -> None:
        """Loads what hears a language, so that nobody waits for it once it is spoken."""
        if ear := self._ears.get(language):
            task = self.create_task(self._load(ear))
            self._loading.add(task)
            task.add_done_callback(self._loading.discard)

    async def _load(self, ear: Ear) -> None:
        try:
            await ear.warm()
        except SpeechFailure as failure:
            await self.push_error(str(failure))

    def go_on_in(self, language: str) -> None:
        """Hears another language from the next utterance on; one without an ear is left."""
        if language in self._ears and language != self._watch.language:
            self._watch.go_on_in(language)
            self._engines, self._spoken_language = self._ears[language], Language(language)

    async def cleanup(self) -> None:
        """Ends what still runs."""
        clues, self._clues = self._clues, {}
        for task in (*self._loading, *(clue.shares for clue in clues.values())):
            await self.cancel_task(task)
        await super().cleanup()

    def _decode_early(self, hearing: Hearing) -> None:
        self._ask_language(hearing)
        super()._decode_early(hearing)

    def _ask_language(self, hearing: Hearing) -> None:
        """Asks once enough was said, and again as soon as they fall quiet."""
        voiced_s, known = hearing.utterance.voiced_s, self._clues.get(id(hearing))
        until_s = min(voiced_s, _ENOUGH_S)
        if voiced_s < LEAST_S or (known and until_s - known.until_s < _FRESH_S):
            return
        if known is None or (hearing.is_quiet and known.shares.done()):
            sound, rate = hearing.utterance.samples(voiced_s), hearing.utterance.rate
            asked = self.create_task(self._tell(sound, rate))
            self._clues[id(hearing)] = _Clue(until_s, asked)

    async def _tell(self, sound: Samples, rate: int) -> Mapping[str, float]:
        try:
            return await self._identify(resample(sound[: int(_ENOUGH_S * rate)], rate, RATE))
        except SpeechFailure as failure:
            await self.push_error(f"no language was told by sound: {failure}")
            return {}

    async def _finish(self, hearing: Hearing) -> str:
        voiced_s = hearing.utterance.voiced_s
        self._ask_language(hearing)
        clue = self._clues.pop(id(hearing), None)
        shares = await self._told(clue) if clue else {}
        if found := self._watch.heard(shares, voiced_s=voiced_s):
            return await self._in_other(hearing, found, shares)
        otherwise = await self._otherwise(hearing, shares)
        text = await super()._finish(hearing)
        if otherwise is not None:
            await self.push_frame(otherwise)
        asked = asked_language(text)
        if asked and asked != self._watch.language:
            await self._say_language(asked, shares, is_asked=True)
            self.go_on_in(asked)
        return text

    async def _otherwise(
        self, hearing: Hearing, shares: Mapping[str, float]
    ) -> HeardOtherwiseFrame | None:
        """Returns what it would be in another language, where that is likely enough to heed.

        It costs one more decode, so it is asked of doubtful sentences only.
        """
        others = {one: share for one, share in shares.items() if one != self._watch.language}
        language = max(others, key=lambda one: others[one], default="")
        reader = self._ears.get(language) or self._readers.get(language)
        if reader is None or others[language] < _DOUBT:
            return None
        try:
            said = hearing.utterance
            text = await self._decode(said, said.length_s, reader)
        except SpeechFailure as failure:
            await self.push_error(f"a sentence was not read in {language}: {failure}")
            return None
        return HeardOtherwiseFrame(text, language)

    async def _told(self, clue: _Clue) -> Mapping[str, float]:
        done, _ = await asyncio.wait([clue.shares], timeout=_WAITS_S)
        return clue.shares.result() if done else {}

    async def _in_other(self, hearing: Hearing, found: str, shares: Mapping[str, float]) -> str:
        """Returns the words of a sentence, heard anew in the language that it is in."""
        await self._say_language(found, shares, is_asked=False)
        if found not in self._ears:
            self._watch.go_on_in(self._watch.language)
            return await self._read(hearing, found)
        self.go_on_in(found)
        return await self._decode(hearing.utterance, hearing.utterance.length_s)

    async def _read(self, hearing: Hearing, language: str) -> str:
        """Returns the words of a sentence in a language in which the call does not go on."""
        said, reader = hearing.utterance, self._readers.get(language)
        return await self._decode(said, said.length_s, reader)

    async def _say_language(
        self, language: str, shares: Mapping[str, float], *, is_asked: bool
    ) -> None:
        ear = self._ears.get(language)
        await self.push_frame(
            LanguageHeardFrame(
                language,
                is_led=ear is not None,
                is_asked=is_asked,
                is_ready=ear is None or ear.is_loaded,
                share=round(shares.get(language, 0.0), 3),
            )
        )
