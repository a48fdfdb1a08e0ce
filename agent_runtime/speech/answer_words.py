"""What the words say about who answered a call, from the phrases in `words/answering`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from agent_runtime.authored import load_yaml
from agent_runtime.hearing.sentences import without_accents

Party = Literal["person", "voicemail", "ivr", "screening", "unavailable"]
PARTIES: tuple[Party, ...] = ("person", "voicemail", "ivr", "screening", "unavailable")
FOLDER = Path(__file__).parents[1] / "words" / "answering"
LANGUAGES = ("en", "es", "de", "fr", "it", "pt")
_SURE, _HINT = 4.0, 1.5
_KEY, _NEXT_KEY = 3.5, 2.0
"""One key may stand in a voicemail's instructions; several are a menu."""
_MOST_SURE = 3
"""Phrases of one strength beyond this number add nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that speaks for one kind of party; `weight` is in natural log-odds."""

    party: Party
    weight: float
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """The phrases of one language."""

    alone: re.Pattern[str]
    sure: Mapping[Party, re.Pattern[str]]
    hint: Mapping[Party, re.Pattern[str]]
    key: re.Pattern[str]

    def greets_only(self, text: str) -> bool:
        """Says whether an utterance is nothing but what a person says who picks up."""
        return self.alone.fullmatch(plain(text)) is not None

    def asks(self, text: str) -> bool:
        """Says whether a person's question or answer is in the text."""
        return self.sure["person"].search(plain(text)) is not None

    def evidence(self, text: str) -> list[Evidence]:
        """Returns what the text, all that one party has said so far, speaks for."""
        words = plain(text)
        found: list[Evidence] = []
        for weight, patterns in ((_SURE, self.sure), (_HINT, self.hint)):
            for party, pattern in patterns.items():
                said = list(
                    dict.fromkeys(match.group().strip() for match in pattern.finditer(words))
                )
                found += [Evidence(party, weight, f'said "{one}"') for one in said[:_MOST_SURE]]
        keys = list(dict.fromkeys(match.group().strip() for match in self.key.finditer(words)))
        for number, key in enumerate(keys[: _MOST_SURE + 1]):
            found.append(Evidence("ivr", _NEXT_KEY if number else _KEY, f'said "{key}"'))
        return found


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
