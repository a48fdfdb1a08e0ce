"""Whether a text asks that contact stop, in any of the six languages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from agent_runtime.hearing.bounded import bounded
from agent_runtime.hearing.new_text import message_of, unquoted
from agent_runtime.hearing.phrases import Phrases, Vocabulary
from agent_runtime.hearing.reported import own_words
from agent_runtime.hearing.sentences import sentences_of
from agent_runtime.hearing.spelling import Spelling
from agent_runtime.library.content import LOCALES
from agent_runtime.words import read_words


def is_opt_out(text: str) -> bool:
    """Says whether a text asks that contact stop: a STOP word alone, or the wish in words.

    Only what the writer added is read. Slips of the pen are forgiven where they make the
    difference between a wish to be left alone and none.
    """
    return _is_opt_out(bounded(text))


def is_stop_word(subject: str) -> bool:
    """Says whether a subject line is nothing but a word that stops contact."""
    said = sentences_of(bounded(subject))
    return any(language.is_command(said) for language in _languages())


@lru_cache(maxsize=8192)
def _is_opt_out(text: str) -> bool:
    message = sentences_of(own_words(message_of(text)))
    own = _may_ask(sentences_of(own_words(unquoted(text))))
    if _asks(message, own):
        return True
    return any(
        _asks(spelling.corrected(message), _may_ask(corrected))
        for spelling in _spellings()
        if (corrected := spelling.corrected(own)) != own
    )


def _asks(message: str, own: str) -> bool:
    languages = _languages()
    sentences = own.split("\n")
    if any(lang.is_command(message) or lang.holds_command(sentences) for lang in languages):
        return True
    return any(language.asks(own) for language in languages)


def _may_ask(sentences: str) -> str:
    """Returns sentences without footers, and without what speaks of stops and asks for none."""
    languages = _languages()
    lines = sentences.split("\n")
    kept = "\n".join(s for s in lines if not any(lang.is_footer(s) for lang in languages))
    for language in languages:
        kept = language.without_asides(kept)
    return kept


_SHORT = 60
"""A sentence of more characters says more than one word of command."""
_DISTINCT = 4
"""A part of a sentence that is a command by itself is longer than this: `stop` may go on."""


@dataclass(frozen=True, slots=True)
class _Language:
    vocabulary: Vocabulary
    alone: re.Pattern[str]
    alone_in_mail: re.Pattern[str]
    footers: tuple[Phrases, ...]
    asides: tuple[Phrases, ...]
    groups: tuple[Phrases, ...]

    def is_command(self, message: str) -> bool:
        """Says whether a STOP word is all that is said."""
        if len(message) >= _SHORT:
            return False
        return bool(self.alone.fullmatch(self.vocabulary.tagged(message)))

    def holds_command(self, sentences: Sequence[str]) -> bool:
        """Says whether a sentence, or a part between commas, is nothing but a STOP word."""
        whole = {s for s in sentences if len(s) < _SHORT}
        parts = {part for s in sentences for part in s.split(", ")}
        short = whole | {part for part in parts if _DISTINCT < len(part) < _SHORT}
        return any(self.alone_in_mail.fullmatch(self.vocabulary.tagged(s)) for s in short)

    def is_footer(self, sentence: str) -> bool:
        """Says whether a sentence tells readers of a mailing how they may leave it."""
        return any(group.are_in(sentence) for group in self.footers)

    def without_asides(self, sentences: str) -> str:
        """Returns sentences without what speaks of stops and asks for none."""
        for group in self.asides:
            sentences = group.cut_from(sentences)
        return sentences

    def asks(self, text: str) -> bool:
        """Says whether the wish stands in words."""
        tagged = self.vocabulary.tagged(text)
        return any(group.are_in(tagged) for group in self.groups)


@cache
def _files() -> tuple[dict[str, Any], ...]:
    return tuple(read_words(f"opt_out/{language}") for language in LOCALES)


@cache
def _languages() -> tuple[_Language, ...]:
    return tuple(map(_language, LOCALES, _files()))


def _language(language: str, words: dict[str, Any]) -> _Language:
    vocabulary = Vocabulary(words["classes"], f"opt_out/{language}")
    return _Language(
        vocabulary=vocabulary,
        alone=vocabulary.whole(words["alone"]),
        alone_in_mail=vocabulary.whole(words["alone_in_mail"]),
        footers=vocabulary.phrases([{"phrases": words["footers"]}], "footers"),
        asides=vocabulary.phrases([{"phrases": words["asides"]}], "asides"),
        groups=vocabulary.phrases(words["groups"]),
    )


@cache
def _spellings() -> tuple[Spelling, ...]:
    lists = [words["spelling"].split() for words in _files()]
    known = [word for words in lists for word in words]
    return tuple(
        Spelling(own, also_known=known, short=words["short"])
        for own, words in zip(lists, _files(), strict=True)
    )
