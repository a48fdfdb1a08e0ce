"""Calendar dates as people write them: 14 March, March the 14th, am 14., el 14, 03/04."""

from dataclasses import replace
from typing import NamedTuple

from agent_runtime.times.days import Dated, Numeric
from agent_runtime.times.tokens import Atoms


class HeardDate(NamedTuple):
    """A date and where it ends."""

    date: Dated | Numeric
    end: int


def hear_date(
    atoms: Atoms, at: int, *, after: Dated | None = None, is_day: bool = False
) -> HeardDate | None:
    """Returns the date written at a position.

    Args:
        atoms: The text.
        at: Where the date would begin, after its article.
        after: The date of a list just before, which a bare number continues ("3 or 4 May").
        is_day: What stands before already says that a bare number is a day.
    """
    if iso := atoms.tag(at, "iso"):
        return HeardDate(Dated(iso[2], iso[1], iso[0]), at + 1)
    return (
        _in_digits(atoms, at, is_day)
        or _month_first(atoms, at)
        or _day_first(atoms, at)
        or _bare(atoms, at, after=after, is_day=is_day)
    )


def hear_month(atoms: Atoms, at: int) -> HeardDate | None:
    """Returns the first of the month that is named at a position, with or without its year."""
    at = atoms.skip(at, "filler", "of", "daymark", "onday")
    if (month := atoms.tag(at, "month")) is not None:
        year, end = _year(atoms, at + 1)
        return HeardDate(Dated(1, month, year), end)
    months_on = {"next": 1, "this": 0, "coming": 1, "following": 1}
    for name, ahead in months_on.items():
        if atoms.has(at, name) and atoms.has(at + 1, "month_word"):
            return HeardDate(Dated(1, months_on=ahead), at + 2)
    if atoms.has(at, "month_word"):
        ahead = 1 if atoms.has(at + 1, "next", "coming") else 0
        return HeardDate(Dated(1, months_on=ahead), at + 1 + ahead)
    return None


_BEFORE_DAY = ("daymark", "onday", "after", "before", "until", "between", "or", "and", "to", "dash")
_COUNTED_ON = ("counted", "unit", "oclock", "half_day", "noun_of_rank", "half", "week", "weekday")
_SMALL_ORDINAL = 3
"""Up to "the third" an ordinal word is more often a choice than a date."""


def _day_number(atoms: Atoms, at: int) -> int | None:
    number = atoms.tag(at, "ord")
    if number is None:
        number = atoms.tag(at, "num")
    return number if number is not None and 1 <= number <= 31 else None


def _year(atoms: Atoms, at: int) -> tuple[int, int]:
    """The year that follows a month, 0 for none, and where the date ends."""
    year_at = atoms.skip(at, "filler", "of", "comma", "dash")
    year = atoms.tag(year_at, "year")
    return (year, year_at + 1) if year else (0, at)


def _in_digits(atoms: Atoms, at: int, is_day: bool) -> HeardDate | None:
    if said := atoms.tag(at, "numeric"):
        first, second, year, mark = said
        if not _could_be(first, second) or atoms.has(at + 1, "unit"):
            return None
        is_day_first = mark == "." and atoms.language != "en"
        return HeardDate(Numeric(first, second, year or 0, is_day_first=is_day_first), at + 1)
    if said := atoms.tag(at, "dotted"):
        first, second, digits, is_ended = said
        if not _could_be(first, second) or atoms.has(at + 1, "oclock", "half_day"):
            return None
        is_marked = is_day or atoms.has(at - 1, "daymark", "onday", "weekday")
        is_hour = atoms.has(at - 1, "at", "after", "before", "from") and not is_marked
        if (is_ended or is_marked) and not is_hour and (digits == 2 or is_ended or is_marked):
            is_day_first = atoms.language != "en"
            return HeardDate(Numeric(first, second, is_day_first=is_day_first), at + 1)
    return None


def _could_be(first: int, second: int) -> bool:
    return 1 <= min(first, second) <= 12 and max(first, second) <= 31


def _month_first(atoms: Atoms, at: int) -> HeardDate | None:
    month = atoms.tag(at, "month")
    if month is None:
        return None
    day_at = atoms.skip(at + 1, "filler", "daymark")
    day = _day_number(atoms, day_at)
    if day is None or atoms.has(day_at + 1, "oclock", "half_day", "counted"):
        return None
    year, end = _year(atoms, day_at + 1)
    return HeardDate(Dated(day, month, year), end)


def _day_first(atoms: Atoms, at: int) -> HeardDate | None:
    day = _day_number(atoms, at)
    if day is None:
        return None
    named = hear_month(atoms, at + 1 + atoms.has(at + 1, "dash"))
    if named is None or atoms.has(at - 1, "at"):
        named = _month_after_others(atoms, at + 1)
        end = at + 1
    else:
        end = named.end
    if named is None or not isinstance(named.date, Dated):
        return None
    if named.date.month == 0 and not atoms.has(at, "ord") and not _is_marked(atoms, at):
        return None
    return HeardDate(replace(named.date, day=day), end)


def _month_after_others(atoms: Atoms, at: int) -> HeardDate | None:
    """The month of "3, 4 or 5 March", looked for from behind the first of the numbers."""
    while atoms.has(at, "or", "and", "to", "dash", "slash", "comma", "until"):
        at = atoms.skip(at + 1, "filler", "daymark", "onday", "weekday", "comma", "or", "and")
        if _day_number(atoms, at) is None:
            return None
        if named := hear_month(atoms, at + 1):
            is_named = isinstance(named.date, Dated) and named.date.month
            return named if is_named else None
        at += 1
    return None


def _is_marked(atoms: Atoms, at: int) -> bool:
    return atoms.has(at - 1, *_BEFORE_DAY)


def _continues(atoms: Atoms, at: int, day: int, after: Dated | None) -> bool:
    """Whether a number goes on a list of days, and is no hour of the last of them."""
    if after is None or day <= after.day or not atoms[at].word[0].isdigit():
        return False
    hour = atoms.reach(at + 1, "dash", "to", "ish", "half_day", "oclock", "part")
    is_hour = hour is not None and not (atoms.has(hour, "dash", "to") and atoms.has(hour, "at"))
    return atoms.has(at - 1, "or", "and", "comma", "slash", "dash", "to", "daymark") and not is_hour


def _bare(atoms: Atoms, at: int, *, after: Dated | None, is_day: bool) -> HeardDate | None:
    """A day number alone: "the 14th", "am 14.", "el 14", or one more after another date."""
    day = _day_number(atoms, at)
    if (
        day is None
        or atoms.has(at, "quarter")
        or atoms.has(at + 1, *_COUNTED_ON)
        or atoms.has(at - 1, "counted_before")
    ):
        return None
    is_number = atoms.has(at, "num")
    continues = _continues(atoms, at, day, after)
    month = after.month if after else 0
    is_word = not atoms[at].word[0].isdigit()
    if atoms.has(at, "ord") and not is_number:
        on_day = atoms.has(at - 1, "onday") or is_day
        small = is_word and day <= _SMALL_ORDINAL and after is None
        is_said = on_day if small else not is_word or on_day or _is_marked(atoms, at)
    elif atoms.has(at, "ord"):
        is_said = is_day or continues or _is_marked(atoms, at)
    else:
        is_one = atoms.tag(at - 1, "daymark") == "one"
        is_marked = atoms.has(at - 1, "daymark") and (not is_word or is_one)
        is_said = is_day or continues or is_marked
    return HeardDate(Dated(day, month), at + 1) if is_said else None
