"""Two names of a day side by side: the week a weekday is in, or a date and its weekday."""

from dataclasses import replace

from agent_runtime.times.days import Calendar, Dated, Day, Near, Numeric
from agent_runtime.times.stretches import Bound, Through
from agent_runtime.times.weeks import Named, NthWeekday, Week, Weekend


def in_week(day: Day, week: Week) -> Day | None:
    """Returns a weekday as one of a week said beside it; None for what has no place in a week."""
    match day:
        case Named(week=None):
            return replace(day, week=week)
        case Through(first=Named() as first):
            return replace(day, first=in_week(first, week) or first)
        case Bound(day=Named() as inner, week=None):
            return replace(day, day=in_week(inner, week) or inner, week=week)
    return None


def same_day(one: Day, other: Day, calendar: Calendar, *, may_differ: bool) -> Day | None:
    """One day for two ways to name it; None when they are two days.

    Where the two disagree the result is a day that no calendar has.
    """
    if isinstance(one, Named) and isinstance(other, Dated | Numeric):
        return replace(other, weekday=one.weekday)
    if isinstance(other, Named) and isinstance(one, Dated | Numeric):
        return replace(one, weekday=other.weekday)
    kinds = {type(one), type(other)}
    if kinds in ({Near, Named}, {Near, Dated}, {Near, Numeric}, {NthWeekday, Dated}):
        try:
            same = _same(one, other, calendar)
        except ValueError:
            return None
        return one if same else None if may_differ else _NO_DAY
    if isinstance(one, Week | Weekend) and isinstance(other, Named | Dated | Numeric):
        return other
    return None


_NO_DAY = Dated(30, 2)


def _same(one: Day, other: Day, calendar: Calendar) -> bool:
    first, second = one.dates(calendar)[0], other.dates(calendar)[0]
    if Named in (type(one), type(other)):
        return first.weekday() == second.weekday()
    return first == second
