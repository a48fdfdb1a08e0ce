"""Days as a text names them: weekdays, weeks, dates, and what is counted from them."""

from dataclasses import replace
from typing import NamedTuple

from agent_runtime.times.dates import hear_date, hear_month
from agent_runtime.times.days import (
    Calendar,
    Dated,
    Day,
    Edge,
    Named,
    Near,
    NthWeekday,
    Numeric,
    Week,
    Weekend,
)
from agent_runtime.times.tokens import Atoms


class HeardDay(NamedTuple):
    """A day, where it ends, and to which neighbours its "next" carries: "on", "back" or none."""

    day: Day
    end: int
    carries: str = ""


def hear_day(
    atoms: Atoms, at: int, calendar: Calendar, *, before: Day | None = None
) -> HeardDay | None:
    """Returns the day named at a position; `before` is the day named just before it, if any."""
    found = (
        _counted(atoms, at, calendar)
        or _near(atoms, at)
        or _with_words(atoms, at, calendar, before)
        or _date(atoms, at, before)
    )
    return _moved_on(atoms, found) if found else None


_NEXT = {"next": 1, "this": 0, "coming": 1, "following": 1, "after_next": 2, "last": -1}
_EDGES: tuple[Edge, ...] = ("early", "mid", "late", "rest")
_HEADS = ("weekday", "week", "weekend", "month", "month_word", "unit", "part")
_UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_SHORT_BEFORE = ("or", "and", "dash", "slash", "onday", "next", "this", "from", "between", "to")
_SHORT_AFTER = ("clock", "hours", "num", "ord", "numeric", "dotted", "part", "or", "dash", "slash")


def _span(atoms: Atoms, at: int) -> tuple[int, int] | None:
    """Days counted in words, as in "two weeks", and where that ends."""
    number = atoms.count(at)
    unit_at = atoms.skip(at + 1)
    unit = _UNIT_DAYS.get(atoms.tag(unit_at, "unit") or "")
    return (number * unit, unit_at + 1) if number and unit else None


def _counted(atoms: Atoms, at: int, calendar: Calendar) -> HeardDay | None:
    """So many days or weeks from now, or from a day: "in two weeks", "a week from Friday"."""
    is_in = atoms.has(at, "in")
    start = atoms.reach(at + 1, "num", "article") if is_in else at
    span = _span(atoms, start) if start is not None else None
    if span is None:
        days = atoms.tag(at, "in_days")
        return HeardDay(Near(days), at + 1) if days else None
    days, end = span
    if atoms.has(end, "ago"):
        return HeardDay(Near(-days), end + 1)
    if atoms.has(end, "hence"):
        return HeardDay(Near(days), end + 1)
    if atoms.has(end, "or"):
        return None
    start = atoms.skip(end, "filler", "week_from", "onday", "daymark", "comma")
    is_linked = start > end and atoms.has(end, "week_from", "onday")
    is_day = atoms.has(start, "weekday", "near", "weekday_short")
    if is_linked or is_day:
        base = hear_day(atoms, start, calendar)
        if base and (moved := _plus(base.day, days)):
            return HeardDay(moved, base.end)
    return HeardDay(Near(days), end) if is_in else None


def _near(atoms: Atoms, at: int) -> HeardDay | None:
    days = atoms.tag(at, "near")
    return HeardDay(Near(days), at + 1) if days is not None else None


def _date(atoms: Atoms, at: int, before: Day | None) -> HeardDay | None:
    month = before.month if isinstance(before, Dated) else 0
    found = hear_date(atoms, at, month=month)
    return HeardDay(*found) if found else None


def _with_words(atoms: Atoms, at: int, calendar: Calendar, before: Day | None) -> HeardDay | None:
    """A weekday, week or weekend with the words around it: "early next week", "mardi prochain"."""
    if atoms.has(at, "week_of"):
        found = hear_date(atoms, atoms.skip(at + 1, "filler", "daymark", "onday"), is_day=True)
        return HeardDay(Week(of=found.date), found.end) if found else None
    if atoms.has(at, "week_after"):
        return HeardDay(Week(before.after + 1 if isinstance(before, Week) else 1), at + 1)
    if atoms.has(at, "week_number") and (number := atoms.tag(at + 1, "num")):
        return HeardDay(Week(number=number), at + 2)
    edge: Edge = ""
    head = at
    if found := next((name for name in _EDGES if atoms.has(at, name)), None):
        edge = found
        head = atoms.skip(at + 1, "filler", "of", "daymark", "onday")
    nth = atoms.tag(head, "ord")
    if nth is not None or atoms.has(head, "last"):
        ranked = _ranked(atoms, atoms.skip(head + 1), nth or -1)
        if ranked:
            return (
                HeardDay(replace(ranked.day, edge=edge), ranked.end)
                if (edge and isinstance(ranked.day, Week))
                else ranked
            )
    word = next((name for name in _NEXT if atoms.has(head, name)), "")
    head = atoms.skip(head + 1) if word else head
    if atoms.has(head, "weekday") or _is_short_weekday(atoms, head):
        return _weekday(atoms, head, word, calendar)
    if atoms.has(head, "weekend"):
        word = word or _said_after(atoms, head + 1)
        end = head + 1 + bool(_said_after(atoms, head + 1))
        return HeardDay(Weekend(0 if word in ("this", "coming") else _NEXT.get(word, 0)), end)
    if atoms.has(head, "week"):
        return _week(atoms, head, word, edge, calendar, before)
    if word == "next" and isinstance(before, Week) and not atoms.has(head, *_HEADS):
        return HeardDay(Week(before.after + 1), head)
    if edge and atoms.has(head, "near"):
        return _near(atoms, head)
    return None


