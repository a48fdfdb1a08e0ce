"""Weekdays as a text names them: next Tuesday, mardi prochain, Tuesday the 14th, Di 14."""

from dataclasses import replace
from typing import NamedTuple

from agent_runtime.times.dates import hear_date
from agent_runtime.times.days import Calendar, Dated, Day
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.weeks import Named, Week


class HeardDay(NamedTuple):
    """A day, where it ends, and to which neighbours its "next" carries: "on", "back" or none."""

    day: Day
    end: int
    carries: str = ""


WEEKS_ON = {"next": 1, "this": 0, "coming": 1, "following": 1, "after_next": 2, "last": -1}
"""Words before or after a week, and how many weeks on they point."""

HEADS = ("weekday", "week", "weekend", "month", "month_word", "unit", "part")
"""What a "next" can belong to."""


def hear_weekday(atoms: Atoms, head: int, word: str, calendar: Calendar) -> HeardDay | None:
    """Returns the weekday at a position, with its date if one follows; `word` stood before it."""
    weekday = atoms.tag(head, "weekday")
    if weekday is None and _is_short_weekday(atoms, head):
        weekday = atoms.tag(head, "weekday_short")
    if weekday is None:
        return None
    end = head + 1
    carries = "on" if word in ("next", "last", "after_next") else ""
    if not word and (after := said_after(atoms, end)):
        word, end = after, end + 1
        carries = "back"
    if dated := _weekday_and_date(atoms, end, weekday, calendar):
        return dated
    is_plain = word in ("", "this", "coming")
    return HeardDay(Named(weekday, None if is_plain else Week(WEEKS_ON[word])), end, carries)


def said_after(atoms: Atoms, at: int) -> str:
    """Returns the "next" that follows its day or week, unless it belongs to what comes after."""
    word = next((name for name in WEEKS_ON if atoms.has(at, name)), "")
    heads = HEADS if atoms.language in ("en", "de") else HEADS[:-1]
    is_own = word and not atoms.has(atoms.skip(at + 1), *heads)
    return word if is_own else ""


_BEFORE_HOUR = ("at", "from", "after", "before", "until", "between")
_SHORT_BEFORE = ("or", "and", "dash", "slash", "onday", "next", "this", "from", "between", "to")
_SHORT_AFTER = ("clock", "hours", "num", "ord", "numeric", "dotted", "part", "or", "dash", "slash")


def _is_short_weekday(atoms: Atoms, at: int) -> bool:
    """Whether letters like "Do" or "mar" stand where a weekday would."""
    if not atoms.has(at, "weekday_short"):
        return False
    if atoms.language == "de" and not atoms.raw(at)[0].isupper():
        after = atoms.skip(at + 1, "from", "at", "after")
        return atoms[at].word != "so" and atoms.has(after, "num", "clock", "hours", "part")
    is_at = atoms.has(at + 1, *_BEFORE_HOUR) and atoms.has(at + 2, "num", "clock", "hours")
    is_joined = atoms[at].is_joined or (at + 1 < len(atoms) and atoms[at + 1].is_joined)
    is_listed = atoms.has(at + 1, "comma") and atoms.has(at + 2, "weekday_short", "weekday")
    is_beside = atoms.has(at - 1, *_SHORT_BEFORE) or atoms.has(at + 1, *_SHORT_AFTER)
    return is_at or is_joined or is_listed or is_beside


def _weekday_and_date(atoms: Atoms, end: int, weekday: int, calendar: Calendar) -> HeardDay | None:
    start = atoms.skip(end, "filler", "daymark", "comma")
    is_marked = start > end and any(atoms.has(n, "daymark") for n in range(end, start))
    found = hear_date(atoms, start, is_day=is_marked)
    if found is None and start == end and _is_day_number(atoms, end, weekday, calendar):
        found = hear_date(atoms, start, is_day=True)
    if found is None:
        return None
    return HeardDay(replace(found.date, weekday=weekday), found.end)


def _is_day_number(atoms: Atoms, at: int, weekday: int, calendar: Calendar) -> bool:
    """Whether "Tuesday 14" means the 14th: by the calendar, else as the language is wont to."""
    number = atoms.tag(at, "num")
    is_range = atoms.has(at + 1, "dash", "to", "ish", "and") and not atoms.has(at + 1, "at")
    if number is None or not 1 <= number <= 31 or is_range:
        return False
    if _falls_on(number, weekday, calendar):
        return True
    after = atoms.skip(at + 1, "filler", "comma", "at")
    is_followed = atoms.has(after, "clock", "hours", "noon") or (
        after > at + 1 and atoms.has(after - 1, "at") and atoms.has(after, "num")
    )
    if is_followed or number > 24:
        return True
    return atoms.language not in ("en", "de")


def _falls_on(number: int, weekday: int, calendar: Calendar) -> bool:
    try:
        day = Dated(number).dates(calendar)[0]
    except ValueError:
        return False
    return day.weekday() == weekday and day != calendar.today
