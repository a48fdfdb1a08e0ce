"""By which name the company itself goes in its facts: in a draft it is as good as `we`."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from agent_runtime.grounding.clauses import Clause
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.sentences import split_sentences

_LEAST = 2


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Returns the names that facts spell with capitals or figures, in lower case."""
    from agent_runtime.grounding.reading import read

    found: set[str] = set()
    for sentence in (one for text in texts for one in split_sentences(text)):
        found |= {w.low for w in read(sentence, "en").words if w.is_name}
    return frozenset(found)


def own_names(facts: Iterable[tuple[Clause, ...]]) -> frozenset[str]:
    """Returns the name that begins most facts, or the only one that begins any."""
    first: Counter[str] = Counter()
    others = 0
    kinds: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for clauses in facts:
        name = _leading(clauses[0]) if clauses else ""
        first.update([name] if name else [])
        others += not name
        if name:
            kinds[name] |= _kind(clauses[0], name)
    ranked = first.most_common(2)
    if not ranked:
        return frozenset()
    is_only = len(ranked) == 1 and others > 0
    stands_out = ranked[0][1] >= _LEAST and (len(ranked) == 1 or ranked[1][1] < ranked[0][1])
    if not (is_only or stands_out):
        return frozenset()
    return kinds[ranked[0][0]] | {ranked[0][0]}


def _kind(clause: Clause, name: str) -> frozenset[str]:
    """The noun that goes with a name before the verb: the Lumen ventilator has."""
    at = clause.reading.lows.index(name) + 1
    found: set[str] = set()
    while at < clause.head and clause.reading.tokens[at].is_capital:
        if any(c.isdigit() for c in clause.reading.lows[at]):
            return frozenset(found)
        found.add(clause.reading.lows[at])
        at += 1
    if found:
        return frozenset(found)
    is_noun = any(w.place == at and not w.is_name for w in clause.words)
    return (
        frozenset((clause.reading.lows[at],)) if is_noun and at + 1 == clause.head else frozenset()
    )


def _leading(clause: Clause) -> str:
    """The name with which a clause begins; none for a title, a plan, a model, or a past deed."""
    words = [w for w in clause.words if w.place <= clause.start + 1]
    name = next((w for w in words if w.is_name or w.is_firm), None)
    if name is None or name.low in _TITLES or any(c.isdigit() for c in name.low):
        return ""
    lows = clause.reading.lows
    verb = lows[clause.head] if clause.head < len(lows) else ""
    is_past = verb.endswith("ed") and verb not in clause.reading.lexicon.verbs
    if is_past or verb in {"cut", "won", "grew", "fell"}:
        return ""
    after = lows[name.place + 1] if name.place + 1 < len(lows) else ""
    following = clause.reading.tokens[name.place + 1 : name.place + 2]
    is_plural = name.low.endswith("s") and not (following and following[0].is_capital)
    if not name.is_name and is_plural:
        return ""
    if not name.is_name and after in {"is", "are", "was", "were", "has", "have"} | _TIERS:
        return ""
    return "" if after in _TIERS else name.low


_TITLES = word_set("dr mr mrs ms prof professor")
_TIERS = word_set("plan plans package tier edition licence license rate series subscription")
