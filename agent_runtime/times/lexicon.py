"""The words of each language for days and hours, found in a text as the longest known phrases."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from agent_runtime.times.lexicon_files import Tags, entries
from agent_runtime.times.spelling import is_nearly
from agent_runtime.times.tokens import Atom, Atoms, cut, fold
from agent_runtime.times.zones_named import city_zones, zone_words
from agent_runtime.words import read_words

LANGUAGES = ("en", "es", "de", "fr", "pt", "it")


def tag_text(text: str, language: str) -> Atoms:
    """Returns the text as atoms: known phrases with what they mean, and what lies between."""
    lexicon = load_lexicon(language)
    pieces = cut(text, language)
    atoms: list[Atom] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if piece.word == "." and atoms and _is_short_name(atoms[-1]):
            at += 1
            continue
        found = lexicon.longest(pieces, at)
        if found is None:
            atoms.append(piece if piece.tags else lexicon.guess(piece))
            at += 1
            continue
        length, meanings = found
        whole = replace(piece, end=pieces[at + length - 1].end)
        atoms += (replace(whole, tags={**piece.tags, **tags}) for tags in meanings)
        at += length
    return Atoms(tuple(atoms), text, language)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Known phrases by their first word, longest first, each with one or more sets of tags."""

    phrases: Mapping[str, tuple[tuple[tuple[str, ...], tuple[Tags, ...]], ...]]
    names: tuple[str, ...]
    """Long names of days and months, recognised with one letter wrong."""
    cues: Mapping[str, list[str]]
    telling: Mapping[str, int]
    """Words of the language's own phrases for days and hours; names of days weigh double."""

    def longest(self, pieces: list[Atom], at: int) -> tuple[int, tuple[Tags, ...]] | None:
        """Returns how many pieces the longest phrase takes from here, and its tags."""
        for words, meanings in self.phrases.get(pieces[at].word, ()):
            if len(words) == 1 or _begins(pieces, at, words):
                return len(words), meanings
        return None

    def guess(self, piece: Atom) -> Atom:
        """Returns the piece with the tags of the name that it nearly spells, if any."""
        near = is_nearly(piece.word, self.names)
        return replace(piece, tags=self.phrases[near][-1][1][0]) if near else piece


@lru_cache(maxsize=8)
def load_lexicon(language: str) -> Lexicon:
    """Returns the lexicon of one of the six languages."""
    own = read_words(f"times/{language}")
    meanings = _meanings(own, language)
    telling = dict.fromkeys(map(fold, own["spoken"].split()), 1)
    for words, tags in meanings.items():
        weight = 2 if len(words) == 1 and _NAMES & set(tags[0]) else 1
        if any(_telling_tags() & set(meaning) for meaning in tags):
            long = (word for word in words if len(word) > (1 if len(words) == 1 else 3))
            telling |= {word: max(weight, telling.get(word, 0)) for word in long}
    for source in (read_words("times/shared"), _places(language)):
        meanings = _meanings(source, language) | meanings
    by_first: dict[str, list[tuple[tuple[str, ...], tuple[Tags, ...]]]] = {}
    for words in sorted(meanings, key=len, reverse=True):
        by_first.setdefault(words[0], []).append((words, meanings[words]))
    names = tuple(
        words[0]
        for words, tags in meanings.items()
        if len(words) == 1 and len(words[0]) >= _shortest(tags[0])
    )
    return Lexicon({k: tuple(v) for k, v in by_first.items()}, names, own["cues"], telling)


_NAMES = frozenset({"weekday", "month", "near"})
_NEVER = 99


def _shortest(tags: Tags) -> int:
    """Letters from which a name may be misspelt: `parado` is no `pasado`, `morgan` no `morgen`."""
    if not _NAMES & set(tags):
        return _NEVER
    return 7 if "near" in tags else 6


@lru_cache(maxsize=1)
def _telling_tags() -> frozenset[str]:
    return frozenset(read_words("times/reading")["telling"])


def _meanings(source: Mapping[str, Any], language: str) -> dict[tuple[str, ...], tuple[Tags, ...]]:
    found: dict[tuple[str, ...], tuple[Tags, ...]] = {}
    for phrase, tags in entries(source):
        for words in _spellings(phrase, language):
            known = found.get(words)
            merged = known is not None and len(known) == len(tags) == 1
            found[words] = ({**known[0], **tags[0]},) if known and merged else tags
    return found


def _is_short_name(atom: Atom) -> bool:
    return "weekday_short" in atom.tags or "short" in atom.tags


def _begins(pieces: list[Atom], at: int, words: tuple[str, ...]) -> bool:
    return tuple(piece.word for piece in pieces[at : at + len(words)]) == words


def _places(language: str) -> Mapping[str, Any]:
    """Names of cities and peoples; in German also "Londoner", as in "Londoner Zeit"."""
    places: dict[str, dict[str, list[str]]] = {"city": {}, "people": {}}
    for city, zone in city_zones().items():
        names = [city, f"{city}er"] if language == "de" else [city]
        places["city"].setdefault(zone, []).extend(names)
    places["people"] = zone_words()["peoples"]
    return places


def _spellings(phrase: str, language: str) -> set[tuple[str, ...]]:
    forms = {phrase}
    if language == "de":
        forms.add(phrase.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))
    return {tuple(piece.word for piece in cut(form, "")) for form in forms} or {(fold(phrase),)}
