"""Hearing that notices another language, hears the sentence anew in it, and goes on in it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from pipecat.frames.frames import StartFrame
from pipecat.transcriptions.language import Language

from agent_runtime.speech.asked_languages import asked_language
from agent_runtime.speech.decoders import RATE, Words
from agent_runtime.speech.failures import SpeechFailure
from agent_runtime.speech.frames import HeardAnewFrame, HeardOtherwiseFrame, LanguageHeardFrame
from agent_runtime.speech.hearing import Ear, Hearing, HearingService
from agent_runtime.speech.language_watch import LEAST_S, LanguageWatch
from agent_runtime.speech.sound import Samples
from agent_runtime.speech.turn_sound import Said, TurnSound

_ENOUGH_S = 4.0
"""More sound than this tells a language no better."""
_WORD_S = 0.4
"""Voice that is shorter is not asked about: a breath, a "yes"."""
_FRESH = 0.5
"""A clue stands for the whole utterance if no more than this, in seconds or of it, was added."""
_DOUBT = 0.25
"""Of a sentence's sound; it is then read in that language as well."""
_WAITS_S = 1.0
"""How long the words of an utterance wait to be told their language."""
_MOST_WEIGHED = 2
"""Languages in which a doubtful turn is read, beside that of the call."""

Weigh = Callable[[Samples, str], Awaitable[Words]]
Identify = Callable[[Samples], Awaitable[Mapping[str, float]]]


@dataclass(slots=True)
class _Clue:
    """What the sound of a turn says of its language, up to a moment of the utterance."""

    until_s: float
    shares: asyncio.Task[Mapping[str, float]]


