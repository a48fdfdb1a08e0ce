"""By which name the company itself goes in its facts: in a draft it is as good as `we`."""

from collections import Counter
from collections.abc import Iterable

from agent_runtime.grounding.clauses import Clause

_LEAST = 2


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Returns the names that facts spell with capitals or figures, in lower case."""
    from agent_runtime.grounding.reading import read

    found: set[str] = set()
    for text in texts:
        reading = read(text, "en")
        found |= {w.low for w in reading.words if w.is_name}
    return frozenset(found)


def own_names(facts: Iterable[tuple[Clause, ...]]) -> frozenset[str]:
    """Returns the name that begins most facts, where one stands out."""
    first: Counter[str] = Counter()
    for clauses in facts:
        for clause in clauses[:1]:
            begin = next((t for t in clause.reading.tokens if t.kind != "mark"), None)
            if begin and begin.is_capital and any(w.low == begin.low for w in clause.words):
                first[begin.low] += 1
    ranked = first.most_common(2)
    if not ranked or ranked[0][1] < _LEAST or any(c.isdigit() for c in ranked[0][0]):
        return frozenset()
    if len(ranked) > 1 and ranked[1][1] == ranked[0][1]:
        return frozenset()
    return frozenset((ranked[0][0],))
