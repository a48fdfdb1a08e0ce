"""What people say beside the matter itself: that they listen, that we wait, yes, no, goodbye."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

from agent_runtime.hearing.sentences import fold
from agent_runtime.words import any_of, read_words

_MARKS = re.compile(r"[^\w\s]|_")

Aside = Literal["listening", "hold", "agrees", "refuses", "sounds", "farewell", "unrecorded", "who"]
_LITERAL = ("listening", "sounds", "farewell")
_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f]")


def is_aside(text: str, aside: Aside, *, language: str) -> bool:
    """Says whether an utterance is this and nothing else; English counts in every language."""
    words = _plain(text)
    return any(_pattern(aside, name).fullmatch(words) for name in {language, "en"})


def joined(pieces: Iterable[str]) -> str:
    """Returns one text: a recogniser ends a sentence with a comma where only a pause was heard."""
    text = ""
    for piece in filter(None, pieces):
        is_new = text.endswith(",") and piece[0].isupper()
        text = f"{text[:-1]}. {piece}" if is_new else f"{text} {piece}".strip()
    return text


def is_no_word(text: str, *, language: str) -> bool:
    """Says whether a recogniser made this of a sound that was no word.

    Of a hum it writes letters of another script; the languages that calls are led in are written
    in Latin ones.
    """
    return not _LETTER.search(text) or is_aside(text, "sounds", language=language)


def holds_aside(text: str, aside: Aside, *, language: str) -> bool:
    """Says whether this is somewhere in an utterance, whatever else it says."""
    words = _plain(text)
    return any(_pattern(aside, name).search(words) for name in {language, "en"})


@cache
def _pattern(aside: Aside, language: str) -> re.Pattern[str]:
    lines = read_words("calls")[aside].get(language, [])
    if aside in _LITERAL:
        lines = [re.escape(_plain(line)) for line in lines]
    one = any_of(lines) if lines else r"(?!)"
    return re.compile(rf"(?:{one})(?: (?:{one}))*" if aside == "farewell" else one)


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub(" ", fold(text)).split())
