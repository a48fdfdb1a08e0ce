"""How much labelled personal data is hidden whole, by kind, and how many other words."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from agent_runtime.pii import find


@dataclass(frozen=True)
class Scores:
    """Shares in [0, 1]."""

    recall: dict[str, float]
    """Of each kind, the pieces of which every letter and digit is hidden."""
    others: float
    """Of the words without a label, those that are hidden."""


def scores(texts: Iterable[tuple[str, str, list[tuple[str, int, int]]]]) -> Scores:
    """Returns the scores of texts with country and labels; a label is kind, start, end."""
    seen, whole = Counter(), Counter()
    others = hidden_others = 0
    for text, country, labels in texts:
        hidden = {i for f in find(text, country) for i in range(f.start, f.end)}
        labelled = {i for _, start, end in labels for i in range(start, end)}
        for kind, start, end in labels:
            seen[kind] += 1
            whole[kind] += all(i in hidden for i in range(start, end) if text[i].isalnum())
        for word in re.finditer(r"\w+", text):
            places = set(range(*word.span()))
            if not places & labelled:
                others += 1
                hidden_others += bool(places & hidden)
    return Scores({kind: whole[kind] / seen[kind] for kind in seen}, hidden_others / others)
