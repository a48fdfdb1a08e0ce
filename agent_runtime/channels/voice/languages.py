"""The languages of one call: which ones it may go on in, what hears and speaks them, the change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import phonenumbers
from pipecat.frames.frames import ControlFrame, Frame, StartFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transcriptions.language import Language

from agent_runtime.channels.voice.events import LanguageHeard
from agent_runtime.domain import Contact
from agent_runtime.library.content import LOCALES
from agent_runtime.settings import Settings
from agent_runtime.speech.frames import LanguageHeardFrame
from agent_runtime.speech.language_watch import LanguageWatch
from agent_runtime.speech.languages import NoAssets, assets, what_is_missing
from agent_runtime.speech.nemo.offers import offers
from agent_runtime.speech.services import (
    decoders_for,
    language_shares_of_sound,
    spare_voice_for,
    voice_for,
    words_of_sound,
)
from agent_runtime.speech.speaking import SpeakingService
from agent_runtime.speech.switching import SwitchingHearing
from agent_runtime.speech.voices import Voice
from agent_runtime.words import read_words


@dataclass
class CallLanguageFrame(ControlFrame):
    """The call goes on in another language."""

    language: str = ""
    interruptible: bool = field(default=False, init=False)


def led_languages(language: str, settings: Settings) -> frozenset[str]:
    """Returns in which languages a call may go on that begins in one.

    The company has to have named a language, in `PARLEY_VOICE_LANGUAGES`, and something has to
    hear and to speak it. The language that it begins in has been settled before.
    """
    named = {one for one in LOCALES if one in settings.voice_languages}
    return frozenset({language, *(one for one in named if assets(one).is_whole)})


def voices_of(language: str, settings: Settings) -> dict[str, FrameProcessor]:
    """Returns what speaks in a call that begins in a language, and `spare`, of another program.

    Empty where nothing speaks the language. Each speaks all our languages that it can, so that
    there are words of goodbye also in one in which no call is led.
    """
    found = {one: voice_for(one, settings) for one in LOCALES}
    main = {one: voice for one, voice in found.items() if not isinstance(voice, NoAssets)}
    if language not in main:
        return {}
    voices: dict[str, FrameProcessor] = {language: CallVoice(main, language, settings)}
    others = {one: spare_voice_for(one, settings) for one in LOCALES}
    spare = {one: voice for one, voice in others.items() if voice is not None}
    if language in spare:
        voices["spare"] = CallVoice(spare, language, settings)
    return voices


def spoken_by(voices: Mapping[str, FrameProcessor]) -> frozenset[str]:
    """Returns every language that some voice speaks."""
    own = (v.languages for v in voices.values() if isinstance(v, CallVoice))
    return frozenset(voices).union(*own)


def ears_of(language: str, settings: Settings) -> "CallHearing | None":
    """Returns what hears a call and notices other languages; None where nothing tells them.

    A language that the speech server hears is left to it, and no other one is noticed then.
    """
    if offers(settings).has(language, "hearing"):
        return None
    if what_is_missing(language, "hearing") or what_is_missing("es", "hearing"):
        return None
    limit_s, led = settings.speech_hearing_limit_s, led_languages(language, settings)
    return CallHearing(
        {one: decoders_for(one) for one in led},
        LanguageWatch(language, led),
        lambda sound: language_shares_of_sound(sound, LOCALES, limit_s=limit_s),
        weigh=lambda sound, one: words_of_sound(sound, one, limit_s=limit_s),
        readers={one: decoders_for(one) for one in LOCALES if one not in led},
        model=assets(language).hearing,
        interim_s=settings.speech_interim_s,
        limit_s=limit_s,
    )


class CallHearing(SwitchingHearing):
    """The ear of a call: it also follows the call where that changes its language by itself."""

    async def start(self, frame: StartFrame) -> None:
        """Starts; a language in which the call is likely to go on is loaded before it does."""
        await super().start(frame)
        for language in self.likely:
            self.preload(language)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Hears what the call goes on in."""
        await super().process_frame(frame, direction)
        if isinstance(frame, CallLanguageFrame):
            self.go_on_in(frame.language)


class CallVoice(SpeakingService):
    """The voice of a call, which goes on in another language where the call does."""

    def __init__(self, voices: Mapping[str, Voice], language: str, settings: Settings) -> None:
        super().__init__(
            voices[language],
            language=Language(language),
            limit_s=settings.speech_speaking_limit_s,
        )
        self._voices = voices

    @property
    def languages(self) -> frozenset[str]:
        """What it speaks."""
        return frozenset(self._voices)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Speaks what comes behind a change in the other language."""
        if isinstance(frame, CallLanguageFrame) and frame.language in self._voices:
            self._voice = self._voices[frame.language]
        await super().process_frame(frame, direction)


def expect(ears: Mapping[str, FrameProcessor], contact: Contact, number: str) -> None:
    """Tells the ear of a call which languages the person is known, or likely, to speak."""
    country = _country_of(number) or contact.country
    likely = frozenset({contact.language[:2].lower(), *_spoken_in(country, "countries_spoken")})
    there = _spoken_in(country, "countries_also_spoken")
    for ear in ears.values():
        if isinstance(ear, CallHearing):
            ear.expect(likely - {""}, there=there)


def _country_of(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def _spoken_in(country: str, words: str) -> frozenset[str]:
    """Returns those of our languages that most, or many, people of a country speak."""
    spoken = read_words(words)
    return frozenset(one for one, places in spoken.items() if country in places.split())


def language_heard(frame: LanguageHeardFrame, now: datetime) -> LanguageHeard:
    """Returns the event that a frame of the ear stands for."""
    return LanguageHeard(
        now,
        frame.language,
        is_led=frame.is_led,
        is_asked=frame.is_asked,
        is_ready=frame.is_ready,
        share=frame.share,
    )
