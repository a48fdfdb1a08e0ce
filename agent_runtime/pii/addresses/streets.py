"""Streets told by a street word: before the name, after it, or grown together with it."""

from collections.abc import Iterator, Mapping

from agent_runtime.pii.addresses.tokens import Tokens
from agent_runtime.pii.addresses.vocabulary import vocabulary

_MOST_WORDS = 6
_NUMBER_WORDS = frozenset(
    {"nº", "n°", "no", "nr", "n", "num", "número", "numero", "numéro", "#", "º"}
)
_DIRECTIONS = frozenset({"N", "S", "E", "W", "NE", "NW", "SE", "SW"})
_AFTER_NUMBERS = frozenset({"bis", "ter", "quater", "a", "b", "c", "d", "e", "f"})

AND_WORDS = frozenset({"e", "y", "and", "et", "und", "a", "i"})
Core = tuple[int, int]


def leading_street(tokens: Tokens, index: int, cues: Mapping[int, str]) -> Iterator[Core]:
    """Yields "Calle Mayor 5" and "12 rue de la Paix", found at their street word."""
    if tokens.lower[index] == "c" and tokens.word(index + 1) != "/":
        return
    first = _house_number_before(tokens, index)
    has_number = first < index
    is_cued = first in cues or index in cues
    at = index + 1
    while tokens.word(at) in (".", "/"):
        at += 1
    is_sure = tokens.lower[index] in vocabulary().leading
    end = name_end(tokens, at, is_loose=has_number or is_cued)
    if end == at and is_sure and tokens.is_number(at):
        end = (
            at
            + 1
            + (
                len(tokens.word(at + 1)) == 1
                and tokens.is_name(at + 1)
                and not tokens.is_number_word(at + 1)
            )
        )
    if end == at:
        return
    last = house_number_after(tokens, end)
    is_shown = any(tokens.raw(i)[0].isupper() for i in range(at, end)) and not (
        tokens.lower[index] == "r" and tokens.raw(index) == "r"
    )
    if is_cued or has_number or (last > end and (is_sure or is_shown)):
        yield first, last


def trailing_street(tokens: Tokens, index: int, cues: Mapping[int, str]) -> Iterator[Core]:
    """Yields "12 High Street" and "Untere Donau Straße 5", found at their street word."""
    known, word = vocabulary(), tokens.lower[index]
    is_sure = word in known.trailing
    at, names = index - 1, 0
    is_loose = is_sure or tokens.is_lower_case or word in known.trailing_numbered
    while at >= 0 and index - at <= _MOST_WORDS and tokens.kinds[at] != "l":
        is_part = tokens.is_name(at) or _is_ordinal(tokens, at) or _is_direction(tokens, at)
        if not is_part and is_loose and tokens.kinds[at] == "w" and not tokens.is_connector(at):
            is_part = not is_common(tokens.lower[at])
        is_dot = tokens.word(at) == "." and tokens.kind(at - 1) == "w"
        if not (is_part or is_dot or tokens.is_connector(at)):
            break
        names += is_part
        at -= 1
    begin = at + 1
    end = index + 1 + tokens.has_dot(index)
    has_number = at >= 0 and tokens.is_number(at)
    if has_number and names and (is_sure or _is_street_here(tokens, at, index, cues)):
        yield at, house_number_after(tokens, end) if word in known.trailing_numbered else end
    elif names and word in known.trailing_numbered:
        last = house_number_after(tokens, end)
        if last > end and tokens.is_capital(index - 1):
            yield _last_name_start(tokens, begin, index), last
    elif names and (is_sure or tokens.is_capital(index)):
        for start in range(begin, index):
            if start in cues and tokens.is_name(start):
                yield start, end
                return


def glued_street(tokens: Tokens, index: int, cues: Mapping[int, str]) -> Iterator[Core]:
    """Yields "Hauptstr. 5" and "Bergweg 3a", found at the grown-together word."""
    known, word = vocabulary(), tokens.lower[index]
    ending = max((g for g in known.glued if word.endswith(g)), key=len)
    if len(word) < len(ending) + 2 or not tokens.is_capital(index):
        return
    end = index + 1 + tokens.has_dot(index)
    last = house_number_after(tokens, end)
    start = index
    while start and index - start < 2 and tokens.is_name(start - 1):
        start -= 1
    number = tokens.is_number(start - 1)
    is_sure = ending not in known.glued_doubtful
    if last > end and (is_sure or start in cues or stands_alone(tokens, last)):
        yield start, last
    elif number and (is_sure or stands_alone(tokens, end)):
        yield start - 1, end
    elif start in cues and is_sure:
        yield start, end


