"""Which facts a model of entailment is shown with a sentence: the two that share most with it."""

import re
from collections.abc import Sequence

MOST = 2
"""A sentence seldom joins more facts, and every further one makes the question harder."""

_WORD = re.compile(r"[a-z0-9]+")


def premise_of(facts: Sequence[str], sentence: str, *, must: Sequence[str] = ()) -> str:
    """Returns the facts for a sentence in the order given, those of `must` before all others."""
    said = _stems(sentence)

    def rank(at: int) -> tuple[bool, float]:
        own = _stems(facts[at])
        return facts[at] not in must, -len(said & own) / (1 + len(own)) ** 0.3

    chosen = sorted(range(len(facts)), key=rank)[:MOST]
    return " ".join(facts[at] for at in sorted(chosen))


def _stems(text: str) -> frozenset[str]:
    """Beginnings of the longer words, and numbers."""
    words = _WORD.findall(text.lower())
    return frozenset(word[:5] for word in words if len(word) > 3 or word.isdigit())
