"""Which slots of a calendar to offer: pure choice, the same for every calendar adapter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from agent_runtime.domain import Slot

_STEP = timedelta(minutes=30)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch of a calendar that is not free; instants are UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When an owner meets people."""

    time_zone: str
    opens: time = time(9)
    closes: time = time(17)
    workdays_ahead: int = 6
    """Offers reach this many workdays ahead, from the day after today."""
    notice: timedelta = timedelta(hours=24)
    """No slot is offered that begins sooner, so that the buyer can answer first."""
    buffer_minutes: int = 0
    """Kept free before and after every meeting."""


def candidates(
    owner_id: str, hours: OfficeHours, *, now: datetime, minutes: int
) -> tuple[Slot, ...]:
    """Returns every stretch on the half hour that the office hours allow, earliest first."""
    zone = ZoneInfo(hours.time_zone)
    length = timedelta(minutes=minutes)
    slots: list[Slot] = []
    for day in _workdays_after(now.astimezone(zone), hours.workdays_ahead):
        start = datetime.combine(day, hours.opens, zone).astimezone(UTC)
        close = datetime.combine(day, hours.closes, zone).astimezone(UTC)
        while start + length <= close:
            if start >= now + hours.notice:
                slots.append(Slot(owner_id, start, start + length))
            start += _STEP
    return tuple(slots)


def offer(
    slots: Sequence[Slot], busy: Iterable[Busy], hours: OfficeHours, *, key: str, limit: int
) -> tuple[Slot, ...]:
    """Returns up to `limit` free slots, on different days where possible, earliest first.

    The key ranks the slots by a hash. So people served in any order get the same offers, unless
    a slot that ranks first for them is really gone.
    """
    taken = tuple(busy)
    zone = ZoneInfo(hours.time_zone)
    free = (slot for slot in slots if not any(overlaps(slot, b, hours) for b in taken))
    ranked = sorted((_rank(key, slot), slot.start, slot) for slot in free)
    best_of_day: dict[date, Slot] = {}
    rest: list[Slot] = []
    for _, start, slot in ranked:
        if best_of_day.setdefault(start.astimezone(zone).date(), slot) is not slot:
            rest.append(slot)
    return tuple(sorted([*best_of_day.values(), *rest][:limit], key=lambda slot: slot.start))


def overlaps(slot: Slot, busy: Busy, hours: OfficeHours) -> bool:
    """Whether the slot, with the buffer around it, meets the busy stretch."""
    margin = timedelta(minutes=hours.buffer_minutes)
    return slot.start - margin < busy.end and busy.start < slot.end + margin


def _workdays_after(local_now: datetime, count: int) -> list[date]:
    days = (local_now.date() + timedelta(days=ahead) for ahead in range(1, 2 * count + 3))
    return [day for day in days if day.weekday() < _SATURDAY][:count]


def _rank(key: str, slot: Slot) -> bytes:
    text = f"{key}\x1f{slot.owner_id}\x1f{slot.start.isoformat()}"
    return blake2b(text.encode(), digest_size=8).digest()
