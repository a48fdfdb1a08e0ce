"""Whisper as a second ear: it reads what whoever answers has said, as a whole."""

from collections.abc import Awaitable, Callable

from agent_runtime.settings import Settings
from agent_runtime.speech.decoders import Words
from agent_runtime.speech.languages import NoAssets, what_is_missing
from agent_runtime.speech.services import words_of_sound
from agent_runtime.speech.sound import Samples

Reread = Callable[[Samples], Awaitable[str]]
"""Returns what is understood of 16 kHz sound; empty where that is little."""
_LEAST_FIT = -0.75
"""Words that fit worse are mostly those that were expected, read into noise."""


def reread_for(language: str, settings: Settings) -> Reread | None:
    """Returns what reads a language once more; None where Whisper is not installed.

    What it returns raises `SpeechFailure` where the model does not answer in time, or breaks.
    """
    if isinstance(what_is_missing("es", "hearing"), NoAssets):
        return None
    limit_s = settings.speech_hearing_limit_s

    async def reread(sound: Samples) -> str:
        return understood(
            await words_of_sound(sound, language, limit_s=limit_s, expected="answers_heard")
        )

    return reread


def understood(words: Words) -> str:
    """Returns words that fit the sound well enough."""
    return words.text if words.fit >= _LEAST_FIT else ""
