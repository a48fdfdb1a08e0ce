"""The words of the knowledge: how rare each is, which are names, what a misspelt one meant."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from agent_runtime.knowledge.passage import Passage
from agent_runtime.words import read_words

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_WORD_IN_SENTENCE = re.compile(r"(?<![.!?:\n•-])[ ]([A-ZÀ-Þ][^\W\d_]+)")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
_NUMBERED_BY_ROMANS = frozenset(
    ("type", "typ", "tipo", "tier", "level", "phase", "part", "class", "stage", "stufe", "fase")
)
_STOP_WORDS = frozenset(
    word for words in read_words("stop_words").values() for word in words.split()
)
_STEM = 6
_ELSEWHERE = 100
"""Passages that are imagined beside those there are, so that few are not too few to count."""

_MIN_CORRECTED = 5
_MIN_OTHER_LETTER = 8
_MIN_TELLING = 4
CAPITALISES_NOUNS = frozenset(("de",))


@lru_cache(maxsize=65_536)
def tokens(text: str) -> tuple[str, ...]:
    """Returns words and numbers in lower case without accents; "SOC2, Type II" is soc 2 type 2."""
    found = _TOKEN.findall(folded(text))
    return tuple(
        _ROMAN[word] if word in _ROMAN and at and found[at - 1] in _NUMBERED_BY_ROMANS else word
        for at, word in enumerate(found)
    )


def telling(words: Iterable[str]) -> tuple[str, ...]:
    """Returns the words that say what a text is about."""
    return tuple(word for word in words if word not in _STOP_WORDS)


def folded(text: str) -> str:
    """Returns a text in lower case without accents."""
    parts = unicodedata.normalize("NFKD", text).lower()
    return "".join(c for c in parts if not unicodedata.combining(c))


def stem(word: str) -> str:
    """Returns the beginning of a word, which its inflections share in any of our languages."""
    return word[:_STEM]


class Vocabulary:
    """Built once from all passages; asked for every question."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self._count = 0
        self._seen: Counter[str] = Counter()
        self._words: set[str] = set()
        titles: dict[str, str] = {}
        capitals: Counter[str] = Counter()
        all_uses: Counter[str] = Counter()
        for passage in passages:
            words = tokens(passage.searchable)
            self._count += 1
            self._words.update(words)
            self._seen.update({stem(word) for word in words} | {f"={word}" for word in words})
            titles[passage.document] = passage.heading_path[0]
            if passage.locale not in CAPITALISES_NOUNS:
                telling_texts = [passage.text, *filter(_minds_capitals, passage.heading_path)]
                all_uses.update(tokens(" ".join(telling_texts)))
                inside = [w for text in telling_texts for w in _WORD_IN_SENTENCE.findall(text)]
                capitals.update(tokens(" ".join(inside)))
        self._capitals = {
            word: count / all_uses[word] for word, count in capitals.items() if len(word) > 1
        }
        self._titles = Counter(
            word for title in titles.values() for word in set(telling(tokens(title)))
        )
        self._documents = len(titles)
        self._nearby = self._without_a_letter()

    @property
    def rarest(self) -> float:
        """The rarity of a word that only one passage has."""
        return self._rarity(1)

    def rarity(self, word: str) -> float:
        """Returns the inverse frequency of a word's stem among the passages."""
        return self._rarity(self._seen[stem(word)])

    def rarity_of_exactly(self, word: str) -> float:
        """Returns the inverse frequency of this very form."""
        return self._rarity(self._seen[f"={word}"])

    def _rarity(self, count: int) -> float:
        return math.log((self._count + _ELSEWHERE + 1) / (count + 2))

    def capitals(self, word: str) -> float:
        """Returns how often passages write a word with a capital inside their sentences."""
        return self._capitals.get(word, 0.0)

    def rarity_in_titles(self, word: str) -> float:
        """Returns the inverse frequency of a word among titles, 0 when no title has it."""
        count = self._titles[word]
        return math.log((self._documents + 1) / count) if count else 0.0

    def knows(self, word: str) -> bool:
        """Says whether any passage has the word."""
        return word in self._words

    def corrected(self, word: str) -> str:
        """Returns the one known word that is a slip of a finger away, else the word itself."""
        if word in self._words or len(word) < _MIN_CORRECTED or word.isdigit():
            return word
        near = {
            known
            for form in (word, *_shorter(word))
            for known in self._nearby.get(form, ())
            if known[0] == word[0] and _may_be_a_slip(word, known)
        }
        stems = {stem(known) for known in near}
        if len(stems) != 1:
            return word
        return min(near, key=lambda known: (-self._seen[f"={known}"], known))

    def _without_a_letter(self) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for word in sorted(self._words):
            if len(word) >= _MIN_CORRECTED:
                for form in (word, *_shorter(word)):
                    found[form].append(word)
        return dict(found)


def _minds_capitals(heading: str) -> bool:
    """A heading with a capital on every word does not tell which of them are names."""
    return any(word.islower() and len(word) >= _MIN_TELLING for word in heading.split()[1:])


def _may_be_a_slip(word: str, known: str) -> bool:
    """A letter too many, too few or in the wrong place; Iceland is no slip for Ireland."""
    is_other_letter = len(word) == len(known) and sorted(word) != sorted(known)
    return not is_other_letter or len(word) >= _MIN_OTHER_LETTER


def _shorter(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}
