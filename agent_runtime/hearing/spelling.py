"""Slips of the pen in the few words that matter most."""

import re
from collections.abc import Iterable, Iterator, Mapping

from agent_runtime.hearing.sentences import fold

_WORD = re.compile(r"[a-z]{5,}")
_ANY_WORD = re.compile(r"(?<![\w'])[a-z]\w*(?![\w'])")
_MOST_REMEMBERED = 50_000
_MOST_SLIPS = 2


class Spelling:
    """Knows some words of a language and what they look like when they are mistyped."""

    def __init__(
        self,
        words: Iterable[str],
        *,
        also_known: Iterable[str] = (),
        short: Mapping[str, str] | None = None,
    ) -> None:
        self._short = {fold(word): fold(meant) for word, meant in (short or {}).items()}
        own = [fold(word) for word in words]
        self._known = frozenset((*own, *map(fold, also_known)))
        self._close: dict[str, str] = {}
        self._meanings: dict[str, str] = {}
        self._longest = max(map(len, own), default=0) + _MOST_SLIPS
        """No longer word can be meant; there is no end to what a longer one looks like."""
        for word in own:
            for shorter in _with_less(word, _slips(word)):
                self._close.setdefault(shorter, word)

    def corrected(self, text: str) -> str:
        """Returns the text, lower case without accents, with mistyped words put right."""
        whole = _ANY_WORD.sub(lambda m: self._short.get(m[0], m[0]), text) if self._short else text
        return _WORD.sub(lambda m: self._meaning(m[0]), whole)

    def _meaning(self, token: str) -> str:
        meant = self._meanings.get(token)
        if meant is None:
            meant = self._meant(token)
            if len(self._meanings) < _MOST_REMEMBERED:
                self._meanings[token] = meant
        return meant

    def _meant(self, token: str) -> str:
        if token in self._known or len(token) > self._longest:
            return token
        for shorter in (token, *sorted(_with_less(token, _slips(token + "x")))):
            word = self._close.get(shorter)
            if word and _may_be(token, word):
                return word
        return token


def _with_less(word: str, letters: int) -> set[str]:
    found = {word}
    for _ in range(letters):
        found |= {w[:i] + w[i + 1 :] for w in found for i in range(1, len(w))}
    return found


def _may_be(token: str, word: str) -> bool:
    """A slip keeps the first letter, and the ending: another ending is another form."""
    if token[0] != word[0] or token == word:
        return False
    if token == word[:-1]:
        return True
    if len(token) == len(word) and sorted(token) == sorted(word):
        return _distance(token, word) == 1
    return token[-2:] == word[-2:] and _distance(token, word) <= _slips(word)


def _slips(word: str) -> int:
    """How many slips are forgiven: two in a long word."""
    return _MOST_SLIPS if len(word) >= 11 else 1


def _distance(a: str, b: str) -> int:
    """Counts letters changed, added, left out or swapped with a neighbour."""
    rows = list(_rows(a, b))
    return rows[-1][-1]


def _rows(a: str, b: str) -> Iterator[list[int]]:
    before: list[int] = []
    row = list(range(len(b) + 1))
    yield row
    for i, letter in enumerate(a, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        yield row
