"""When people write: in their own waking or working hours, on a common grid of instants."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MIDNIGHT = time(0)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The hours of the day and the days of the week at which somebody writes."""

    time_zone: str
    opens: time
    closes: time
    rests_at_weekends: bool

    def allows(self, instant: datetime) -> bool:
        """Whether somebody with this rhythm writes at the instant."""
        local = instant.astimezone(ZoneInfo(self.time_zone))
        if self.rests_at_weekends and local.weekday() >= _SATURDAY:
            return False
        return self.opens <= local.time() < self.closes

    def next_opening(self, instant: datetime) -> datetime:
        """Returns the first opening after the instant."""
        zone = ZoneInfo(self.time_zone)
        day = instant.astimezone(zone).date()
        opening = datetime.combine(day, self.opens, zone)
        while opening <= instant or not self.allows(opening):
            day += timedelta(days=1)
            opening = datetime.combine(day, self.opens, zone)
        return opening.astimezone(UTC)


def waking(time_zone: str) -> Rhythm:
    """Returns when a buyer reads and answers mail."""
    return Rhythm(time_zone, opens=time(8), closes=time(21), rests_at_weekends=False)


def working(time_zone: str) -> Rhythm:
    """Returns the working hours of a rep."""
    return Rhythm(time_zone, opens=time(9), closes=time(17), rests_at_weekends=True)


def on_grid(instant: datetime, rhythm: Rhythm, grid_minutes: int) -> datetime:
    """Returns the first instant of the grid, not before `instant`, that the rhythm allows.

    The grid counts from midnight UTC. With steps of a few hours many people write at the same
    instant, so that a simulated clock has few stops.
    """
    due = _round_up(instant, grid_minutes)
    while not rhythm.allows(due):
        due = _round_up(max(due, rhythm.next_opening(due)), grid_minutes)
    return due


def working_time_later(instant: datetime, length: timedelta, rhythm: Rhythm) -> datetime:
    """Returns when `length` of working time has passed since the instant."""
    at = instant if rhythm.allows(instant) else rhythm.next_opening(instant)
    zone = ZoneInfo(rhythm.time_zone)
    close = datetime.combine(at.astimezone(zone).date(), rhythm.closes, zone).astimezone(UTC)
    if at + length < close:
        return at + length
    return rhythm.next_opening(at) + (at + length - close)


def _round_up(instant: datetime, grid_minutes: int) -> datetime:
    midnight = datetime.combine(instant.astimezone(UTC).date(), _MIDNIGHT, UTC)
    step = timedelta(minutes=grid_minutes)
    return midnight - ((midnight - instant) // step) * step
