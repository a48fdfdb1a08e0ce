"""What tells an address: a street word beside a number, a room, or the place where it stands."""

from collections.abc import Iterator, Mapping

from agent_runtime.pii.addresses.after_cues import cued_cores
from agent_runtime.pii.addresses.blocks import find_blocks
from agent_runtime.pii.addresses.chains import find_chains
from agent_runtime.pii.addresses.streets import (
    glued_street,
    leading_street,
    numbered_twice,
    trailing_street,
)
from agent_runtime.pii.addresses.tokens import Tokens
from agent_runtime.pii.addresses.vocabulary import spots, vocabulary
from agent_runtime.pii.finding import Reading

_FILLERS = frozenset(
    {":", '"', "'", "“", "„", "«", "(", "\n", "?", "the", "is", "it", "at", "in", "="}
)


def find_cores(tokens: Tokens, reading: Reading) -> Iterator[tuple[int, int]]:
    """Yields the first token and the one after the last of each core, in any order."""
    cues = _cued(tokens, reading)
    for first, last in _cores(tokens, cues):
        begin = _from_cue(tokens, first, cues)
        inside = (c for c in cues if begin < c < last and "n" not in tokens.kinds[begin:c])
        begin = max(inside, default=begin)
        while begin < last - 1 and tokens.is_connector(begin) and tokens.raw(begin).islower():
            begin += 1
        yield begin, last


def _cores(tokens: Tokens, cues: Mapping[int, str]) -> Iterator[tuple[int, int]]:
    known = vocabulary()
    for index in range(len(tokens)):
        kind = tokens.kinds[index]
        if kind == "w":
            word = tokens.lower[index]
            if word in known.leading or word in known.leading_doubtful:
                yield from leading_street(tokens, index, cues)
            if (
                word in known.trailing
                or word in known.trailing_doubtful
                or (word in known.trailing_numbered)
            ):
                yield from trailing_street(tokens, index, cues)
            if word.endswith(known.glued):
                yield from glued_street(tokens, index, cues)
        elif kind == "n":
            yield from numbered_twice(tokens, index)
    yield from cued_cores(tokens, cues)
    yield from find_blocks(tokens)
    yield from find_chains(tokens, cues)


def _from_cue(tokens: Tokens, first: int, cues: Mapping[int, str]) -> int:
    """Returns where a core begins when the names between it and a cue are counted in."""
    at = first
    while at and first - at < 5 and at not in cues:
        if not (tokens.is_name(at - 1) or tokens.is_connector(at - 1)):
            return first
        at -= 1
    return at if at in cues else first


def _cued(tokens: Tokens, reading: Reading) -> dict[int, str]:
    """Returns the tokens at which an address is to be expected, and how surely."""
    cues: dict[int, str] = {}
    for meaning, _, end in spots().find(reading.words):
        first = tokens.at(end)
        for index in range(first, min(first + 6, len(tokens))):
            if cues.get(index) != "sure":
                cues[index] = meaning
            if tokens.word(index) not in _FILLERS:
                break
    return cues
