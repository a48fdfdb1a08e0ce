"""A calendar in memory that behaves like the CalDAV one; for the fast path and for tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from threading import Lock

from agent_runtime.domain import NO_ROOM, Room, Slot
from agent_runtime.ports import BookingResult
from agent_runtime.tools.slots import Busy, OfficeHours, candidates, is_full, offer, overlaps


class MemoryCalendar:
    """Calendars of some owners, kept in this process."""

    def __init__(self, hours: Mapping[str, OfficeHours]) -> None:
        self._hours = hours
        self._events: dict[str, dict[str, Busy]] = {owner_id: {} for owner_id in hours}
        self._holds: dict[str, datetime] = {}
        self._lock = Lock()

    def free_slots(
        self,
        owner_id: str,
        *,
        now: datetime,
        key: str,
        limit: int = 3,
        minutes: int = 30,
        held_too: bool = False,
        room: Room = NO_ROOM,
    ) -> tuple[Slot, ...]:
        """Returns free slots to offer; the same `key` is offered the same while they last."""
        hours = self._hours.get(owner_id)
        if hours is None:
            return ()
        with self._lock:
            self._expire(now)
            events = self._events[owner_id].items()
            busy = tuple(b for uid, b in events if not (held_too and uid in self._holds))
        slots = candidates(owner_id, hours, now=now, minutes=minutes)
        return offer(slots, busy, hours, key=key, limit=limit, room=room)

    def meetings_ahead(self, owner_id: str, *, now: datetime) -> int:
        """Returns how many meetings with people an owner has in the coming two weeks."""
        end = now + timedelta(days=14)
        with self._lock:
            ahead = self._events.get(owner_id, {}).values()
            return sum(b.is_meeting and b.start < end and now < b.end for b in ahead)

    def book(
        self,
        slot: Slot,
        *,
        uid: str,
        summary: str,
        description: str,
        attendee: str,
        organizer: str,
        sequence: int = 0,
        own: Collection[str] = (),
        over_hold: bool = False,
        room: Room = NO_ROOM,
    ) -> BookingResult:
        """Keeps the event unless the slot is taken; asking again with one uid changes nothing."""
        del summary, description, attendee, organizer, sequence
        with self._lock:
            return self._keep(slot, uid, own=own, over_hold=over_hold, room=room)

    def hold(
        self,
        slot: Slot,
        *,
        uid: str,
        until: datetime,
        own: Collection[str] = (),
        room: Room = NO_ROOM,
    ) -> BookingResult:
        """Keeps a slot out of offers until then; `book` with the same uid makes it a meeting."""
        with self._lock:
            is_meeting = uid in self._events[slot.owner_id] and uid not in self._holds
            got = self._keep(slot, uid, is_meeting=False, own=own, room=room)
            if got.status == "booked" and not is_meeting:
                self._holds[uid] = until
            return got

    def release(self, slot: Slot, *, uid: str) -> bool:
        """Ends a hold; False where there is none, or where it has become a meeting."""
        with self._lock:
            if self._holds.pop(uid, None) is None:
                return False
            return self._events[slot.owner_id].pop(uid, None) is not None

    def move(
        self,
        old: Slot,
        new: Slot,
        *,
        uid: str,
        sequence: int,
        summary: str,
        description: str,
        attendee: str,
        organizer: str,
        own: Collection[str] = (),
        over_hold: bool = False,
        room: Room = NO_ROOM,
    ) -> BookingResult:
        """Gives a meeting another time; until the new one is got the old one stands."""
        del summary, description, attendee, organizer, sequence
        with self._lock:
            before = self._events[old.owner_id].pop(uid, None)
            got = self._keep(new, uid, own=own, over_hold=over_hold, room=room)
            if got.status == "taken" and before is not None:
                self._events[old.owner_id][uid] = before
            return got

    def cancel(self, slot: Slot, *, uid: str) -> bool:
        """Removes our event; False when it is not there."""
        with self._lock:
            return self._events[slot.owner_id].pop(uid, None) is not None

    def _keep(
        self,
        slot: Slot,
        uid: str,
        *,
        is_meeting: bool = True,
        own: Collection[str] = (),
        over_hold: bool = False,
        room: Room = NO_ROOM,
    ) -> BookingResult:
        hours, events = self._hours[slot.owner_id], self._events[slot.owner_id]
        if over_hold:
            self._give_way(slot, {uid, *own}, room)
        wanted = Busy(slot.start, slot.end, is_meeting=is_meeting, room=room)
        others = [event for held_by, event in events.items() if held_by not in {uid, *own}]
        is_near = any(overlaps(slot, event, hours, room) for event in others)
        if is_near or is_full(slot, others, hours):
            return BookingResult("taken")
        stands = events.get(uid, wanted)
        if (stands.start, stands.end) != (slot.start, slot.end):
            return BookingResult("taken")
        if is_meeting:
            self._holds.pop(uid, None)
        if is_meeting or uid not in events:
            events[uid] = wanted
        return BookingResult("booked", etag=uid)

    def _give_way(self, slot: Slot, own: Collection[str], room: Room) -> None:
        hours, events = self._hours[slot.owner_id], self._events[slot.owner_id]
        for uid in [uid for uid in self._holds if uid in events and uid not in own]:
            if overlaps(slot, events[uid], hours, room):
                del self._holds[uid], events[uid]

    def _expire(self, now: datetime) -> None:
        for uid in [uid for uid, until in self._holds.items() if until <= now]:
            del self._holds[uid]
            for events in self._events.values():
                events.pop(uid, None)
