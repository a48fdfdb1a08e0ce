"""The phrases of a lexicon file, each with the tags that it stands for."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Tags: TypeAlias = Mapping[str, Any]
Entry: TypeAlias = tuple[str, tuple[Tags, ...]]


def entries(source: Mapping[str, Any]) -> Iterator[Entry]:
    """Yields each phrase of a file with its tags; several sets of them for several words in one."""
    for tag, content in source.items():
        if tag in _COUNTED:
            yield from _numbered(_COUNTED[tag], content, source.get("ordinal_endings", [""]))
        elif tag == "together":
            yield from _together(content)
        elif isinstance(content, dict) and tag not in _OTHER:
            yield from _valued(tag, content)
        elif isinstance(content, list) and tag not in _OTHER:
            yield from ((str(phrase), ({tag: True},)) for phrase in content)
    yield from _compounds(source)


_COUNTED = {"numbers": "num", "ordinals": "ord"}
_OTHER = ("cues", "spoken", "glued", "glued_to_month", "ordinal_endings")
_SHORT_NAME = 5
"""Up to this length a further name of a day or month is its abbreviation."""


def _numbered(tag: str, content: str, endings: list[str]) -> Iterator[Entry]:
    for value, phrase in enumerate(content.split()):
        for end in endings if tag == "ord" else [""]:
            yield phrase.replace("_", " ") + end, ({tag: value},)


def _together(content: Mapping[str, list[str]]) -> Iterator[Entry]:
    for parts, phrases in content.items():
        tags = tuple(_parse(part) for part in parts.split())
        yield from ((str(phrase), tags) for phrase in phrases)


def _valued(tag: str, content: Mapping[Any, list[str]]) -> Iterator[Entry]:
    for value, phrases in content.items():
        for n, phrase in enumerate(map(str, phrases)):
            is_short = n > 0 and tag in ("weekday", "month") and len(phrase) <= _SHORT_NAME
            yield phrase, ({tag: value, "short": True} if is_short else {tag: value},)


def _compounds(source: Mapping[str, Any]) -> Iterator[Entry]:
    """Words made of two: "Dienstagnachmittag", "Aprilwoche"."""
    for glued, tag in source.get("glued_to_month", {}).items():
        for month, names in source["month"].items():
            yield from ((f"{name}{glued}", (_parse(tag), {"month": month})) for name in names)
    for glued, tag in source.get("glued", {}).items():
        for weekday, names in source["weekday"].items():
            tags = ({"weekday": weekday}, _parse(tag))
            yield from ((f"{name}{glue}{glued}", tags) for name in names for glue in ("", " "))


def _parse(tag: str) -> Tags:
    name, _, value = tag.partition(":")
    return {name: int(value) if value.lstrip("-").isdigit() else value or True}
