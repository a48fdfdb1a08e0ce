"""What a text looks like: its runs of letters and words, weighed by how seldom they are.

Needs no library, so that a mail can be read without loading one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log, sqrt
from zlib import crc32

BUCKETS = 1 << 20
"""Runs are told apart by a hash of this many values."""

_WORD = re.compile(r"\w+|[?]")
_SHORTEST, _LONGEST = 2, 5
_MOST_WORDS = 3

Counts = dict[int, int]


@dataclass(frozen=True, slots=True)
class Runs:
    """How often each run stands in a text: of letters within words, and of words."""

    letters: Counts
    words: Counts


def runs_of(text: str) -> Runs:
    """Returns the runs of a text in plain lower-case letters."""
    return Runs(_hashed(_of_letters(text)), _hashed(_of_words(text)))


def weighed(counts: Counts, rarity: Iterable[float]) -> dict[int, float]:
    """Returns runs with their weights, of length one together; what was never seen is left out.

    Args:
        counts: Runs and how often they stand in the text.
        rarity: For each of them, in order, its inverse document frequency; 0 was never seen.
    """
    found = {
        run: rare * (1.0 + log(times))
        for (run, times), rare in zip(counts.items(), rarity, strict=True)
        if rare
    }
    length = sqrt(sum(weight * weight for weight in found.values())) or 1.0
    return {run: weight / length for run, weight in found.items()}


def _hashed(runs: Iterable[str]) -> Counts:
    return Counter(crc32(run.encode()) % BUCKETS for run in runs)


def _of_letters(text: str) -> Iterator[str]:
    for word in text.split():
        padded = f" {word} "
        yield from (
            padded[at : at + size]
            for size in range(_SHORTEST, _LONGEST + 1)
            for at in range(len(padded) - size + 1)
        )


def _of_words(text: str) -> Iterator[str]:
    words = _WORD.findall(text)
    for size in range(1, _MOST_WORDS + 1):
        yield from (" ".join(("=", *words[at : at + size])) for at in range(len(words) - size + 1))
