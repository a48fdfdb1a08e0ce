"""Addresses told by their postcode: parts between commas or line ends, one with a house number."""

from collections.abc import Iterator, Mapping

from agent_runtime.pii.addresses.postcodes import is_strong, postcode_end
from agent_runtime.pii.addresses.streets import is_common
from agent_runtime.pii.addresses.tokens import Tokens
from agent_runtime.pii.addresses.vocabulary import vocabulary

_MOST_TOKENS = 26
Core = tuple[int, int]
_JOINTS = frozenset({",", "\n", ".", "-", "/", "'", "(", ")", "#", "º", "ª", "°", "’"})


def find_chains(tokens: Tokens, cues: Mapping[int, str]) -> Iterator[tuple[int, int]]:
    """Yields "054 Melissa Amble, South Darryl, VIC, 8406" and the like."""
    for index in range(2, len(tokens)):
        raw = tokens.raw(index)
        if len(raw) > 2 and not raw.isalpha() and tokens.kinds[index] in "nw":
            yield from _chain(tokens, index, cues)


def _chain(tokens: Tokens, index: int, cues: Mapping[int, str]) -> Iterator[Core]:
    end = postcode_end(tokens, index)
    if end == index:
        return
    heads_line = tokens.word(index - 1) == "\n" and tokens.is_name(end)
    may_end = _may_end(tokens, index, end)
    if not may_end and not heads_line:
        return
    start = _chain_start(tokens, index)
    start = max((cue for cue in cues if start <= cue < index), default=start)
    house = _house_number(tokens, start, index) if may_end else -1
    if house < 0:
        house = _street_word(tokens, start, index)
    names = sum(tokens.is_name(i) for i in range(start, index))
    if house >= 0 and (names or tokens.kinds[index] == "w"):
        yield _part_start(tokens, start, house), end


def _may_end(tokens: Tokens, index: int, end: int) -> bool:
    """Says whether a postcode is strong, or follows the code of a region."""
    before = index - 1 - (tokens.word(index - 1) == ",")
    return is_strong(tokens, index, end) or tokens.is_region(before)


def _chain_start(tokens: Tokens, index: int) -> int:
    start = index
    while start and index - start < _MOST_TOKENS:
        at = start - 1
        is_joint = tokens.lower[at] in _JOINTS and not (
            tokens.kinds[at] == "p" and at and tokens.ends_sentence(at - 1)
        )
        is_part = tokens.is_name(at) or tokens.is_number(at) or tokens.is_region(at)
        is_low = tokens.kinds[at] == "w" and not is_common(tokens.lower[at])
        is_street = tokens.lower[at] in vocabulary().leading
        is_lone = (
            tokens.is_capital(at)
            and not tokens.is_lower_case
            and (tokens.lower[at] not in vocabulary().no_places and tokens.kind(at + 1) in "lp")
        )
        is_part = is_part or is_street or is_lone
        is_low = is_low and tokens.kinds[at - 1] in "nw" and tokens.is_name(at - 1)
        if not (is_joint or is_part or is_low or tokens.is_unit(at) or tokens.is_connector(at)):
            break
        if tokens.lower[at] == "\n" and tokens.word(at - 1) == "\n":
            break
        start = at
    return start


def _house_number(tokens: Tokens, start: int, index: int) -> int:
    """Returns the first number at the edge of a part that is not the postcode's own; -1: none."""
    for at in range(start, index):
        if tokens.kinds[at] == "n" and tokens.is_number(at):
            edge_before = at == start or tokens.kinds[at - 1] in "lp" or tokens.is_unit(at - 1)
            edge_after = tokens.kind(at + 1) in "lp"
            is_apart = any(tokens.word(i) in (",", "\n") for i in range(at, index))
            if (edge_before or edge_after) and is_apart and tokens.word(at + 1) != "-":
                return at
    return -1


def _street_word(tokens: Tokens, start: int, index: int) -> int:
    """Returns where a part that begins with a street word stands, for want of a number; or -1."""
    known = vocabulary()
    for at in range(start, index - 2):
        is_first = at == start or tokens.lower[at - 1] in (",", "\n")
        is_street = tokens.lower[at] in known.leading | known.leading_doubtful
        if is_first and is_street and any(tokens.lower[i] in ",\n" for i in range(at, index)):
            return at
    return -1


def _part_start(tokens: Tokens, start: int, house: int) -> int:
    """Returns the beginning of the part with the house number, or of a unit before it."""
    at = house
    while at > start and tokens.lower[at - 1] not in (",", "\n"):
        at -= 1
    if at == house and tokens.word(at - 1) == "," and at - 1 > start:
        at -= 1
        while at > start and tokens.lower[at - 1] not in (",", "\n"):
            at -= 1
    while at < house and not (tokens.is_name(at) or tokens.is_unit(at) or tokens.is_number(at)):
        if tokens.lower[at] in vocabulary().leading:
            break
        at += 1
    return at
