"""Days as a text names them: weeks, dates, and what is counted from them."""

from dataclasses import replace

from agent_runtime.times.dates import hear_date, hear_month
from agent_runtime.times.days import Calendar, Dated, Day, Near, Numeric
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.weekday_phrases import (
    HEADS,
    WEEKS_ON,
    HeardDay,
    hear_weekday,
    said_after,
)
from agent_runtime.times.weeks import Edge, Named, NthWeekday, Week, Weekend


def hear_day(
    atoms: Atoms, at: int, calendar: Calendar, *, before: Day | None = None
) -> HeardDay | None:
    """Returns the day named at a position; `before` is the day named just before it, if any."""
    found = (
        _counted(atoms, at, calendar)
        or _near(atoms, at)
        or _given_week(atoms, at, before)
        or _with_words(atoms, at, calendar, before)
        or _date(atoms, at, before)
    )
    return _moved_on(atoms, found) if found else None


_EDGES: tuple[Edge, ...] = ("early", "mid", "late", "rest")
_UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 14}


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
    if atoms.has(end, "ago", "hence"):
        return HeardDay(Near(-days if atoms.has(end, "ago") else days), end + 1)
    if atoms.has(end, "or"):
        return None
    return _from_day(atoms, days, end, calendar, is_in=is_in) or (
        HeardDay(Near(days), end) if is_in else None
    )


def _from_day(
    atoms: Atoms, days: int, end: int, calendar: Calendar, *, is_in: bool
) -> HeardDay | None:
    start = atoms.skip(end, "filler", "week_from", "onday", "daymark", "comma")
    if is_in and atoms.has(start, "weekday") and days % 7 == 0:
        return HeardDay(Named(atoms.tag(start, "weekday"), Week(days // 7)), start + 1)
    is_linked = start > end and atoms.has(end, "week_from", "onday")
    if not is_linked and not atoms.has(start, "weekday", "near", "weekday_short"):
        return None
    base = hear_day(atoms, start, calendar)
    moved = _plus(base.day, days) if base else None
    return HeardDay(moved, base.end) if base and moved else None


def _near(atoms: Atoms, at: int) -> HeardDay | None:
    days = atoms.tag(at, "near")
    return HeardDay(Near(days), at + 1) if days is not None else None


def _date(atoms: Atoms, at: int, before: Day | None) -> HeardDay | None:
    found = hear_date(atoms, at, after=before if isinstance(before, Dated) else None)
    return HeardDay(*found) if found else None


def _given_week(atoms: Atoms, at: int, before: Day | None) -> HeardDay | None:
    """A week by its date, its number, or the week before it: "w/c 9 March", "KW 11"."""
    if atoms.has(at, "week_of"):
        found = hear_date(atoms, atoms.skip(at + 1, "filler", "daymark", "onday"), is_day=True)
        return HeardDay(Week(of=found.date), found.end) if found else None
    if atoms.has(at, "week_after"):
        if isinstance(before, Named):
            return HeardDay(replace(before, plus_days=before.plus_days + 7), at + 1)
        return HeardDay(Week(before.after + 1 if isinstance(before, Week) else 1), at + 1)
    if atoms.has(at, "week_number") and (number := atoms.tag(at + 1, "num")):
        return HeardDay(Week(number=number), at + 2)
    is_next = atoms.has(at, "next") and not atoms.has(atoms.skip(at + 1), *HEADS)
    if is_next and isinstance(before, Week):
        return HeardDay(Week(before.after + 1), at + 1)
    return None


def _with_words(atoms: Atoms, at: int, calendar: Calendar, before: Day | None) -> HeardDay | None:
    """A weekday, week or weekend with the words around it: "early next week", "mardi prochain"."""
    edge = _edge(atoms, at)
    head = atoms.skip(at + 1, "filler", "of", "daymark", "onday") if edge else at
    if ranked := _ranked(atoms, head, edge):
        return ranked
    word = next((name for name in WEEKS_ON if atoms.has(head, name)), "")
    head = atoms.skip(head + 1) if word else head
    if weekday := hear_weekday(atoms, head, word, calendar):
        return weekday
    if atoms.has(head, "weekend"):
        after = said_after(atoms, head + 1)
        word = word or after
        weeks = 0 if word in ("this", "coming") else WEEKS_ON.get(word, 0)
        return HeardDay(Weekend(weeks), head + 1 + bool(after))
    if atoms.has(head, "week"):
        week = _week(atoms, head, word, edge, calendar, before)
        return _its_weekday(atoms, week, calendar) or week if week else None
    return _near(atoms, head) if edge else None


def _edge(atoms: Atoms, at: int) -> Edge:
    for name in _EDGES:
        if atoms.has(at, name):
            return name
    return ""


def _ranked(atoms: Atoms, at: int, edge: Edge) -> HeardDay | None:
    """The nth weekday or week of a month."""
    nth = atoms.tag(at, "ord") or (-1 if atoms.has(at, "last") else 0)
    head = atoms.skip(at + 1)
    weekday = atoms.tag(head, "weekday")
    is_named = weekday is not None or atoms.has(head, "week")
    if not nth or not is_named:
        return None
    is_of = atoms.has(head + 1, "of", "in", "onday", "month", "from")
    month = hear_month(atoms, head + 1) if is_of else None
    if month is None:
        return None
    if weekday is None:
        return HeardDay(Week(of=month.date, nth=nth, edge=edge), month.end)
    return HeardDay(NthWeekday(nth, weekday, month.date), month.end)


def _week(
    atoms: Atoms, head: int, word: str, edge: Edge, calendar: Calendar, before: Day | None
) -> HeardDay | None:
    end = head + 1
    if not word and (after := said_after(atoms, end)):
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
    return HeardDay(Week(WEEKS_ON[word], edge), end)


def _its_weekday(atoms: Atoms, week: HeardDay, calendar: Calendar) -> HeardDay | None:
    """The weekday said right after its week, as in "nächste Woche Mittwoch"."""
    start = atoms.skip(week.end, "filler", "onday", "daymark")
    if not isinstance(week.day, Week) or week.day.edge:
        return None
    found = hear_weekday(atoms, start, "", calendar)
    if found is None or not isinstance(found.day, Named) or found.day.week:
        return None
    return HeardDay(replace(found.day, week=week.day), found.end, "on")


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
