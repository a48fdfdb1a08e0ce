"""What every detector returns, and the words of a text that several of them read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

_WORD = re.compile(r"\w+")


class Found(NamedTuple):
    """One piece of personal data in a text."""

    kind: str
    """As in a placeholder: EMAIL, PHONE, CARD, IBAN, NATIONAL_ID, ADDRESS, ..."""
    start: int
    end: int

    def overlaps(self, other: "Found") -> bool:
        """Says whether two pieces share a character."""
        return self.start < other.end and other.start < self.end


class Word(NamedTuple):
    """A run of letters and digits, in lower case, and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """A text and its words, read once for all detectors."""

    text: str
    country: str = ""
    """ISO code of where the writer is; telephone numbers are read as there."""

    @cached_property
    def words(self) -> list[Word]:
        """The words of the text."""
        return [Word(m[0].lower(), m.start(), m.end()) for m in _WORD.finditer(self.text)]

    @cached_property
    def digits(self) -> int:
        """How many digits the text holds."""
        return sum(map(str.isdigit, self.text))


class Phrases:
    """Phrases that stand for something; signs and spaces between their words do not count."""

    def __init__(self, meanings: Mapping[str, Iterable[str]]) -> None:
        """Takes the phrases of each meaning, in lower case."""
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for meaning, phrases in meanings.items():
            for phrase in phrases:
                words = tuple(_WORD.findall(phrase))
                self._by_first.setdefault(words[0], []).append((words, meaning))
        for listed in self._by_first.values():
            listed.sort(key=lambda entry: -len(entry[0]))

    def find(self, words: list[Word]) -> Iterator[tuple[str, int, int]]:
        """Yields the meaning of each phrase, and its first and last character + 1; longest only."""
        by_first = self._by_first
        for index, word in enumerate(words):
            for phrase, meaning in by_first.get(word.text, ()):
                size = len(phrase)
                if size == 1:
                    yield meaning, word.start, word.end
                    break
                run = words[index : index + size]
                if (
                    len(run) == size
                    and all(a.text == b for a, b in zip(run, phrase, strict=True))
                    and all(b.start - a.end <= 2 for a, b in pairwise(run))
                ):
                    yield meaning, word.start, run[-1].end
                    break


def flat(lists: Mapping[str, Iterable[str]]) -> list[str]:
    """Returns the entries of all languages."""
    return [entry for entries in lists.values() for entry in entries]
