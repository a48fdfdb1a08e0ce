"""Events of a calendar as iCalendar text (RFC 5545): what blocks time, and what we write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any, Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress

from agent_runtime.domain import NO_ROOM, Room, Slot
from agent_runtime.tools.slots import MOST_ROOM, Busy

Stage = Literal["claim", "hold", "moving", "confirmed"]
"""claim: wanted, and given up to a better claim; hold: kept for an offer; moving: kept for a
meeting on its way there; confirmed: a meeting."""

_CLAIM = "X-PARLEY-CLAIM"
_MOVING = "X-PARLEY-MOVING"
_UNTIL = "X-PARLEY-UNTIL"
_ROOM = "X-PARLEY-ROOM"


MOST_MINUTES = int(MOST_ROOM.total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One stretch that an event blocks; a recurring event has several."""

    uid: str
    busy: Busy
    href: str
    etag: str
    stage: Stage = "confirmed"
    until: datetime | None = None
    """A claim or hold ends here."""

    def is_over(self, now: datetime) -> bool:
        """Whether a claim or hold has expired."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True)
class Words:
    """What an event says."""

    summary: str
    description: str = ""
    attendee: str = ""
    organizer: str = ""
    sequence: int = 0
    room: Room = NO_ROOM
    """What is kept free around it; written into the event, so that others keep it too."""


def event_text(
    slot: Slot, uid: str, words: Words, *, stage: Stage, now: datetime, until: datetime
) -> str:
    """Returns the event of a slot; what is no meeting is TENTATIVE and ends at `until`."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", slot.start.astimezone(UTC))
    event.add("dtend", slot.end.astimezone(UTC))
    event.add("summary", words.summary)
    event.add("description", words.description)
    event.add("sequence", words.sequence)
    event.add("status", "CONFIRMED" if stage == "confirmed" else "TENTATIVE")
    if words.room != NO_ROOM:
        event.add(_ROOM, room_text(words.room))
    if stage != "confirmed":
        event.add(_UNTIL, compact(until))
    if stage == "claim":
        event.add(_CLAIM, "TRUE")
    if stage == "moving":
        event.add(_MOVING, "TRUE")
    if words.organizer:
        event.add("organizer", vCalAddress(f"mailto:{words.organizer}"))
    if words.attendee:
        event.add("attendee", vCalAddress(f"mailto:{words.attendee}"))
    calendar = Calendar()
    calendar.add("prodid", "-//Parley//Parley//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return calendar.to_ical().decode()


def entries(
    text: str, *, href: str, etag: str, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[Entry]:
    """Yields what a calendar text blocks between two instants, recurring events expanded.

    A day or a local time without a zone is one of the owner's; transparent and cancelled events
    block nothing, tentative ones do.
    """
    if not text:
        return
    calendar = Calendar.from_ical(text)
    events: list[Any] = list(calendar.walk("VEVENT"))
    if any(event.get("RRULE") or event.get("RDATE") for event in events):
        from recurring_ical_events import of

        events = list(of(calendar).between(start - timedelta(days=1), end + timedelta(days=1)))
    for event in events:
        if event.get("TRANSP") == "TRANSPARENT" or event.get("STATUS") == "CANCELLED":
            continue
        begins, ends = _instant(event.start, zone), _instant(event.end, zone)
        if begins < end and start < max(ends, begins + timedelta(minutes=1)):
            until = str(event.get(_UNTIL, ""))
            stage = _stage(event, until)
            is_meeting = stage == "confirmed" and bool(event.get("ATTENDEE"))
            room = read_room(str(event.get(_ROOM, "")))
            busy = Busy(begins, ends, is_meeting=is_meeting, room=room)
            over = datetime.strptime(until, "%Y%m%dT%H%M%S%z") if until else None
            yield Entry(str(event.get("UID", "")), busy, href, etag, stage, over)


def _stage(event: Any, until: str) -> Stage:
    if not until:
        return "confirmed"
    if event.get(_CLAIM):
        return "claim"
    return "moving" if event.get(_MOVING) else "hold"


def room_text(room: Room) -> str:
    """Returns room as an event holds it: `15/30`, minutes before and after."""
    return f"{room.before}/{room.after}"


def read_room(text: str) -> Room:
    """Returns the room that an event asks for; none where what stands there is not ours."""
    before, _, after = text.partition("/")
    if not (before.isdecimal() and after.isdecimal()):
        return NO_ROOM
    return Room(min(int(before), MOST_MINUTES), min(int(after), MOST_MINUTES))


def claim_rank(uid: str, slot_start: datetime) -> bytes:
    """Orders the claims on a stretch: the least one wins, whoever came first."""
    return blake2b(f"{uid}\x1f{compact(slot_start)}".encode(), digest_size=8).digest()


def compact(instant: datetime) -> str:
    """Returns an instant as `20260114T150000Z`."""
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(0), zone)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
