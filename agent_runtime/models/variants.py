"""Utterances as they also come: in the middle of a letter, or dictated."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from agent_runtime.models.training import Example
from agent_runtime.words import read_words

_HARDLY_SAY_MORE = frozenset({"unclear", "thanks_bye", "out_of_office"})
"""With more words around them these would mean something else."""

_NO_WORD = re.compile(r"[^\w\s'’]")


@dataclass(frozen=True, slots=True)
class Variant:
    """An example, as it stands or varied.

    Attributes:
        example: What is learned.
        origin: Row of the example that it stems from: both are learned or both held out.
    """

    example: Example
    origin: int


def with_variants(examples: Sequence[Example]) -> tuple[Variant, ...]:
    """Returns all examples, and for about one in seven a variant; always the same ones."""
    own = (Variant(example, row) for row, example in enumerate(examples))
    more = (
        Variant(replace(example, text=text), row)
        for row, example in enumerate(examples)
        if (text := _varied(example))
    )
    return (*own, *more)


def in_a_letter(example: Example, random: Random) -> str:
    """Returns the text with a sentence or two of small talk around it."""
    talk = _talk()
    before = [random.choice(talk["opens"][example.language])]
    if random.random() < 0.5:
        before.append(random.choice(talk["settings"][example.language]))
    after = [random.choice(talk["closes"][example.language])] if random.random() < 0.4 else []
    point = example.text if example.text[-1] in ".?!" else f"{example.text}."
    return " ".join([*before, point[0].upper() + point[1:], *after])


def dictated(example: Example, random: Random) -> str:
    """Returns the text as a machine writes down speech: no capitals or stops, hesitations."""
    words = _NO_WORD.sub(" ", example.text.lower()).split()
    for _ in range(1 + len(words) // 12):
        hesitation = random.choice(_talk()["hesitations"][example.language])
        words.insert(random.randrange(len(words)) if words else 0, hesitation)
    return " ".join(words)


_KINDS: tuple[Callable[[Example, Random], str], ...] = (
    in_a_letter,
    in_a_letter,
    dictated,
)
_IN = 20
"""The variants of one example in so many, for each entry above."""


def _varied(example: Example) -> str:
    random = Random(example.text)
    number = random.randrange(_IN)
    if number >= len(_KINDS) or "\n" in example.text:
        return ""
    kind = _KINDS[number]
    if kind is in_a_letter and example.intent in _HARDLY_SAY_MORE:
        return ""
    return kind(example, random)


@cache
def _talk() -> dict[str, dict[str, list[str]]]:
    return read_words("small_talk")
