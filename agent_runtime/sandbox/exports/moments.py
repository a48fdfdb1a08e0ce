"""When things happened before launch, as keyed draws."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from agent_runtime.sandbox.draw import draw, whole

HISTORY_DAYS = 56
"""Eight weeks of what reps did and what was signalled before launch."""

_OFFICE_OPENS_MINUTE = 8 * 60 + 30
_OFFICE_MINUTES = 9 * 60


def iso(moment: datetime) -> str:
    """Returns the moment as exports write it, UTC to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def before(launch_at: datetime, seed: int, least_days: int, most_days: int, *keys: str) -> datetime:
    """Returns a moment between so many days before launch, to the second, at any hour."""
    span_s = (most_days - least_days) * 86_400
    return launch_at - timedelta(days=least_days, seconds=1 + int(draw(seed, *keys) * span_s))


def in_office_hours(launch_at: datetime, seed: int, time_zone: str, *keys: str | int) -> datetime:
    """Returns a moment on a working day of the last eight weeks, in office hours of the zone."""
    working_day = whole(seed, 0, HISTORY_DAYS // 7 * 5 - 1, *keys, "day")
    monday = launch_at.date() - timedelta(days=HISTORY_DAYS + launch_at.weekday())
    day = monday + timedelta(days=working_day // 5 * 7 + working_day % 5)
    minute = _OFFICE_OPENS_MINUTE + int(draw(seed, *keys, "minute") * _OFFICE_MINUTES)
    return _midnight(day, time_zone) + timedelta(minutes=minute)


@cache
def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)
