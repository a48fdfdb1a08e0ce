"""Which slots of a calendar to offer: pure choice, the same for every calendar adapter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

from agent_runtime.domain import NO_ROOM, Room, Slot

_STEP = timedelta(minutes=30)
MOST_ROOM = timedelta(minutes=240)
"""No template asks for more, so nothing further away stands in the way."""
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch of a calendar that is not free; instants are UTC."""

    start: datetime
    end: datetime
    is_meeting: bool = False
    """Whether it is a meeting with somebody, which counts against the cap of its day."""
    room: Room = NO_ROOM
    """What it asks to be kept free around it."""


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
    buffer_before: int | None = None
    """Minutes before a meeting, where they are not `buffer_minutes`."""
    buffer_after: int | None = None
    """Minutes after a meeting, where they are not `buffer_minutes`."""
    meetings_a_day: int = 0
    """No more meetings are offered on a day that has as many; 0: no cap."""
    country: str = ""
    """ISO 3166 code; its public holidays are no workdays. Empty: none are known."""

    @property
    def before(self) -> int:
        """Minutes kept free before a meeting."""
        return self.buffer_minutes if self.buffer_before is None else self.buffer_before

    @property
    def after(self) -> int:
        """Minutes kept free after a meeting."""
        return self.buffer_minutes if self.buffer_after is None else self.buffer_after


def candidates(
    owner_id: str, hours: OfficeHours, *, now: datetime, minutes: int
) -> tuple[Slot, ...]:
    """Returns every stretch on the half hour that the office hours allow, earliest first."""
    zone = ZoneInfo(hours.time_zone)
    length = timedelta(minutes=minutes)
    slots: list[Slot] = []
    for day in _workdays_after(now.astimezone(zone), hours):
        start = datetime.combine(day, hours.opens, zone).astimezone(UTC)
        close = datetime.combine(day, hours.closes, zone).astimezone(UTC)
        while start + length <= close:
            if start >= now + hours.notice:
                slots.append(Slot(owner_id, start, start + length))
            start += _STEP
    return tuple(slots)


def offer(
    slots: Sequence[Slot],
    busy: Iterable[Busy],
    hours: OfficeHours,
    *,
    key: str,
    limit: int,
    room: Room = NO_ROOM,
) -> tuple[Slot, ...]:
    """Returns up to `limit` free slots, on different days where possible, earliest first.

    The key ranks the slots by a hash. So people served in any order get the same offers, unless
    a slot that ranks first for them is really gone.
    """
    taken = tuple(busy)
    zone = ZoneInfo(hours.time_zone)
    free = (
        slot
        for slot in slots
        if not any(overlaps(slot, b, hours, room) for b in taken)
        and not is_full(slot, taken, hours)
    )
    ranked = sorted((_rank(key, slot), slot.start, slot) for slot in free)
    best_of_day: dict[date, Slot] = {}
    rest: list[Slot] = []
    for _, start, slot in ranked:
        if best_of_day.setdefault(start.astimezone(zone).date(), slot) is not slot:
            rest.append(slot)
    return tuple(sorted([*best_of_day.values(), *rest][:limit], key=lambda slot: slot.start))


def overlaps(slot: Slot, busy: Busy, hours: OfficeHours, room: Room = NO_ROOM) -> bool:
    """Whether the two meet, or come closer than the buffer of whichever needs more room."""
    # What lies between two events is the end buffer of one and the start buffer of the other.
    usual = max(hours.before, hours.after)
    gap_before = timedelta(minutes=max(usual, room.before, busy.room.after))
    gap_after = timedelta(minutes=max(usual, room.after, busy.room.before))
    return slot.start - gap_before < busy.end and busy.start < slot.end + gap_after


def is_full(slot: Slot, busy: Iterable[Busy], hours: OfficeHours) -> bool:
    """Whether the owner has as many meetings on the slot's day as they take."""
    if not hours.meetings_a_day:
        return False
    zone = ZoneInfo(hours.time_zone)
    day = slot.start.astimezone(zone).date()
    meetings = sum(b.is_meeting and b.start.astimezone(zone).date() == day for b in busy)
    return meetings >= hours.meetings_a_day


def _workdays_after(local_now: datetime, hours: OfficeHours) -> list[date]:
    count = hours.workdays_ahead
    days = [local_now.date() + timedelta(days=ahead) for ahead in range(1, 2 * count + 15)]
    off = _public_holidays(hours.country, local_now.year)
    return [day for day in days if day.weekday() < _SATURDAY and day not in off][:count]


@cache
def _public_holidays(country: str, year: int) -> frozenset[date]:
    """Returns the holidays of a whole country in a year and the next; none where it is unknown."""
    if not country:
        return frozenset()
    import holidays

    if country not in holidays.list_supported_countries():
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=(year, year + 1)))


def _rank(key: str, slot: Slot) -> bytes:
    text = f"{key}\x1f{slot.owner_id}\x1f{slot.start.isoformat()}"
    return blake2b(text.encode(), digest_size=8).digest()
