"""The words of each language for days and hours, found in a text as the longest known phrases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from agent_runtime.times.spelling import is_nearly
from agent_runtime.times.tokens import Atom, Atoms, cut, fold
from agent_runtime.times.zones_named import city_zones, zone_words
from agent_runtime.words import read_words

LANGUAGES = ("en", "es", "de", "fr", "pt", "it")

Tags = Mapping[str, Any]


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
    telling: frozenset[str]
    """First words of the language's own phrases for days and hours."""

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
    meanings: dict[tuple[str, ...], tuple[Tags, ...]] = {}
    for source in (own, read_words("times/shared"), _places()):
        seen = set(meanings)
        for phrase, tags in _entries(source):
            for words in _spellings(phrase, language):
                if words in seen:
                    continue
                known = meanings.get(words)
                merged = known is not None and len(known) == len(tags) == 1
                meanings[words] = ({**known[0], **tags[0]},) if known and merged else tags
    by_first: dict[str, list[tuple[tuple[str, ...], tuple[Tags, ...]]]] = {}
    for words in sorted(meanings, key=len, reverse=True):
        by_first.setdefault(words[0], []).append((words, meanings[words]))
    names = tuple(
        words[0]
        for words, tags in meanings.items()
        if len(words) == 1 and len(words[0]) >= 6 and {"weekday", "month", "near"} & set(tags[0])
    )
    telling = frozenset(
        words[0]
        for phrase, tags in _entries(own)
        if any(_TELLING & set(meaning) for meaning in tags)
        for words in _spellings(phrase, language)
    )
    return Lexicon({k: tuple(v) for k, v in by_first.items()}, names, own["cues"], telling)


def _is_short_name(atom: Atom) -> bool:
    is_name = any(tag in atom.tags for tag in ("weekday", "weekday_short", "month"))
    return is_name and len(atom.word) <= _LONGEST_SHORT_NAME


_LONGEST_SHORT_NAME = 5


def _begins(pieces: list[Atom], at: int, words: tuple[str, ...]) -> bool:
    return tuple(piece.word for piece in pieces[at : at + len(words)]) == words


def _places() -> Mapping[str, Any]:
    places: dict[str, dict[str, list[str]]] = {"city": {}, "people": {}}
    for city, zone in city_zones().items():
        places["city"].setdefault(zone, []).append(city)
    places["people"] = zone_words()["peoples"]
    return places


def _entries(source: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Tags, ...]]]:
    """Yields each phrase of a file with the tags that it stands for."""
    for tag, content in source.items():
        if tag in ("cues", "glued", "glued_to_month", "ordinal_endings"):
            continue
        if tag in _COUNTED:
            name = _COUNTED[tag]
            endings = source.get("ordinal_endings", [""]) if name == "ord" else [""]
            for value, phrase in enumerate(content.split()):
                yield from ((phrase.replace("_", " ") + end, ({name: value},)) for end in endings)
        elif tag == "together":
            for parts, phrases in content.items():
                tags = tuple(_parse(part) for part in parts.split())
                yield from ((str(phrase), tags) for phrase in phrases)
        elif isinstance(content, dict):
            for value, phrases in content.items():
                yield from ((str(phrase), ({tag: value},)) for phrase in phrases)
        else:
            yield from ((str(phrase), ({tag: True},)) for phrase in content)
    for glued, tags in source.get("glued_to_month", {}).items():
        for month, names in source["month"].items():
            yield from ((f"{name}{glued}", (_parse(tags), {"month": month})) for name in names)
    for glued, tags in source.get("glued", {}).items():
        for day, names in source["weekday"].items():
            for name in names:
                both = ({"weekday": day}, _parse(tags))
                yield from ((f"{name}{glued}", both), (f"{name} {glued}", both))


_TELLING = frozenset(
    {"weekday", "month", "near", "num", "part", "ord", "half", "oclock", "next", "at", "plus"}
)
"""Tags whose words show in which language a text is."""

_COUNTED = {"numbers": "num", "ordinals": "ord"}


def _parse(tag: str) -> Tags:
    name, _, value = tag.partition(":")
    return {name: int(value) if value.lstrip("-").isdigit() else value or True}


def _spellings(phrase: str, language: str) -> set[tuple[str, ...]]:
    forms = {phrase}
    if language == "de":
        forms.add(phrase.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))
    return {tuple(piece.word for piece in cut(form, "")) for form in forms} or {(fold(phrase),)}
