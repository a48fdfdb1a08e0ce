"""Weekdays and weeks as people name them, and the dates that are meant."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from agent_runtime.times.days import Calendar, Dated, Numeric, of_year

Edge: TypeAlias = Literal["", "early", "mid", "late", "rest"]

FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Week:
    """A working week: so many after this one, that of a date or number, or the nth of a month."""

    after: int = 0
    edge: Edge = ""
    of: Dated | Numeric | None = None
    number: int = 0
    nth: int = 0
    """Counts the Mondays of the month of `of`; -1 is the last."""

    def dates(self, calendar: Calendar) -> list[date]:
        """Returns Monday to Friday, or the part of them that was said."""
        monday = self.monday(calendar)
        days = [monday + timedelta(days=n) for n in _EDGES.get(self.edge, range(5))]
        return [day for day in days if self.edge != "rest" or day > calendar.today]

    def monday(self, calendar: Calendar) -> date:
        """Returns the first day of the week."""
        of = self.of
        if self.number:
            return of_year(
                calendar.today, lambda year: date.fromisocalendar(year, self.number, 1), days=4
            )
        if of is None:
            return monday_of(calendar.today) + timedelta(weeks=self.after)
        if self.nth:
            return NthWeekday(self.nth, 0, of, days=4).dates(calendar)[0]
        return monday_of(of.dates(calendar)[0])


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """The nth of a weekday in the month of a date; -1 is the last."""

    nth: int
    weekday: int
    month: Dated | Numeric
    days: int = 0
    """How many more days must not have gone by."""

    def dates(self, calendar: Calendar) -> list[date]:
        """Returns the one date."""
        month = self.month
        if isinstance(month, Dated) and month.month and not month.year:
            return [of_year(calendar.today, lambda year: self._of(year, month.month), self.days)]
        first = month.dates(calendar)[0]
        return [self._of(first.year, first.month)]

    def _of(self, year: int, month: int) -> date:
        first = date(year, month, 1)
        if self.nth < 0:
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            return last - timedelta(days=(last.weekday() - self.weekday) % 7)
        found = first + timedelta(days=(self.weekday - first.weekday()) % 7 + 7 * (self.nth - 1))
        if found.month != month:
            raise ValueError("the month has no such day")
        return found


@dataclass(frozen=True, slots=True)
class Named:
    """A weekday: the first after today, that of a week, or some days later."""

    weekday: int
    week: Week | None = None
    plus_days: int = 0

    def dates(self, calendar: Calendar) -> list[date]:
        """Returns the one date."""
        today = calendar.today
        if self.week:
            found = self.week.monday(calendar) + timedelta(days=self.weekday)
        else:
            found = today + timedelta(days=(self.weekday - today.weekday() - 1) % 7 + 1)
        return [found + timedelta(days=self.plus_days)]


@dataclass(frozen=True, slots=True)
class Weekend:
    """Saturday and Sunday of the week so many after this one."""

    after: int = 0

    def dates(self, calendar: Calendar) -> list[date]:
        """Returns both days."""
        monday = monday_of(calendar.today) + timedelta(weeks=self.after)
        return [monday + timedelta(days=n) for n in (5, 6)]


def monday_of(day: date) -> date:
    """Returns the Monday of a date's week."""
    return day - timedelta(days=day.weekday())


_EDGES = {"early": range(2), "mid": range(2, 3), "late": range(3, 5)}
