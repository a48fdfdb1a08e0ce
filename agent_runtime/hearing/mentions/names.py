"""Capitalised words: which may be names, and which only begin a sentence or are places."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from agent_runtime.hearing.mentions.mention import Mention, Written, flat
from agent_runtime.words import read_words

CAPITAL = r"[A-ZÀ-ÖØ-Þ]"
WORD = rf"{CAPITAL}[\w'’-]*\w"


class Names:
    """The words of `entities/names`, as sets to look up."""

    def __init__(self) -> None:
        self.words: dict[str, Any] = read_words("entities/names")
        self.also_words = frozenset(self.words["also_words"].split())
        self.first_names = frozenset(flat(self.words["first_names"]).split())
        self.places = frozenset(flat(self.words["places"]).split())
        self._nouns = frozenset(flat(self.words["not_names"]).split())
        self._ours = frozenset(self.words["our_own"])

    def is_no_name(self, word: str) -> bool:
        """Says whether a flat word is one that is no name even with a capital."""
        word = word.partition("'")[0]
        return word in self._nouns and (word not in self.first_names or word in self.also_words)

    def is_ours(self, written: Written, mention: Mention) -> bool:
        """Says whether a name is our own company, product or sender."""
        said = written.flat[mention.start : mention.end]
        return said in self._ours or said.split()[0] in self._ours

    def runs(self, written: Written) -> Iterator[tuple[int, int]]:
        """Yields stretches of capitalised words, cut where a word is no name."""
        for run in _RUN.finditer(written.text):
            start: int | None = None
            end = run.start()
            for word in _TOKEN.finditer(written.text, run.start(), run.end()):
                plain = flat(word[0])
                if self.is_no_name(plain) and not (start is not None and plain in _WITHIN):
                    if start is not None:
                        yield start, end
                    start = None
                elif word[0][0].isupper():
                    start = word.start() if start is None else start
                    end = word.end()
            if start is not None:
                yield start, end


_PARTICLES = (
    r"(?:de la|de los|de|del|della|di|da|dos|das|do|van der|van den|van|von der|von|zu|al|bin)"
)
_RUN = re.compile(
    rf"(?<![\w@.\[-]){WORD}(?: (?:{_PARTICLES} )?{WORD}| {CAPITAL}\.(?= {CAPITAL}))*(?![\w@\]])"
)
_WITHIN = frozenset({"le", "la", "de", "di", "da", "du", "van", "von", "el", "al"})
"""Capitalised or not, these may stand within a name."""
_TOKEN = re.compile(r"[\w'’-]+")


@cache
def known_names() -> Names:
    """Returns the word sets, read once."""
    return Names()
