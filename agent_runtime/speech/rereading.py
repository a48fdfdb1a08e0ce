"""Whisper as a second ear: it reads what whoever answers has said, as a whole."""

import re
from collections.abc import Awaitable, Callable

from agent_runtime.settings import Settings
from agent_runtime.speech.answer_words import plain
from agent_runtime.speech.decoders import Words
from agent_runtime.speech.languages import NoAssets, what_is_missing
from agent_runtime.speech.services import words_of_sound
from agent_runtime.speech.sound import Samples
from agent_runtime.words import read_words

Reread = Callable[[Samples], Awaitable[str]]
"""Returns what is understood of 16 kHz sound; empty where that is little."""
_EXPECTED = "answers_heard"
_LEAST_FIT, _GOOD_FIT = -0.7, -0.45
"""Words that fit worse than the first are none; below the second, a sentence that was expected word
by word was read into what could not be understood."""


def reread_for(language: str, settings: Settings) -> Reread | None:
    """Returns what reads a language once more; None where Whisper is not installed.

    What it returns raises `SpeechFailure` where the model does not answer in time, or breaks.
    """
    if isinstance(what_is_missing("es", "hearing"), NoAssets):
        return None
    limit_s = settings.speech_hearing_limit_s

    async def reread(sound: Samples) -> str:
        words = await words_of_sound(sound, language, limit_s=limit_s, expected=_EXPECTED)
        return understood(words, language)

    return reread


def understood(words: Words, language: str) -> str:
    """Returns of words, read with `answers_heard` expected, those that were said."""
    if words.fit < _LEAST_FIT:
        return ""
    if words.fit >= _GOOD_FIT:
        return words.text
    expected = {plain(one) for one in _sentences(read_words(_EXPECTED).get(language, ""))}
    return " ".join(one for one in _sentences(words.text) if plain(one) not in expected)


def _sentences(text: str) -> list[str]:
    return re.findall(r"[^.?!]+[.?!]*", text)
