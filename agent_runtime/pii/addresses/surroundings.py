"""What belongs to an address around its core: more numbers, rooms, towns, postcodes, countries."""

from agent_runtime.pii.addresses.postcodes import postcode_end
from agent_runtime.pii.addresses.streets import AND_WORDS, is_common
from agent_runtime.pii.addresses.tokens import Tokens
from agent_runtime.pii.addresses.vocabulary import vocabulary

_MOST_LINES = 6
_MOST_TOKENS = 22
_MOST_NAMES = 6


def widen(tokens: Tokens, first: int, last: int, *, floor: int) -> tuple[int, int]:
    """Returns a core together with all that belongs to it.

    Args:
        tokens: The text.
        first: First token of the core.
        last: The token after its last.
        floor: Nothing before this token is taken.
    """
    return _backwards(tokens, first, floor), _onwards(tokens, last)


def _backwards(tokens: Tokens, first: int, floor: int) -> int:
    start = first
    while start > floor and tokens.is_number(start - 1) and first - start < 2:
        start -= 1
    before = start - 1 - (tokens.word(start - 1) == ".")
    if before >= floor and start < first and tokens.is_unit(before):
        return before
    at = start - 1
    while at > floor and tokens.word(at) in (",", "\n", "-"):
        at -= 1
    for size in (2, 3):
        begin = at - size + 1
        if begin >= floor and _unit_end(tokens, begin) == at + 1:
            return begin
    return _corner(tokens, start, floor)


def _corner(tokens: Tokens, start: int, floor: int) -> int:
    """Returns where "the corner of" before a street begins, or the street itself."""
    known, at = vocabulary(), start
    while at > floor and tokens.word(at - 1) in known.corners | known.corner_words:
        at -= 1
    return at if any(tokens.word(i) in known.corners for i in range(at, start)) else start


def _onwards(tokens: Tokens, last: int) -> int:
    end, lines, limit = last, 0, last + _MOST_TOKENS
    while end < min(limit, len(tokens)):
        at, breaks, has_comma = end, 0, False
        if tokens.word(at) == "." and not tokens.ends_sentence(at - 1):
            at += 1
        while tokens.kind(at) in "lp" and tokens.word(at) in (
            "\n",
            ",",
            "-",
            "–",
            ">",
            "?",
            "(",
            "/",
        ):
            if tokens.word(at) in (">", "?") and not breaks:
                return end
            breaks += tokens.word(at) == "\n"
            has_comma |= tokens.word(at) == ","
            at += 1
        lines += breaks
        is_apart = bool(breaks or has_comma)
        if lines > _MOST_LINES or (breaks > 1 and not _line_has_postcode(tokens, at)):
            return end
        until = _part_end(tokens, at, is_apart=is_apart, is_new_line=bool(breaks))
        if until <= at:
            return end
        end = until
    return end


def _part_end(tokens: Tokens, at: int, *, is_apart: bool, is_new_line: bool) -> int:
    """Returns where the room, postcode or place at a token ends; `at` where there is none."""
    if (end := _unit_end(tokens, at)) > at:
        return end
    if (end := postcode_end(tokens, at)) > at and _is_here(tokens, at, end, is_apart=is_apart):
        return end
    end = _place_end(tokens, at)
    if end > at and is_new_line and ":" in (tokens.word(end), tokens.word(end + 1)):
        return at
    return end


def _is_here(tokens: Tokens, at: int, end: int, *, is_apart: bool) -> bool:
    """Says whether a number is a postcode: on the line, or before a town or the line's end."""
    is_long = len(tokens.raw(at)) >= 5
    is_long |= tokens.is_region(at - 1) or (tokens.word(at - 1) == "," and tokens.is_region(at - 2))
    is_town = tokens.is_name(end) or (tokens.is_connector(end) and tokens.is_name(end + 1))
    return not is_apart or is_long or is_town or tokens.kind(end) != "w"


def _unit_end(tokens: Tokens, at: int) -> int:
    """Returns where "Apt. 5", "3º B", "5th floor" or "#12" ends; `at` where none begins."""
    units = vocabulary().units
    word = tokens.word(at)
    index = at
    if word in units or word == "#":
        index += 1
        while tokens.word(index) in (".", "#", ":"):
            index += 1
        is_letter = (
            len(tokens.word(index)) == 1 and tokens.raw(index).isupper()
            if (tokens.kind(index) == "w")
            else False
        )
        if tokens.kind(index) == "n" or is_letter:
            return index + 1
        return at
    if tokens.kind(at) == "n" and tokens.word(at + 1) in units:
        index = at + 2 + (tokens.word(at + 2) == ".")
        return index
    if tokens.kind(at) == "n" and word.endswith(("º", "ª", "°")):
        is_door = tokens.kind(at + 1) == "w" and len(tokens.word(at + 1)) <= 4
        is_door = is_door and tokens.is_capital(at + 1)
        return at + 2 if is_door else at + 1
    return at


def _place_end(tokens: Tokens, at: int) -> int:
    """Returns where the name of a town, region or country ends; `at` where none begins."""
    index = end = at
    names = 0
    while index < len(tokens) and names < _MOST_NAMES:
        is_name = tokens.is_name(index) or tokens.is_region(index)
        if is_name and tokens.word(index + 1) != "@":
            names += 1
            index += 1
            end = index
            if tokens.ends_sentence(index - 1):
                break
            if tokens.word(index) == ")":
                return index + 1
            if tokens.has_dot(index - 1):
                index += 1
        elif tokens.is_connector(index) and index - end < 3:
            index += 1
        elif end > at and _goes_on(tokens, index, end):
            index += 1
            end = index if tokens.kinds[index - 1] == "w" else end
        elif end == index > at and _is_district(tokens, index):
            return index + 1
        else:
            break
    return end


def _goes_on(tokens: Tokens, index: int, end: int) -> bool:
    """Says whether a word or sign carries a name on: Jesus do Sul, Saint- François."""
    if tokens.kinds[index] == "p":
        is_joint = tokens.lower[index] in ("-", "'", "’")
        return is_joint and tokens.is_capital(index + 1) and tokens.raw(index + 1)[0].isupper()
    if tokens.kinds[index] != "w" or tokens.lower[index] in vocabulary().no_places:
        return False
    if tokens.raw(index)[0].isupper():
        return not tokens.is_unit(index) and index - end < 3
    is_inside = (
        index > end
        and tokens.word(index - 1) not in AND_WORDS
        and not is_common(tokens.lower[index])
    )
    return is_inside and (tokens.kind(index + 1) in "nl " or tokens.word(index + 1) == ",")


def _is_district(tokens: Tokens, index: int) -> bool:
    """Says whether a number after a town is a part of it: Praha 4."""
    is_short = tokens.is_number(index) and len(tokens.raw(index)) <= 3
    return is_short and (tokens.word(index + 1) == "," or tokens.kind(index + 1) in "l ")


def _line_has_postcode(tokens: Tokens, at: int) -> bool:
    for index in range(at, min(at + 7, len(tokens))):
        if tokens.kinds[index] == "l":
            return False
        if tokens.kinds[index] == "n" and len(tokens.raw(index)) >= 4:
            return postcode_end(tokens, index) > index
    return False
