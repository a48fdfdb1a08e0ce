"""Days as people name them, and the dates that are meant, counted from today."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Protocol, TypeAlias

Order: TypeAlias = Literal["month_first", "day_first", "either"]


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
            found = of_year(today, lambda year: date(year, self.month, self.day))
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


def of_year(today: date, of: Callable[[int], date], days: int = 0) -> date:
    """Returns this year's date, or next year's when that is nearer than the one gone by.

    A stretch of so many more `days` has not gone by before its last day.
    """
    this = of(today.year)
    if this + timedelta(days=days) >= today:
        return this
    following = of(today.year + 1)
    return following if following - today < today - this else this


def _agreed(found: date, weekday: int | None) -> date:
    if weekday is not None and found.weekday() != weekday:
        raise ValueError("weekday and date disagree")
    return found
