"""Weeks as ISO 8601 names them: `2026-W04`, from Monday to Sunday in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from agent_runtime.errors import ParleyError

_NAMED = re.compile(r"(\d{4})-W(\d{2})")
LENGTH = timedelta(days=7)


class WeekError(ParleyError):
    """A week that cannot be read."""


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """Seven days."""

    monday: date

    @classmethod
    def named(cls, name: str) -> Self:
        """Returns the week of a name, `2026-W04`, or of any day in it, `2026-01-21`.

        Raises:
            WeekError: it is neither.
        """
        found = _NAMED.fullmatch(name.strip())
        try:
            if found:
                return cls(date.fromisocalendar(int(found[1]), int(found[2]), 1))
            return cls.of(date.fromisoformat(name.strip()))
        except ValueError:
            raise WeekError(
                f"week = {name!r}: is none; write it as 2026-W04, or as a day in it, 2026-01-21."
            ) from None

    @classmethod
    def of(cls, day: date) -> Self:
        """Returns the week that a day is in."""
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def before(cls, now: datetime) -> Self:
        """Returns the latest week that is over."""
        return cls.of(now.astimezone(UTC).date() - LENGTH)

    @property
    def name(self) -> str:
        """As ISO 8601 writes it."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def previous(self) -> "Week":
        """The week before."""
        return Week(self.monday - LENGTH)

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return datetime.combine(self.monday + LENGTH, time(), UTC)

    @property
    def said(self) -> str:
        """Its days, in words."""
        sunday = self.monday + timedelta(days=6)
        is_one_month = self.monday.month == sunday.month
        start = f"{self.monday:%-d}" if is_one_month else f"{self.monday:%-d %B}"
        return f"{start} to {sunday:%-d %B %Y}"
