"""The two periods that are compared: of one length, side by side, of whole weeks if they can."""

from dataclasses import dataclass
from datetime import date, timedelta

FEWEST_DAYS = 3
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Days:
    """A stretch of days, both ends inclusive."""

    since: date
    until: date

    @property
    def count(self) -> int:
        """How many days."""
        return (self.until - self.since).days + 1


@dataclass(frozen=True, slots=True)
class Periods:
    """A period and the one before it."""

    before: Days
    after: Days


def periods_of(run: Days, *, days: int, settles_days: int = 0) -> Periods | None:
    """Returns the last days of a run and as many before them; None where the run is too short.

    A period of a week or more has whole weeks, so that both have as many Mondays.

    Args:
        run: First and last day of what is known.
        days: Length of a period at most.
        settles_days: Last days that do not count yet.
    """
    until = run.until - timedelta(days=settles_days)
    length = min(days, (Days(run.since, until).count) // 2)
    if length >= _WEEK:
        length -= length % _WEEK
    if length < FEWEST_DAYS:
        return None
    middle = until - timedelta(days=length)
    return Periods(
        before=Days(middle - timedelta(days=length - 1), middle),
        after=Days(middle + timedelta(days=1), until),
    )
