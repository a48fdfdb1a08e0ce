"""Passages that are not needed beside a better one: older editions, and near-duplicates."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agent_runtime.knowledge.found import Found
from agent_runtime.knowledge.passage import Passage
from agent_runtime.knowledge.vocabulary import tokens

NEAR_DUPLICATE = 0.95
"""From this cosine on two passages say the same thing, or the same of different things."""

_MARK = re.compile(
    r"\b(?:(?:FY|Q|H)?\s?(?:19|20)\d{2}(?:[/-]\d{2,4})?|[QH][1-4]"
    r"|v(?:ersion|er)?\.?\s?\d+(?:\.\d+)*|rev(?:ision)?\.?\s?\d+)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


def twins_last(ranked: Sequence[Found], vectors: NDArray[np.float32]) -> tuple[Found, ...]:
    """Returns what was ranked with the twins of better passages last, each naming that one.

    Of two editions of a text the twin is the older, unless the question names its year; of two
    texts that differ in a name it is the one that lacks the name asked for.
    """
    kept: list[int] = []
    twin_of: dict[int, int] = {}
    for number, found in enumerate(ranked):
        for place, other in enumerate(kept):
            better = ranked[other]
            is_less_exact = found.signs.exact < better.signs.exact
            if are_editions(found.passage, better.passage):
                if not is_less_exact and is_newer(found.passage, better.passage):
                    kept[place], twin_of[other] = number, number
                else:
                    twin_of[number] = other
                break
            if (
                is_less_exact
                and found.passage.locale == better.passage.locale
                and float(vectors[number] @ vectors[other]) >= NEAR_DUPLICATE
            ):
                twin_of[number] = other
                break
        else:
            kept.append(number)
    twins = (replace(ranked[n], twin_of=ranked[of].passage.id) for n, of in twin_of.items())
    return (*(ranked[n] for n in kept), *sorted(twins, key=lambda f: (-f.score, f.passage.id)))


def are_editions(one: Passage, other: Passage) -> bool:
    """Says whether two passages are the same part of one text, in two editions of it."""
    return (
        one.id != other.id
        and one.document != other.document
        and one.locale == other.locale
        and _unmarked(one.heading_path) == _unmarked(other.heading_path)
    )


def is_newer(one: Passage, other: Passage) -> bool:
    """Says whether a passage was approved later, or names a later year."""
    return _age(one) > _age(other)


def _age(passage: Passage) -> tuple[date, list[str], int]:
    years = _YEAR.findall(" ".join(passage.heading_path))
    return passage.approved_at, years, passage.version


@lru_cache(maxsize=65_536)
def _unmarked(heading_path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(" ".join(tokens(_MARK.sub(" ", heading))) for heading in heading_path)
