"""Meetings that their attendee moves or calls off: by the calendar, so never booked twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_runtime import act
from agent_runtime.attendance import tell_owner
from agent_runtime.booking import Booker
from agent_runtime.domain import Candidate, Contact, Room, Session, Slot
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.meetings.template import minutes_of, room_of
from agent_runtime.planning.host import host_of
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Meeting

OFFERS = 12
"""So many free times are shown; more is a chore on a telephone."""

Moved = Literal["moved", "taken", "pending", "none"]
"""pending: another booking of theirs is still being written."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """The meeting that somebody has ahead of them, and in whose calendar another time would be."""

    meeting: Meeting
    contact: Contact
    session: Session
    owner_id: str
    minutes: int
    room: Room


def meeting_ahead(tx: Tx, library: Library, person_id: str, *, now: datetime) -> Ahead | None:
    """Returns the next meeting of a person that stands; None where there is none."""
    contact, session = tx.contact_of(person_id), tx.session_of(person_id)
    if contact is None or session is None:
        return None
    standing = tx.meetings_of(session.thread_id, "CONFIRMED")
    coming = [m for m in standing if m.slot.start > now]
    if not coming:
        return None
    meeting = min(coming, key=lambda m: m.slot.start)
    playbook = library.playbook(session.playbook)
    length = round((meeting.slot.end - meeting.slot.start).total_seconds() / 60)
    return Ahead(
        meeting=meeting,
        contact=contact,
        session=session,
        owner_id=_owner_of(meeting, playbook, contact),
        minutes=length or minutes_of(playbook.meeting),
        room=room_of(playbook.meeting),
    )


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves meetings through the same booking as everybody else, so a slot goes to one person."""

    booker: Booker

    def ahead(self, person_id: str, *, now: datetime) -> Ahead | None:
        """Returns the next meeting of a person that stands; None where there is none."""
        with self.booker.store.begin() as tx:
            return meeting_ahead(tx, self.booker.library, person_id, now=now)

    def free(self, ahead: Ahead, *, now: datetime) -> tuple[Slot, ...]:
        """Returns times to choose from, that of the meeting left out, earliest first."""
        found = self.booker.calendar.free_slots(
            ahead.owner_id,
            now=now,
            key=f"{ahead.meeting.person_id}:page",
            limit=OFFERS,
            minutes=ahead.minutes,
            room=ahead.room,
        )
        return tuple(slot for slot in found if slot.start != ahead.meeting.slot.start)

    def move(self, person_id: str, start: datetime, *, now: datetime) -> Moved:
        """Gives the meeting another time, where that is still free; else it stands where it was.

        The decision is written before the calendar is asked: whoever dies in between leaves a
        meeting on hold, and a worker finishes it.
        """
        ahead = self.ahead(person_id, now=now)
        if ahead is None:
            return "none"
        if start == ahead.meeting.slot.start:
            return "moved"
        slot = next((s for s in self.free(ahead, now=now) if s.start == start), None)
        if slot is None:
            return "taken"
        held = self._hold(person_id, slot, now)
        return self._finish(held, now) if held else "pending"

    def _hold(self, person_id: str, slot: Slot, now: datetime) -> Meeting | None:
        """Writes what was decided; None where another choice of theirs is under way."""
        with self.booker.store.begin() as tx:
            tx.lock(f"person:{person_id}")
            ahead = meeting_ahead(tx, self.booker.library, person_id, now=now)
            if ahead is None:
                return None
            on_hold = tx.meetings_of(ahead.session.thread_id, "HOLDING")
            if any(meeting.slot != slot for meeting in on_hold):
                return None
            wanted = Candidate("book", "moved_by_attendee", 1.0, 1.0, "booked", book=slot)
            return act.hold_meeting(tx, ahead.session, wanted, ahead.meeting.actor)

    def _finish(self, held: Meeting, now: datetime) -> Moved:
        self.booker.finish(held, now=now)
        with self.booker.store.begin() as tx:
            after = tx.meeting(held.uid)
        states: dict[str, Moved] = {"CONFIRMED": "moved", "TAKEN": "taken"}
        return states.get(after.state if after else "", "pending")

    def call_off(self, person_id: str, *, now: datetime) -> bool:
        """Calls the meeting off; False where none stands."""
        ahead = self.ahead(person_id, now=now)
        if ahead is None:
            return False
        self.booker.call_off(ahead.meeting.uid, now=now)
        at = f"{ahead.meeting.slot.start:%Y-%m-%d %H:%M} UTC"
        with self.booker.store.begin() as tx:
            tell_owner(tx, ahead.meeting, "page", "meeting_called_off", at, now, kind="notice")
        return True


def _owner_of(meeting: Meeting, playbook: Playbook, contact: Contact) -> str:
    """What the agent booked follows whom the CRM names; what a person booked stays theirs."""
    host = host_of(playbook, contact)
    return host.owner_id if host and meeting.actor == "agent" else meeting.slot.owner_id
