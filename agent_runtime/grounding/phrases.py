"""Phrases of one or several words, found in a sequence of words, the longest first."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

_Label = TypeVar("_Label")


class PhraseTable(Generic[_Label]):
    """Labels by phrase. A phrase may carry several labels."""

    def __init__(self, rows: Iterable[tuple[str | tuple[str, ...], _Label]]) -> None:
        """Takes phrases, as texts or as words, with a label each."""
        found: dict[tuple[str, ...], dict[_Label, None]] = {}
        for phrase, label in rows:
            words = tuple(phrase.split()) if isinstance(phrase, str) else phrase
            if words:
                found.setdefault(words, {})[label] = None
        self._labels: Mapping[tuple[str, ...], tuple[_Label, ...]] = {
            words: tuple(labels) for words, labels in found.items()
        }
        self._longest: dict[str, int] = {}
        for words in self._labels:
            self._longest[words[0]] = max(self._longest.get(words[0], 0), len(words))

    def at(self, words: Sequence[str], place: int) -> tuple[int, tuple[_Label, ...]]:
        """Returns the length of the longest phrase that begins at a place, and its labels."""
        longest = self._longest.get(words[place], 0)
        for length in range(min(longest, len(words) - place), 0, -1):
            labels = self._labels.get(tuple(words[place : place + length]))
            if labels is not None:
                return length, labels
        return 0, ()

    def __contains__(self, phrase: tuple[str, ...]) -> bool:
        """Says whether these very words are a phrase."""
        return phrase in self._labels

    def labels(self, phrase: tuple[str, ...]) -> tuple[_Label, ...]:
        """Returns the labels of one phrase."""
        return self._labels.get(phrase, ())


def word_set(words: str) -> frozenset[str]:
    """Returns the words of a text."""
    return frozenset(words.split())