def _ranked(atoms: Atoms, head: int, nth: int) -> HeardDay | None:
    """The nth weekday or week of a month."""
    weekday = atoms.tag(head, "weekday")
    if weekday is None and not atoms.has(head, "week"):
        return None
    if not atoms.has(head + 1, "of", "in", "onday", "month", "from"):
        return None
    month = hear_month(atoms, head + 1)
    if month is None:
        return None
    if weekday is None:
        return HeardDay(Week(of=month.date, nth=nth), month.end)
    return HeardDay(NthWeekday(nth, weekday, month.date), month.end)


def _said_after(atoms: Atoms, at: int) -> str:
    """The "next" that follows its day, unless it belongs to what comes after."""
    word = next((name for name in _NEXT if atoms.has(at, name)), "")
    is_own = word and not atoms.has(atoms.skip(at + 1), *_HEADS)
    return word if is_own else ""


def _is_short_weekday(atoms: Atoms, at: int) -> bool:
    if not atoms.has(at, "weekday_short"):
        return False
    if atoms.language == "de" and not atoms.raw(at)[0].isupper():
        return False
    is_at = atoms.has(at + 1, "at") and atoms.has(at + 2, "num", "clock", "hours")
    return is_at or atoms.has(at - 1, *_SHORT_BEFORE) or atoms.has(at + 1, *_SHORT_AFTER)


def _weekday(atoms: Atoms, head: int, word: str, calendar: Calendar) -> HeardDay:
    weekday = atoms.tag(head, "weekday")
    if weekday is None:
        weekday = atoms.tag(head, "weekday_short")
    end = head + 1
    carries = "on" if word in ("next", "last", "after_next") else ""
    if not word and (after := _said_after(atoms, end)):
        word, end = after, end + 1
        carries = "back"
    if dated := _weekday_and_date(atoms, end, weekday, calendar):
        return dated
    is_plain = word in ("", "this", "coming")
    return HeardDay(Named(weekday, None if is_plain else Week(_NEXT[word])), end, carries)


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
    if number is None or not 1 <= number <= 31 or atoms.has(at + 1, "dash", "to", "ish", "and"):
        return False
    try:
        if Dated(number).dates(calendar)[0].weekday() == weekday:
            return True
    except ValueError:
        pass
    after = atoms.skip(at + 1, "filler", "comma", "at")
    is_followed = atoms.has(after, "clock", "hours", "noon") or (
        after > at + 1 and atoms.has(after - 1, "at") and atoms.has(after, "num")
    )
    if is_followed or number > 24:
        return True
    return atoms.language not in ("en", "de")


def _week(
    atoms: Atoms, head: int, word: str, edge: Edge, calendar: Calendar, before: Day | None
) -> HeardDay | None:
    end = head + 1
    if not word and (after := _said_after(atoms, end)):
        word, end = after, end + 1
    if word == "following" and isinstance(before, Week):
        return HeardDay(Week(before.after + 1, edge), end)
    if not word:
        start = atoms.skip(end, "filler", "of", "daymark", "onday")
        dated = hear_date(atoms, start, is_day=True) if atoms.has(end, "of", "daymark") else None
        if dated:
            return HeardDay(Week(edge=edge, of=dated.date), dated.end)
        if not edge:
            return None
        is_over = edge == "early" and calendar.today.weekday() > 1
        return HeardDay(Week(int(is_over), edge), end)
    return HeardDay(Week(_NEXT[word], edge), end)


def _moved_on(atoms: Atoms, found: HeardDay) -> HeardDay:
    """The day plus what is counted after it: "Friday week", "jeudi en huit", "in two weeks"."""
    if isinstance(found.day, Week | Weekend):
        return found
    at = found.end
    if days := atoms.tag(at, "plus"):
        moved = _plus(found.day, days)
        return HeardDay(moved, at + 1) if moved else found
    is_week = atoms.language == "en" and atoms.has(at, "week") and not atoms.has(at + 1, "of")
    if is_week and (moved := _plus(found.day, 7)):
        return HeardDay(moved, at + 1)
    start = atoms.skip(at, "comma")
    counted = atoms.reach(start + 1, "num", "article") if atoms.has(start, "in") else None
    if counted is not None and (span := _span(atoms, counted)):
        days, end = span
        moved = _plus(found.day, days)
        return HeardDay(moved, end) if moved else found
    return found


def _plus(day: Day, days: int) -> Day | None:
    if isinstance(day, Near):
        return Near(day.days + days)
    if isinstance(day, Named | Dated | Numeric):
        return replace(day, plus_days=day.plus_days + days)
    return None
