"""Words that mean one thing: a buyer says uptime where the document says availability."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_runtime.knowledge.vocabulary import stem, telling, tokens
from agent_runtime.words import read_words


@dataclass(frozen=True, slots=True)
class Concept:
    """Something that a question speaks of, and the ways to say it."""

    own: frozenset[str]
    """Stems of the buyer's words for it."""
    others: tuple[frozenset[str], ...] = ()
    """Stems of each other way to say it."""
    one_word: frozenset[str] = frozenset()
    """Those of the other ways that are a single word."""

    def is_said(self, stems: frozenset[str]) -> bool:
        """Says whether a text with these stems says it, in other words than the buyer's."""
        if not self.one_word.isdisjoint(stems):
            return True
        return any(way <= stems for way in self.others if len(way) > 1)


def concepts_of(words: Sequence[str]) -> tuple[Concept, ...]:
    """Returns what a question speaks of, in its order; each word belongs to one concept or more.

    Args:
        words: All words of the question, as `tokens` gives them.
    """
    stems = tuple(map(stem, words))
    found: dict[frozenset[str], Concept] = {}
    taken: set[int] = set()
    for start in range(len(stems)):
        for length in range(min(_LONGEST, len(stems) - start), 0, -1):
            groups = _GROUPS.get(stems[start : start + length], ())
            if groups:
                own = _stems(words[start : start + length])
                others = {way for group in groups for way in group} - {own}
                one_word = frozenset(word for way in others if len(way) == 1 for word in way)
                found.setdefault(own, Concept(own, tuple(others), one_word))
                taken.update(range(start, start + length))
                break
    for word in telling(word for at, word in enumerate(words) if at not in taken):
        found.setdefault(frozenset((stem(word),)), Concept(frozenset((stem(word),))))
    return tuple(found.values())


def ways_to_say(words: Sequence[str]) -> tuple[str, ...]:
    """Returns the words of all synonyms of what a question speaks of, for full-text search."""
    stems = tuple(map(stem, words))
    found: dict[str, None] = {}
    for start in range(len(stems)):
        for length in range(1, min(_LONGEST, len(stems) - start) + 1):
            for line in _LINES.get(stems[start : start + length], ()):
                found |= dict.fromkeys(line)
    return tuple(word for word in found if word not in words)


def _stems(words: Iterable[str]) -> frozenset[str]:
    every = tuple(words)
    return frozenset(map(stem, telling(every) or every))


_GROUPS: defaultdict[tuple[str, ...], list[tuple[frozenset[str], ...]]] = defaultdict(list)
_LINES: defaultdict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
_LONGEST = 1
for _line in read_words("synonyms"):
    _ways = [tokens(str(_way)) for _way in _line]
    _group = tuple(dict.fromkeys(map(_stems, _ways)))
    for _way in _ways:
        _key = tuple(map(stem, _way))
        _GROUPS[_key].append(_group)
        _LINES[_key].append(tuple(dict.fromkeys(telling(_w for _o in _ways for _w in _o))))
        _LONGEST = max(_LONGEST, len(_key))
