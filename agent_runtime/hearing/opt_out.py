"""Whether a text asks that contact stop, in any of the six languages."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from agent_runtime.hearing.new_text import message_of, unquoted
from agent_runtime.hearing.phrases import Phrases, Vocabulary
from agent_runtime.hearing.sentences import sentences_of
from agent_runtime.hearing.spelling import Spelling
from agent_runtime.library.content import LOCALES
from agent_runtime.words import read_words


@lru_cache(maxsize=8192)
def is_opt_out(text: str) -> bool:
    """Says whether a text asks that contact stop: a STOP word alone, or the wish in words.

    Only what the writer added is read. Slips of the pen are forgiven where they make the
    difference between a wish to be left alone and none.
    """
    message, own = sentences_of(message_of(text)), sentences_of(unquoted(text))
    if _asks(message, own):
        return True
    return any(
        _asks(spelling.corrected(message), corrected)
        for spelling in _SPELLINGS
        if (corrected := spelling.corrected(own)) != own
    )


def is_stop_word(subject: str) -> bool:
    """Says whether a subject line is nothing but a word that stops contact."""
    said = sentences_of(subject)
    return any(language.alone.fullmatch(language.vocabulary.tagged(said)) for language in _LANGUAGES)


def _asks(message: str, own: str) -> bool:
    sentences = own.split("\n")
    if any(language.is_told_alone(message, sentences) for language in _LANGUAGES):
        return True
    text = "\n".join(s for s in sentences if not any(map(_is_footer(s), _LANGUAGES)))
    return any(language.asks(text) for language in _LANGUAGES)


_SHORT = 60
"""A sentence of more characters says more than one word of command."""


@dataclass(frozen=True, slots=True)
class _Language:
    vocabulary: Vocabulary
    alone: re.Pattern[str]
    alone_in_mail: re.Pattern[str]
    footers: Phrases
    groups: tuple[Phrases, ...]

    def is_told_alone(self, message: str, sentences: Iterable[str]) -> bool:
        """Says whether nothing but a STOP word is the whole message, or a sentence of it."""
        if len(message) < _SHORT and self.alone.fullmatch(self.vocabulary.tagged(message)):
            return True
        short = {s for s in sentences if len(s) < _SHORT}
        short |= {part for s in sentences for part in s.split(", ") if 4 < len(part) < _SHORT}
        return any(self.alone_in_mail.fullmatch(self.vocabulary.tagged(s)) for s in short)

    def asks(self, text: str) -> bool:
        tagged = self.vocabulary.tagged(text)
        return any(group.are_in(tagged) for group in self.groups)


def _is_footer(sentence: str) -> Callable[[_Language], bool]:
    return lambda language: language.footers.are_in(sentence)


def _read(words: dict[str, Any]) -> _Language:
    vocabulary = Vocabulary(words["classes"])
    return _Language(
        vocabulary=vocabulary,
        alone=vocabulary.whole(words["alone"]),
        alone_in_mail=vocabulary.whole(words["alone_in_mail"]),
        footers=vocabulary.phrases([{"phrases": words["footers"]}])[0],
        groups=vocabulary.phrases(words["groups"]),
    )


_FILES = [read_words(f"opt_out/{language}") for language in LOCALES]
_LANGUAGES = [_read(words) for words in _FILES]
_KNOWN = [word for words in _FILES for word in words["spelling"].split()]
_SPELLINGS = [Spelling(words["spelling"].split(), also_known=_KNOWN) for words in _FILES]
