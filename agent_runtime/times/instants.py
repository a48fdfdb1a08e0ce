"""Days and hours as instants in the buyer's zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from agent_runtime.times.days import Calendar, Day
from agent_runtime.times.entries import Entry
from agent_runtime.times.hours import SLOT_MINUTES, Hours, Minutes, minutes_of
from agent_runtime.times.stretches import Bound
from agent_runtime.times.weeks import Named
from agent_runtime.times.zone_phrases import UNKNOWN


@dataclass(frozen=True, slots=True)
class AskedTime:
    """A time to meet in the buyer's zone: one slot, or a window to choose within."""

    kind: Literal["slot", "window"]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who asks: the instant of asking, their zone, and how they count days."""

    now: datetime
    zone: str
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Placed:
    """An asked time, and whether only its day was named."""

    asked: AskedTime
    is_whole_day: bool = False


def place(entry: Entry, *, length: int | None, zone: str, buyer: Buyer) -> Iterator[Placed]:
    """Yields the times of an entry that are not over.

    Args:
        entry: Days and hours.
        length: Of the meeting in minutes, when it was said.
        zone: The only zone that the text names, or empty.
        buyer: Whose now and zone count.
    """
    for hours in entry.hours or [None]:
        if hours and hours.wait_minutes:
            start = buyer.now + timedelta(minutes=hours.wait_minutes)
            end = start + timedelta(minutes=length or SLOT_MINUTES)
            yield Placed(_asked("slot", start, end, buyer))
            continue
        name = (hours.zone if hours else "") or zone or buyer.zone
        if name == UNKNOWN or (hours and hours.is_same):
            continue
        whole = minutes_of(hours, length)
        days = [_first_of(day) for day in entry.days] if hours and hours.at else entry.days
        if not entry.days and hours:
            yield from _next_time(hours, whole, name, buyer)
        for day in _dates(days, buyer.calendar):
            for left in _left(whole, day, entry, buyer.calendar):
                if asked := _on(day, left, name, buyer):
                    yield Placed(asked, is_whole_day=hours is None)


def _first_of(day: Day) -> Day:
    """The day itself of "from Wednesday on, at 10": an hour is asked of one day."""
    return day.day if isinstance(day, Bound) and day.side == "from" else day


def _dates(days: list[Day], calendar: Calendar) -> list[date]:
    found: list[date] = []
    for day in days:
        try:
            found += (d for d in day.dates(calendar) if d not in found)
        except (ValueError, OverflowError):
            continue
    return found


def _left(whole: Minutes, day: date, entry: Entry, calendar: Calendar) -> list[Minutes]:
    """What is asked of a day after what was excluded of it."""
    left = [whole]
    for excluded, hours in entry.excluded:
        is_day = excluded is None or day in _dates([excluded], calendar)
        if is_day or _is_weekday(excluded, day):
            out = minutes_of(hours, None) if hours else Minutes("window", 0, 24 * 60)
            left = [piece for stretch in left for piece in _without(stretch, out)]
    return left


def _without(stretch: Minutes, out: Minutes) -> list[Minutes]:
    if out.end <= stretch.start or out.start >= stretch.end:
        return [stretch]
    pieces = ((stretch.start, out.start), (out.end, stretch.end))
    return [Minutes("window", start, end) for start, end in pieces if start < end]


def _is_weekday(excluded: Day | None, day: date) -> bool:
    if not isinstance(excluded, Named) or excluded.week:
        return False
    return excluded.weekday == day.weekday()


def _next_time(hours: Hours, whole: Minutes, zone: str, buyer: Buyer) -> Iterator[Placed]:
    """Hours without a day: today, or tomorrow once they have gone by."""
    if hours.is_only_part and hours.part == "day":
        return
    today = buyer.now.astimezone(ZoneInfo(zone)).date()
    for day in (today, today + timedelta(days=1)):
        if asked := _on(day, whole, zone, buyer):
            yield Placed(asked)
            return


def _on(day: date, stretch: Minutes, zone: str, buyer: Buyer) -> AskedTime | None:
    """The stretch on a day; None when it is over, or begins where the clock was put forward."""
    kind, first, last = stretch
    start = _instant(day, first, zone)
    if kind == "slot":
        if not _exists(start) or start < buyer.now:
            return None
        return _asked(kind, start, _later(start, last - first), buyer)
    end = _instant(day, last, zone)
    start = max(start, buyer.now, key=datetime.timestamp)
    return _asked(kind, start, end, buyer) if start < end else None


def _instant(day: date, minutes: int, zone: str) -> datetime:
    days, minutes = divmod(minutes, 24 * 60)
    clock = time(minutes // 60, minutes % 60)
    return datetime.combine(day + timedelta(days=days), clock, ZoneInfo(zone))


def _exists(local: datetime) -> bool:
    there_and_back = datetime.fromtimestamp(local.timestamp(), local.tzinfo)
    return there_and_back.replace(tzinfo=None) == local.replace(tzinfo=None)


def _later(start: datetime, minutes: int) -> datetime:
    return datetime.fromtimestamp(start.timestamp() + minutes * 60, start.tzinfo)


def _asked(
    kind: Literal["slot", "window"], start: datetime, end: datetime, buyer: Buyer
) -> AskedTime:
    there = ZoneInfo(buyer.zone)
    return AskedTime(kind, start.astimezone(there), end.astimezone(there))
