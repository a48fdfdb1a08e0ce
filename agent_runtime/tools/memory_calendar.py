"""A calendar in memory that behaves like the CalDAV one; for the fast path and for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from threading import Lock

from agent_runtime.domain import Slot
from agent_runtime.ports import BookingResult
from agent_runtime.tools.slots import Busy, OfficeHours, candidates, offer, overlaps


class MemoryCalendar:
    """Calendars of some owners, kept in this process."""

    def __init__(self, hours: Mapping[str, OfficeHours]) -> None:
        self._hours = hours
        self._events: dict[str, dict[str, Busy]] = {owner_id: {} for owner_id in hours}
        self._lock = Lock()

    def free_slots(
        self, owner_id: str, *, now: datetime, key: str, limit: int = 3, minutes: int = 30
    ) -> tuple[Slot, ...]:
        """Returns free slots to offer; the same `key` is offered the same while they last."""
        hours = self._hours.get(owner_id)
        if hours is None:
            return ()
        with self._lock:
            busy = tuple(self._events[owner_id].values())
        slots = candidates(owner_id, hours, now=now, minutes=minutes)
        return offer(slots, busy, hours, key=key, limit=limit)

    def book(
        self,
        slot: Slot,
        *,
        uid: str,
        summary: str,
        description: str,
        attendee: str,
        organizer: str,
    ) -> BookingResult:
        """Keeps the event unless the slot is taken; asking again with one uid changes nothing."""
        del summary, description, attendee, organizer
        hours, events = self._hours[slot.owner_id], self._events[slot.owner_id]
        wanted = Busy(slot.start, slot.end)
        with self._lock:
            others = [event for held_by, event in events.items() if held_by != uid]
            if any(overlaps(slot, event, hours) for event in others):
                return BookingResult("taken")
            if events.setdefault(uid, wanted) != wanted:
                return BookingResult("taken")
            return BookingResult("booked", etag=uid)

    def cancel(self, slot: Slot, *, uid: str) -> bool:
        """Removes our event; False when it is not there."""
        with self._lock:
            return self._events[slot.owner_id].pop(uid, None) is not None
