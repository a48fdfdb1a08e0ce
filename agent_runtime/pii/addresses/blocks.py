"""Addresses told by how they stand: a line with a number above a line with a postcode."""

from collections.abc import Iterator

from agent_runtime.pii.addresses.postcodes import postcode_end
from agent_runtime.pii.addresses.streets import is_common, name_end
from agent_runtime.pii.addresses.tokens import Tokens
from agent_runtime.pii.addresses.vocabulary import vocabulary

_MOST_TOKENS = 9
_LINES_BELOW = 4


def find_blocks(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Yields "Tylova 42" above "36001 Karlovy Vary", "Unter den Linden 5, 10117 Berlin", rooms."""
    lines = _lines(tokens)
    for place, (first, last) in enumerate(lines):
        if not _is_street_line(tokens, first, last):
            continue
        for below in lines[place + 1 : place + 1 + _LINES_BELOW]:
            if not _is_address_line(tokens, *below):
                break
            if _has_postcode(tokens, *below):
                yield first, last
                break
    for index in range(1, len(tokens) - 1):
        if tokens.kinds[index] == "n":
            yield from _before_postcode(tokens, index)
        elif tokens.lower[index] in vocabulary().units and tokens.kinds[index] == "w":
            yield from _beside_room(tokens, index)


def _before_postcode(tokens: Tokens, index: int) -> Iterator[tuple[int, int]]:
    """A name, its number, a comma or line end, five digits and a town."""
    at = index + 1
    while tokens.word(at) in (",", "\n", ".") and at < index + 4:
        at += 1
    end = postcode_end(tokens, at)
    is_long = end > at and len(tokens.raw(at)) >= 4
    if at == index + 1 or not is_long or not tokens.is_name(end) or not tokens.is_number(index):
        return
    start = index
    while start and index - start < 5 and tokens.kinds[start - 1] == "w":
        if not (tokens.is_name(start - 1) or tokens.is_connector(start - 1)):
            break
        start -= 1
    if any(tokens.is_name(i) for i in range(start, index)):
        yield start, index + 1


def _beside_room(tokens: Tokens, index: int) -> Iterator[tuple[int, int]]:
    """A number and a name, or a name and a number, directly before a room and its number."""
    at = index + 1
    while tokens.word(at) in (".", "#", "no", "nº", "n"):
        at += 1
    if tokens.kind(at) != "n":
        return
    end = index
    while (
        end and tokens.kinds[end - 1] in "lp" and tokens.word(end - 1) in (",", "\n", ".", ">", "?")
    ):
        end -= 1
    start = end
    names = numbers = 0
    while start and end - start < 7 and tokens.kinds[start - 1] in "wnp":
        at_name, at_number = tokens.is_name(start - 1), tokens.is_number(start - 1)
        is_dot = tokens.word(start - 1) in (".", "'") and tokens.kind(start - 2) == "w"
        if not (at_name or at_number or is_dot or tokens.is_connector(start - 1)):
            break
        names += at_name
        numbers += at_number
        start -= 1
    while start < end and not (tokens.is_name(start) or tokens.is_number(start)):
        start += 1
    is_begun = tokens.is_number(start) or tokens.is_number(end - 1)
    if names and numbers and is_begun:
        yield start, index


def _lines(tokens: Tokens) -> list[tuple[int, int]]:
    """Returns the lines without the signs that quote them; blank lines are left out."""
    lines, first = [], 0
    for index in range(len(tokens) + 1):
        if tokens.kind(index) in "l ":
            while first < index and tokens.word(first) in (">", "?", "|", "*", "-"):
                first += 1
            if first < index:
                lines.append((first, index))
            first = index + 1
    return lines


def _is_street_line(tokens: Tokens, first: int, last: int) -> bool:
    if not 2 <= last - first <= _MOST_TOKENS or not _is_address_line(tokens, first, last):
        return False
    numbers = [i for i in range(first, last) if tokens.is_number(i)]
    names = sum(tokens.is_name(i) for i in range(first, last))
    ends = last - 1 - (tokens.word(last - 1) in (".", ","))
    return bool(names and numbers) and (numbers[0] == first or numbers[-1] == ends)


def _is_address_line(tokens: Tokens, first: int, last: int) -> bool:
    """Says whether a line holds nothing but names, numbers and the signs between them."""
    if last - first > _MOST_TOKENS or name_end(tokens, first, is_loose=True) < first:
        return False
    return all(
        tokens.is_name(i)
        or tokens.is_connector(i)
        or tokens.kinds[i] == "n"
        or tokens.word(i) in (",", ".", "-", "/", "(", ")", "'", "#", "º", "ª")
        or (tokens.kinds[i] == "w" and not is_common(tokens.lower[i]))
        for i in range(first, last)
    )


def _has_postcode(tokens: Tokens, first: int, last: int) -> bool:
    return any(
        postcode_end(tokens, i) > i and (i == first or postcode_end(tokens, i) >= last - 1)
        for i in range(first, last)
    )
