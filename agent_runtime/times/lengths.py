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
    if minutes := atoms.tag(at, "duration"):
        return minutes, at + 1
    if minutes := atoms.tag(at, "minutes"):
        return minutes, at + 1
    if hours := atoms.tag(at, "hours"):
        is_length = is_said_for or hours[1] == "long" or atoms.has(at + 1, "of", "duration_noun")
        if atoms.language in ("en", "de"):
            is_length = is_length or hours[0] <= _FEW_HOURS and not _is_hour_place(atoms, at)
        return (hours[0] * 60, at + 1) if is_length and hours[0] <= _FEW_HOURS else None
    number, unit_at = atoms.count(at), at + 1
    if number is None:
        numeric = atoms.tag(at, "numeric")
        if numeric and numeric[:2] == (1, 2) and atoms.tag(at + 1, "unit") == "hour":
            return 30, at + 2
        return None
    unit_at = atoms.skip(unit_at, "long")
    unit = atoms.tag(unit_at, "unit")
    if unit == "minute":
        return number, unit_at + 1
    if unit != "hour" or number > _FEW_HOURS:
        return None
    if atoms.has(unit_at, "oclock") and not is_said_for:
        is_clock = _is_hour_place(atoms, at) or number > 3
        if is_clock or atoms.has(at - 1, "weekday", "near", "comma") and number > 1:
            return None
    return _and_more(atoms, number * 60, unit_at + 1)


_SHORTEST, _LONGEST = 5, 8 * 60
_FEW_HOURS = 8


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
