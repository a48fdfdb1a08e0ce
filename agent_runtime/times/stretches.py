"""Stretches of days: from one to another, or on one side of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from agent_runtime.times.days import Calendar, Day
from agent_runtime.times.weeks import FRIDAY, Named, Week, monday_of

Side: TypeAlias = Literal["after", "from", "before", "until"]


@dataclass(frozen=True, slots=True)
class Through:
    """From one day to another, without the weekend unless one of its days was named."""

    first: Day
    last: Day

    def dates(self, calendar: Calendar) -> list[date]:
        """Returns every day of the stretch."""
        start = self.first.dates(calendar)[0]
        last = self.last
        if isinstance(last, Named) and not last.week and not last.plus_days:
            ends = start + timedelta(days=(last.weekday - start.weekday()) % 7)
        else:
            ends = last.dates(calendar)[-1]
        count = (ends - start).days + 1
        if not 0 < count <= _LONGEST_STRETCH:
            raise ValueError("ends before it begins, or much later")
        days = [start + timedelta(days=n) for n in range(count)]
        return days if _names_weekend(self) else _working(days)


@dataclass(frozen=True, slots=True)
class Bound:
    """The days of a week on one side of a day."""

    side: Side
    day: Day
    week: Week | None = None

    def dates(self, calendar: Calendar) -> list[date]:
        """Returns them, from today on; past a Friday those of the week after."""
        pivot = self.day.dates(calendar)[0]
        if self.side in ("before", "until"):
            start = self.week.monday(calendar) if self.week else calendar.today
            count = (pivot - start).days + int(self.side == "until")
            return _working([start + timedelta(days=n) for n in range(min(count, 31))])
        start = pivot if self.side == "from" else pivot + timedelta(days=1)
        days = _working([start + timedelta(days=n) for n in range(7 - start.weekday())])
        if days:
            return days
        monday = monday_of(start) + timedelta(weeks=1)
        return [monday + timedelta(days=n) for n in range(5)]


_LONGEST_STRETCH = 31


def _working(days: Sequence[date]) -> list[date]:
    return [day for day in days if day.weekday() <= FRIDAY]


def _names_weekend(through: Through) -> bool:
    return any(
        isinstance(day, Named) and day.weekday > FRIDAY for day in (through.first, through.last)
    )
