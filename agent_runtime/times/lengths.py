"""How long a meeting is to be: 45 mins, an hour and a half, una hora y media, mezz'ora."""

from dataclasses import dataclass
from typing import NamedTuple

from agent_runtime.times.tokens import Atoms


@dataclass(frozen=True, slots=True)
class Length:
    """Minutes that a meeting is to take."""

    minutes: int


class HeardLength(NamedTuple):
    """A length and where it ends."""

    length: Length
    end: int


def hear_length(atoms: Atoms, at: int) -> HeardLength | None:
    """Returns the length said at a position, unless it is an hour, a pace, or too long to meet."""
    if atoms.has(at, "quick") and atoms.tag(at + 1, "num") in _QUICK:
        return HeardLength(Length(atoms.tag(at + 1, "num")), at + 2)
    start = atoms.skip(at + 1) if atoms.has(at, "for") else at
    found = count_minutes(
        atoms, start, is_said_for=atoms.has(at, "for") or atoms.has(at - 1, "for")
    )
    if found is None or not _SHORTEST <= found[0] <= _LONGEST:
        return None
    minutes, end = found
    if atoms.has(end, "ago", "past", "less", "hence", "recurring", "late") or _is_pace(atoms, end):
        return None
    return HeardLength(Length(minutes), end)


def count_minutes(atoms: Atoms, at: int, *, is_said_for: bool = True) -> tuple[int, int] | None:
    """Returns minutes counted in words or digits and where they end; `at` is the first of them."""
    if minutes := atoms.tag(at, "duration") or atoms.tag(at, "minutes"):
        return minutes, at + 1
    if atoms.has(at, "article") and (minutes := atoms.tag(at + 1, "duration")):
        return minutes, at + 2
    if atoms.has(at, "hours"):
        return _short_hours(atoms, at, is_said_for=is_said_for)
    numeric = atoms.tag(at, "numeric")
    if numeric and numeric[:2] == (1, 2) and atoms.tag(at + 1, "unit") == "hour":
        return 30, at + 2
    return _in_words(atoms, at, is_said_for=is_said_for)


def _short_hours(atoms: Atoms, at: int, *, is_said_for: bool) -> tuple[int, int] | None:
    """Hours with a letter, as in "1h", which other languages than English write for the clock."""
    hours, unit = atoms.tag(at, "hours")
    is_length = is_said_for or unit == "long" or atoms.has(at + 1, "of")
    if atoms.language in ("en", "de"):
        is_length = is_length or not _is_hour_place(atoms, at)
    elif hours <= _VERY_FEW_HOURS and unit != "clock":
        is_after_day = atoms.has(at - 1, "weekday", "near", "comma", "month")
        is_length = is_length or not (_is_hour_place(atoms, at) or is_after_day)
    return (hours * 60, at + 1) if is_length and hours <= _FEW_HOURS else None


def _in_words(atoms: Atoms, at: int, *, is_said_for: bool) -> tuple[int, int] | None:
    number = atoms.count(at)
    unit_at = atoms.skip(at + 1, "long")
    unit = atoms.tag(unit_at, "unit")
    if number is None or unit not in ("minute", "hour"):
        return None
    if unit == "minute":
        return number, unit_at + 1
    if atoms.has(unit_at, "oclock") and not is_said_for:
        is_clock = _is_hour_place(atoms, at) or number > _VERY_FEW_HOURS
        if is_clock or (atoms.has(at - 1, "weekday", "near", "comma") and number > 1):
            return None
    return _and_more(atoms, number * 60, unit_at + 1) if number <= _FEW_HOURS else None


_SHORTEST, _LONGEST = 5, 8 * 60
_QUICK = (5, 10, 15, 20, 25, 30, 40, 45)
"""Minutes of "a quick 20"."""

_FEW_HOURS = 8
_VERY_FEW_HOURS = 3


def _is_hour_place(atoms: Atoms, at: int) -> bool:
    return atoms.has(at - 1, "at", "after", "before", "from", "until", "between", "to")


def _and_more(atoms: Atoms, minutes: int, at: int) -> tuple[int, int]:
    more = at + 1 if atoms.has(at, "and") else at
    if more > at and (half := atoms.skip(more)) and atoms.has(half, "half"):
        return minutes + 30, half + 1
    if more > at and atoms.has(more, "quarter"):
        return minutes + 15, more + 1
    extra = atoms.tag(more, "num")
    if extra and atoms.tag(more + 1, "unit") == "minute":
        return minutes + extra, more + 2
    if extra := atoms.tag(more, "minutes"):
        return minutes + extra, more + 1
    return minutes, at


def _is_pace(atoms: Atoms, at: int) -> bool:
    """Whether it goes on "a day", "per week", "jeden Tag"."""
    if atoms.has(at, "pace"):
        return True
    is_each = atoms.has(at, "each") or atoms.tag(at, "num") == 1
    return is_each and atoms.tag(at + 1, "unit") in ("day", "week", "month")