class SwitchingHearing(HearingService):
    """Hears one language and notices others.

    While they speak their language is told by the sound, apart from the words; nothing waits for
    it unless it comes late. Parts between which they paused shortly are told together: one alone
    may be too short. What was said in another language is decoded anew in it, from the beginning
    of them, so that nothing of it is lost; `LanguageHeardFrame` and, where earlier words were
    misheard, `HeardAnewFrame` go before its transcript.

    Args:
        ears: What decodes, by language of two letters; the call may go on in these.
        readers: What decodes further languages, for a sentence that is only read.
        watch: Knows the language of the call.
        identify: Tells languages apart by 16 kHz samples.
        weigh: Says what 16 kHz samples would be in a language, and how well they fit it; without
            it the sound alone decides.
    """

    def __init__(
        self,
        ears: Mapping[str, Ear],
        watch: LanguageWatch,
        identify: Identify,
        *,
        readers: Mapping[str, Ear] = MappingProxyType({}),
        weigh: Weigh | None = None,
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
        self._readers, self._weigher = readers, weigh
        self._clues: dict[int, _Clue] = {}
        self._sounds = TurnSound()
        self._beside: set[asyncio.Task[None]] = set()

    @property
    def likely(self) -> frozenset[str]:
        """Languages that this person is known, or likely, to speak."""
        return self._watch.known

    def expect(self, languages: frozenset[str], *, there: frozenset[str] = frozenset()) -> None:
        """Takes note of languages that this person is known, or likely, to speak.

        Args:
            languages: The person's own, and that of their country.
            there: What many others speak in that country.
        """
        self._watch.known, self._watch.there = languages, there

    def preload(self, language: str) -> None:
        """Loads what hears a language, so that nobody waits for it once it is spoken."""
        if ear := self._ears.get(language):
            self._go_aside(self._load(ear))

    async def start(self, frame: StartFrame) -> None:
        """Starts, and loads what tells languages: who speaks another one does so at once."""
        await super().start(frame)
        self._go_aside(self._load_telling())

    def go_on_in(self, language: str) -> None:
        """Hears another language from the next utterance on; one without an ear is left."""
        if language in self._ears and language != self._watch.language:
            self._watch.go_on_in(language)
            self._engines, self._spoken_language = self._ears[language], Language(language)

    async def cleanup(self) -> None:
        """Ends what still runs."""
        clues, self._clues = self._clues, {}
        for task in (*self._beside, *(clue.shares for clue in clues.values())):
            await self.cancel_task(task)
        await super().cleanup()

    def _go_aside(self, work: Any) -> None:
        task = self.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _load(self, ear: Ear) -> None:
        try:
            await ear.warm()
        except SpeechFailure as failure:
            await self.push_error(str(failure))

    async def _load_telling(self) -> None:
        await self._tell(np.zeros(RATE, np.float32))

    # What language it is

    def _decode_early(self, hearing: Hearing) -> None:
        self._sounds.begin(hearing)
        self._ask_language(hearing)
        super()._decode_early(hearing)

    async def _end(self, part: Hearing) -> None:
        self._sounds.end(part)
        await super()._end(part)

    def _ask_language(self, hearing: Hearing) -> None:
        """Asks once enough was said, and again as soon as they fall quiet."""
        voiced_s, known = hearing.utterance.voiced_s, self._clues.get(id(hearing))
        until_s = min(voiced_s, _ENOUGH_S)
        if voiced_s < _WORD_S or (voiced_s < LEAST_S and not hearing.is_quiet):
            return
        if known and until_s - known.until_s < _FRESH * min(1.0, known.until_s):
            return
        if known is None or (hearing.is_quiet and known.shares.done()):
            asked = self.create_task(self._tell(self._sounds.telling(hearing, most_s=_ENOUGH_S)))
            self._clues[id(hearing)] = _Clue(until_s, asked)

    async def _tell(self, sound: Samples) -> Mapping[str, float]:
        try:
            return await self._identify(sound)
        except SpeechFailure as failure:
            await self.push_error(f"no language was told by sound: {failure}")
            return {}

    # What was said

    async def _finish(self, part: Hearing) -> str:
        whole, is_more = self._sounds.whole(part), self._sounds.before(part).voiced_s > 0
        self._ask_language(part)
        clue = self._clues.pop(id(part), None)
        self._sounds.forget(part)
        shares = await self._told(clue, whole) if clue else {}
        found = self._watch.heard(shares, voiced_s=whole.voiced_s, is_more=is_more)
        words = await self._weigh(whole.sound, shares, found) if self._weigher else {}
        if words:
            fits = {one: found.fit for one, found in words.items()}
            found = self._watch.weighed(shares, fits, voiced_s=whole.voiced_s)
        if found:
            return await self._in_other(whole, found, shares, is_more=is_more)
        otherwise = _likeliest(words, self._watch.language) if words else None
        if otherwise is None:
            otherwise = await self._otherwise(whole.sound, shares)
        text = await super()._finish(part)
        if otherwise is not None:
            await self.push_frame(otherwise)
        asked = asked_language(text)
        if asked and asked != self._watch.language:
            await self._say_language(asked, shares, is_asked=True)
            self.go_on_in(asked)
        return text

    async def _weigh(
        self, sound: Samples, shares: Mapping[str, float], found: str
    ) -> dict[str, Words]:
        """Returns what a doubtful turn would be in the likeliest languages and that of the call.

        The sound alone takes much Spanish for English. It costs a decode a language, so it is asked
        only where another one is found or likely.
        """
        here = self._watch.language
        likely = [one for one, share in shares.items() if share >= _DOUBT or one == found]
        others = sorted({*likely} - {here}, key=lambda one: -shares.get(one, 0.0))[:_MOST_WEIGHED]
        if not others or self._weigher is None:
            return {}
        try:
            asked = (here, *others)
            words = await asyncio.gather(*(self._weigher(sound, one) for one in asked))
        except SpeechFailure as failure:
            await self.push_error(f"a sentence was not read in {', '.join(others)}: {failure}")
            return {}
        return dict(zip(asked, words, strict=True))

    async def _told(self, clue: _Clue, whole: Said) -> Mapping[str, float]:
        """Returns the shares; what comes late still counts where it is read as a stop."""
        done, _ = await asyncio.wait([clue.shares], timeout=_WAITS_S)
        if done:
            return clue.shares.result()
        self._go_aside(self._read_late(clue, whole.sound))
        return {}

    async def _read_late(self, clue: _Clue, sound: Samples) -> None:
        if otherwise := await self._otherwise(sound, await clue.shares):
            await self.push_frame(otherwise)

    async def _otherwise(
        self, sound: Samples, shares: Mapping[str, float]
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
            text = await self._decode_sound(sound, RATE, reader)
        except SpeechFailure as failure:
            await self.push_error(f"a sentence was not read in {language}: {failure}")
            return None
        return HeardOtherwiseFrame(text, language)

    async def _in_other(
        self, whole: Said, found: str, shares: Mapping[str, float], *, is_more: bool
    ) -> str:
        """Returns the words of a turn so far, heard anew in the language that it is in."""
        await self._say_language(found, shares, is_asked=False)
        reader = self._ears.get(found) or self._readers.get(found) or self._engines
        if found in self._ears:
            self.go_on_in(found)
        else:
            self._watch.go_on_in(self._watch.language)
        text = await self._decode_sound(whole.sound, RATE, reader)
        if is_more and text:
            await self.push_frame(HeardAnewFrame())
        return text

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


def _likeliest(words: Mapping[str, Words], here: str) -> HeardOtherwiseFrame | None:
    """Returns the words in the other language that they fit best."""
    others = [one for one in words if one != here]
    best = max(others, key=lambda one: words[one].fit)
    return HeardOtherwiseFrame(words[best].text, best) if words[best].text else None