def numbered_twice(tokens: Tokens, index: int) -> Iterator[Core]:
    """Yields "64 Király 23, Tiszabög": a name between two numbers, before a town."""
    end = name_end(tokens, index + 1, is_loose=False)
    if end == index + 1 or not tokens.is_number(index):
        return
    last = house_number_after(tokens, end)
    if last > end and tokens.word(last) in (",", "\n") and tokens.is_name(last + 1):
        yield index, last


def name_end(tokens: Tokens, at: int, *, is_loose: bool) -> int:
    """Returns where the name of a street that begins at `at` ends; `at` where there is none.

    Args:
        tokens: The text.
        at: Where the name begins.
        is_loose: Whether small letters will do, as in "rue de la paix".
    """
    last = index = at
    while index < len(tokens) and index - at < _MOST_WORDS:
        if tokens.is_connector(index) or tokens.word(index) == ".":
            if tokens.word(index) == "." and (
                tokens.ends_sentence(index - 1) and len(tokens.word(index - 1)) > 4
            ):
                break
            if tokens.lower[index] in AND_WORDS and not tokens.raw(index + 1)[:1].isupper():
                break
            index += 1
            continue
        is_word = tokens.kinds[index] == "w" and not is_common(tokens.lower[index])
        if tokens.is_unit(index) or tokens.is_number_word(index):
            break
        is_month = index > at and tokens.is_connector(index - 1) and tokens.is_month(index)
        is_date = tokens.kinds[index] == "n" and index == at and tokens.kind(index + 1) == "w"
        is_date = is_date and (tokens.is_connector(index + 1) or tokens.lower[at - 1] == "du")
        is_first = index == at and tokens.is_capital(index) and not tokens.is_lower_case
        is_first = is_first and tokens.lower[index] not in vocabulary().no_places
        is_part = is_first or is_month or tokens.is_name(index) or (is_loose and is_word)
        if not (is_part or is_date):
            break
        index += 1
        last = index if not is_date else last
    return last


def house_number_after(tokens: Tokens, at: int) -> int:
    """Returns where the house number that may follow ends; `at` where none follows."""
    index = at
    if tokens.word(index) == ",":
        index += 1
    if (
        tokens.word(index) == "s"
        and tokens.word(index + 1) == "/"
        and tokens.word(index + 2) == "n"
    ):
        return index + 3
    while tokens.word(index) in _NUMBER_WORDS or (
        index > at and tokens.word(index) in (".", "°", "º", "#")
    ):
        index += 1
    if not tokens.is_number(index) or len(tokens.raw(index)) > 9:
        return at
    index += 1
    if tokens.word(index) in _AFTER_NUMBERS and (
        tokens.raw(index).isupper() or len(tokens.raw(index)) > 1
    ):
        index += 1
    return index


def is_common(word: str) -> bool:
    """Says whether a word is one of every day, or stands in letters but in no address."""
    known = vocabulary()
    return word in known.common or word in known.no_places


def stands_alone(tokens: Tokens, at: int) -> bool:
    """Says whether a sign, a line end, a room or the end of the text comes next."""
    return tokens.kind(at) in "lp n" or tokens.word(at) in vocabulary().units


def _is_street_here(tokens: Tokens, number: int, index: int, cues: Mapping[int, str]) -> bool:
    """Says whether a doubtful street word stands as in an address."""
    if tokens.is_lower_case or tokens.raw(index).islower():
        is_line = tokens.kind(number - 1) in "l " and tokens.kind(index + 1) in "l "
        return number in cues or is_line
    is_long = sum(map(str.isdigit, tokens.raw(number))) >= 3
    return number in cues or is_long or stands_alone(tokens, index + 1 + tokens.has_dot(index))


def _house_number_before(tokens: Tokens, index: int) -> int:
    at = index - 1
    if tokens.word(at) in ("bis", "ter", "b"):
        at -= 1
    if tokens.word(at) == ",":
        at -= 1
    return at if tokens.is_number(at) else index


def _last_name_start(tokens: Tokens, begin: int, index: int) -> int:
    while begin < index - 1 and not tokens.is_name(begin):
        begin += 1
    return begin


def _is_direction(tokens: Tokens, index: int) -> bool:
    """Says whether a letter is a side of the city between number and name: 220 W 34th St."""
    return tokens.raw(index) in _DIRECTIONS and tokens.kind(index - 1) == "n"


def _is_ordinal(tokens: Tokens, index: int) -> bool:
    return tokens.kinds[index] == "n" and tokens.lower[index].endswith(("st", "nd", "rd", "th"))
