"""What the words say about who answered a call, from the phrases in `words/answering`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from agent_runtime.authored import load_yaml
from agent_runtime.hearing.sentences import without_accents
from agent_runtime.speech.sound_alike import alike

Party = Literal["person", "voicemail", "ivr", "screening", "unavailable"]
PARTIES: tuple[Party, ...] = ("person", "voicemail", "ivr", "screening", "unavailable")
FOLDER = Path(__file__).parents[1] / "words" / "answering"
LANGUAGES = ("en", "es", "de", "fr", "it", "pt")
_SURE, _HINT = 4.0, 1.5
_KEY, _NEXT_KEY = 3.5, 2.0
"""One key may stand in a voicemail's instructions; several are a menu."""
_MOST_SURE = 3
"""Phrases of one strength beyond this number add nothing."""
_LEAST_ALIKE, _MOST_ALIKE = 1.2, 3.0
"""What a phrase weighs that only sounds like what was recognised."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that speaks for one kind of party; `weight` is in natural log-odds."""

    party: Party
    weight: float
    reason: str
    is_near: bool = False
    """Whether the words only sound like that."""


@dataclass(frozen=True, slots=True, eq=False)
class AnswerWords:
    """The phrases of one language."""

    alone: re.Pattern[str]
    sure: Mapping[Party, re.Pattern[str]]
    hint: Mapping[Party, re.Pattern[str]]
    key: re.Pattern[str]
    alike: Mapping[Party, tuple[str, ...]]
    """Whole phrases to be found where the recogniser misheard them."""

    def greets_only(self, text: str) -> bool:
        """Says whether an utterance is nothing but what a person says who picks up."""
        return self.alone.fullmatch(plain(text)) is not None

    def asks(self, text: str) -> bool:
        """Says whether a person's question or answer is in the text."""
        return self.sure["person"].search(plain(text)) is not None

    def evidence(self, text: str) -> tuple[Evidence, ...]:
        """Returns what the text, all that one party has said so far, speaks for."""
        return _evidence(self, plain(text))

    def _exact(self, words: str) -> Iterator[Evidence]:
        for weight, patterns in ((_SURE, self.sure), (_HINT, self.hint)):
            for party, pattern in patterns.items():
                for one in _said(pattern, words)[:_MOST_SURE]:
                    yield Evidence(party, weight, f'said "{one}"')
        for number, key in enumerate(_said(self.key, words)[: _MOST_SURE + 1]):
            yield Evidence("ivr", _NEXT_KEY if number else _KEY, f'said "{key}"')

    def _near(self, words: str, party: Party) -> Iterator[Evidence]:
        """Yields phrases of a party that sound like something in the words, none within another."""
        found = [one for phrase in self.alike[party] if (one := alike(phrase, words))]
        taken: set[int] = set()
        for one in sorted(found, key=lambda one: -one.weight):
            if one.weight >= _LEAST_ALIKE and taken.isdisjoint(one.span):
                taken.update(one.span)
                weight = min(_MOST_ALIKE, one.weight)
                yield Evidence(party, weight, f'sounds like "{one.phrase}"', is_near=True)


@lru_cache(maxsize=64)
def _evidence(phrases: AnswerWords, words: str) -> tuple[Evidence, ...]:
    exact = list(phrases._exact(words))
    sure = {one.party for one in exact if one.weight > _HINT}
    near = [one for party in PARTIES if party not in sure for one in phrases._near(words, party)]
    return (*exact, *near)


@cache
def answer_words(language: str) -> AnswerWords:
    """Returns the phrases of a language, `en` or another of `LANGUAGES`.

    Raises:
        ValueError: there are none for the language.
    """
    authored = authored_answers(language)
    menu = authored["menu"]
    digits = "|".join(map(re.escape, menu["digits"]))
    return AnswerWords(
        alone=_pattern(authored["person"]["alone"]),
        sure={party: _pattern(authored[party]["sure"]) for party in PARTIES},
        hint={party: _pattern(authored[party]["hint"]) for party in PARTIES},
        key=re.compile(
            rf"\b(?:{menu['press']}) (?:(?:{menu['key_words']}) )*(?:{digits}|[0-9]|\*|#)(?= |$)"
        ),
        alike={party: tuple(authored[party].get("alike", "").splitlines()) for party in PARTIES},
    )


def has_answers(language: str) -> bool:
    """Says whether there are phrases for a language."""
    try:
        return bool(authored_answers(language))
    except ValueError:
        return False


@cache
def authored_answers(language: str) -> Mapping[str, Any]:
    """Returns the file of a language.

    Raises:
        ValueError: there is none for the language.
    """
    if language not in LANGUAGES:
        raise ValueError(
            f"language is {language!r}; who answers is told apart in {', '.join(LANGUAGES)}"
        )
    return load_yaml((FOLDER / f"{language}.yaml").read_text("utf-8"))


def plain(text: str) -> str:
    """Returns the words in lower case without accents and marks, one space between them."""
    return " ".join(re.sub(r"[^\w*#]+", " ", without_accents(text.casefold())).split())


def _said(pattern: re.Pattern[str], words: str) -> list[str]:
    return list(dict.fromkeys(match.group().strip() for match in pattern.finditer(words)))


def _pattern(lines: str) -> re.Pattern[str]:
    listed = [line.strip() for line in lines.splitlines() if line.strip()]
    return re.compile(rf"\b(?:{'|'.join(listed)})\b")
