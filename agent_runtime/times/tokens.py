"""Text cut into pieces: literals, words, marks and pauses."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from agent_runtime.times.literals import find_literal
from agent_runtime.words import read_words


@dataclass(frozen=True, slots=True)
class Atom:
    """The smallest piece with a meaning of its own; without tags it is a word nobody knows."""

    word: str
    """In small letters and without accents."""
    start: int
    end: int
    tags: Mapping[str, Any] = field(default_factory=dict)
    is_joined: bool = False
    """A hyphen joins it to the word before, as in "Mon-Wed"."""


@dataclass(frozen=True, slots=True)
class Atoms:
    """The atoms of one text, with looks at positions that may lie outside."""

    atoms: tuple[Atom, ...]
    text: str
    language: str

    def __len__(self) -> int:
        return len(self.atoms)

    def __getitem__(self, at: int) -> Atom:
        return self.atoms[at]

    def tag(self, at: int, name: str) -> Any:
        """Returns the value of a tag, None where there is no such atom or tag."""
        return self.atoms[at].tags.get(name) if 0 <= at < len(self.atoms) else None

    def has(self, at: int, *names: str) -> bool:
        """Says whether the atom has one of the tags."""
        return 0 <= at < len(self.atoms) and not self.atoms[at].tags.keys().isdisjoint(names)

    def raw(self, at: int) -> str:
        """Returns an atom as it was written."""
        return self.text[self.atoms[at].start : self.atoms[at].end] if 0 <= at < len(self) else ""

    def count(self, at: int) -> int | None:
        """Returns the number said there, in digits or words; an article is one."""
        number = self.tag(at, "num")
        return number if number is not None else self.tag(at, "article")

    def reach(self, at: int, *names: str) -> int | None:
        """Returns the first position with one of the tags, past nothing but fillers."""
        while self.has(at, "filler") and not self.has(at, *names):
            at += 1
        return at if self.has(at, *names) else None

    def skip(self, at: int, *names: str) -> int:
        """Returns the first position from `at` on whose atom has none of the tags, or `filler`."""
        while self.has(at, *(names or ("filler",))):
            at += 1
        return at


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Returns a word in small letters without accents.

    >>> fold("Días"), fold("dreißig")
    ('dias', 'dreissig')
    """
    plain = unicodedata.normalize("NFD", word.lower().replace("ß", "ss"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def cut(text: str, language: str) -> list[Atom]:
    """Returns the pieces of a text in order, with the tags that digits and marks alone can tell."""
    found: list[Atom] = []
    at = 0
    while at < len(text):
        literal = find_literal(text, at, language) if text[at] in _BEGINS_LITERAL else None
        if literal is None and text[at : at + 1].isalnum():
            literal = _address(text, at, language)
        if literal:
            end, tags = literal
            found.append(Atom(fold(text[at:end]), at, end, tags))
            at = end
            continue
        match = _PIECE.match(text, at)
        if match is None:
            at += 1
            continue
        if piece := _piece(text, match, found):
            found.append(piece)
        at = match.end()
    return found


_BEGINS_LITERAL = frozenset("0123456789+€$£#")
_ADDRESS = re.compile(
    r"\S+@\S+\.\w|https?://|www\.|(?:UTC|GMT)\s?[+-]\s?\d|[QVqv]\d|[A-Z]\w+/[A-Z]"
)
_PIECE = re.compile(
    r"(?P<word>\d*[^\W\d_]+)"
    r"|(?P<pause>\n\s*\n|[.!?…]+(?=[\s\"'”»)]|$)|[;\n•]|[?!]+)"
    r"|(?P<mark>[,:()/&@–—-])"
)
_MARKS = {"/": "slash", "&": "and", "@": "at", "–": "dash", "—": "dash", "-": "dash"}
_SHORTENED = frozenset(read_words("times/reading")["shortened"])
_LONG_LINE = 45
"""From this length on a line break is where a mail program wrapped the text."""


def _address(text: str, at: int, language: str) -> Any:
    return find_literal(text, at, language) if _ADDRESS.match(text, at) else None


def _piece(text: str, match: re.Match[str], found: list[Atom]) -> Atom | None:
    start, end = match.span()
    if match["word"]:
        joined = start > 1 and text[start - 1] in "-–" and text[start - 2].isalpha()
        return Atom(fold(match[0]), start, end, is_joined=joined)
    if match["pause"]:
        return None if _is_no_pause(text, match, found) else _mark(match, "pause")
    if match[0] in "–—-" and text[start - 1 : start].isalpha() and text[end : end + 1].isalpha():
        return None
    return _mark(match, _MARKS.get(match[0], "comma"))


def _mark(match: re.Match[str], tag: str) -> Atom:
    return Atom(match[0], match.start(), match.end(), {tag: True})


def _is_no_pause(text: str, match: re.Match[str], found: list[Atom]) -> bool:
    if match[0] == ".":
        is_beside = bool(found) and found[-1].end == match.start()
        return is_beside and (len(found[-1].word) == 1 or found[-1].word in _SHORTENED)
    if match[0] == "\n":
        line_start = text.rfind("\n", 0, match.start()) + 1
        return match.start() - line_start > _LONG_LINE
    return False
