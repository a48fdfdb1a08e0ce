"""Days as people name them, and the dates that are meant, counted from today."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Protocol, TypeAlias

Order: TypeAlias = Literal["month_first", "day_first", "either"]
Edge: TypeAlias = Literal["", "early", "mid", "late", "rest"]
Side: TypeAlias = Literal["after", "from", "before", "until"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """From where days are counted, and in which order a buyer there writes short dates."""

    today: date
    order: Order


class Day(Protocol):
    """One or more days as said."""

    def dates(self, calendar: Calendar) -> Sequence[date]:
        """Returns the dates meant.

        Raises:
            ValueError: There is no such date, or only the buyer can tell which.
        """
        ...


@dataclass(frozen=True, slots=True)
class Near:
    """So many days from today."""

    days: int

    def dates(self, calendar: Calendar) -> list[date]:
        """Returns the one date."""
        return [calendar.today + timedelta(days=self.days)]


@dataclass(frozen=True, slots=True)
class Dated:
    """A day of a month; fields that were not said are empty."""

    day: int
    month: int = 0
    year: int = 0
    weekday: int | None = None
    months_on: int | None = None
    """Of the month so many after this one."""
    plus_days: int = 0

    def dates(self, calendar: Calendar) -> list[date]:
        """Returns the one date: of this year or month, or the next once it has gone by."""
        today = calendar.today
        if self.year:
            found = date(self.year, self.month, self.day)
        elif self.month:
            found = _of_year(today, lambda year: date(year, self.month, self.day))
        else:
            gone = int(self.day < today.day)
            month = today.month - 1 + (gone if self.months_on is None else self.months_on)
            found = date(today.year + month // 12, month % 12 + 1, self.day)
        return [_agreed(found, self.weekday) + timedelta(days=self.plus_days)]


@dataclass(frozen=True, slots=True)
class Numeric:
    """A date in two numbers, whose order depends on the buyer."""

    first: int
    second: int
    year: int = 0
    weekday: int | None = None
    is_day_first: bool = False
    plus_days: int = 0

    def dates(self, calendar: Calendar) -> list[date]:
        """Returns the one date; refuses where the buyer's country writes either order."""
        order = "day_first" if self.is_day_first else calendar.order
        by_day = self._read(self.first, self.second, calendar)
        by_month = self._read(self.second, self.first, calendar)
        if order == "either" and by_day and by_month and by_day != by_month:
            raise ValueError("day and month may be either way round")
        found = (by_month or by_day) if order == "month_first" else (by_day or by_month)
        if found is None:
            raise ValueError("no such date in either order")
        return [_agreed(found, self.weekday) + timedelta(days=self.plus_days)]

    def _read(self, day: int, month: int, calendar: Calendar) -> date | None:
        try:
            found = Dated(day, month, self.year).dates(calendar)[0] if 0 < month < 13 else None
        except ValueError:
            return None
        is_other = calendar.order == "either" and self.weekday not in (
            None,
            found and found.weekday(),
        )
        return None if is_other else found


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
            return _of_year(
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
            return [_of_year(calendar.today, lambda year: self._of(year, month.month), self.days)]
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


def monday_of(day: date) -> date:
    """Returns the Monday of a date's week."""
    return day - timedelta(days=day.weekday())


_FRIDAY = 4
_EDGES = {"early": range(2), "mid": range(2, 3), "late": range(3, 5)}
_LONGEST_STRETCH = 31


def _agreed(found: date, weekday: int | None) -> date:
    if weekday is not None and found.weekday() != weekday:
        raise ValueError("weekday and date disagree")
    return found


def _of_year(today: date, of: Callable[[int], date], days: int = 0) -> date:
    """This year's, or next year's when that is nearer than the one gone by."""
    this = of(today.year)
    if this + timedelta(days=days) >= today:
        return this
    following = of(today.year + 1)
    return following if following - today < today - this else this


def _working(days: Sequence[date]) -> list[date]:
    return [day for day in days if day.weekday() <= _FRIDAY]


def _names_weekend(through: Through) -> bool:
    return any(
        isinstance(day, Named) and day.weekday > _FRIDAY for day in (through.first, through.last)
    )
