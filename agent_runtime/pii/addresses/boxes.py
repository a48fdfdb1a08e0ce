"""Boxes: post office boxes, and the units, ships and post offices of armed forces."""

from collections.abc import Iterator
from functools import cache

from agent_runtime.pii.addresses.tokens import Tokens
from agent_runtime.words import read_words


def find_boxes(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Yields the first token and the one after the last of each box."""
    boxes, (units, ships, posts) = _boxes(), _forces()
    for index, word in enumerate(tokens.lower):
        if word in boxes:
            yield from _post_office_box(tokens, index)
        elif word in units or word in ships or word in posts:
            yield from _military(tokens, index)


def _post_office_box(tokens: Tokens, index: int) -> Iterator[tuple[int, int]]:
    for phrase in _boxes().get(tokens.lower[index], ()):
        at = index
        for word in phrase:
            while at > index and tokens.word(at) == ".":
                at += 1
            if tokens.word(at).replace(".", "") != word:
                break
            at += 1
        else:
            while tokens.word(at) in (".", ":", "#", "nº", "n°", "no", "nr"):
                at += 1
            is_loud = sum(map(len, phrase)) > 3 or len(phrase) > 1 or tokens.raw(index).isupper()
            if tokens.kind(at) == "n" and is_loud:
                yield index, at + 1
                return


def _military(tokens: Tokens, index: int) -> Iterator[tuple[int, int]]:
    word = tokens.lower[index]
    units, ships, posts = _forces()
    if word in units and tokens.kind(index + 1) == "n":
        at = index + 2
        at += tokens.word(at) == ","
        if tokens.word(at) == "box" and tokens.kind(at + 1) == "n":
            yield index, at + 2
    elif word in ships or word in posts:
        for at in range(index, min(index + 6, len(tokens) - 2)):
            if tokens.word(at) in posts and tokens.word(at + 1) in ("aa", "ae", "ap"):
                yield index, at + 3
                return


@cache
def _boxes() -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in read_words("pii/addresses")["boxes"]:
        words: tuple[str, ...] = tuple(phrase.split())
        first = phrase.split()[0]
        if len(words) > 1 and len(first) == 1:
            dotted = "".join(w for w in words if len(w) == 1)
            rest = tuple(w for w in words if len(w) > 1)
            shown = ".".join(w for w in words if len(w) == 1)
            found.setdefault(shown, []).append((dotted, *rest))
        found.setdefault(first, []).append(words)
    return found


@cache
def _forces() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    words = read_words("pii/addresses")
    units, ships = words["military_units"].split(), words["ships"].split()
    return frozenset(units), frozenset(ships), frozenset(words["military_posts"].split())
