"""A stretch of a text that names something, and the text in a form that patterns can read."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache


@dataclass(frozen=True, slots=True)
class Mention:
    """Where an entity stands in a text."""

    name: str
    start: int
    end: int

    def overlaps(self, other: "Mention") -> bool:
        """Says whether two mentions share a character."""
        return self.start < other.end and other.start < self.end


class Written:
    """A text, and the same letter for letter in lower case without accents."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.flat = flat(text)

    @cached_property
    def _ends(self) -> list[int]:
        return [0, *(m.end() for m in _SENTENCE_END.finditer(self.flat)), len(self.flat)]

    def sentence(self, start: int) -> tuple[int, int]:
        """Returns from where to where the sentence goes that a position lies in."""
        before = max(end for end in self._ends if end <= start)
        return before, min((end for end in self._ends if end > start), default=len(self.flat))


@lru_cache(maxsize=8192)
def flat(text: str) -> str:
    """Returns a text of the same length: lower case, without accents, straight apostrophes."""
    return text.translate(_FLAT)


def listed(words: str) -> str:
    """Returns the entries of a list with bars as one pattern; spaces may be line breaks."""
    entries = " ".join(words.split())
    return rf"(?:{entries})".replace(" | ", "|").replace(" |", "|").replace(" ", r"\s+")


def longest(mentions: Iterable[Mention]) -> list[Mention]:
    """Returns the mentions that no longer or earlier one covers, in the order of the text."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, m.start)):
        if not any(mention.overlaps(other) for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda m: m.start)


class _Flat(dict[int, str]):
    def __missing__(self, code: int) -> str:
        letter = chr(code).lower()[:1]
        plain = unicodedata.normalize("NFKD", letter)[:1] or letter
        self[code] = plain
        return plain


_FLAT = _Flat({ord("’"): "'", ord("‘"): "'", ord("´"): "'", ord("`"): "'", 0xA0: " ", 0x202F: " "})
_SENTENCE_END = re.compile(r"[.!?…](?=\s+(?!\d)|$)|[\n;]")
