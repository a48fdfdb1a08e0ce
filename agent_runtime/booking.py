"""Turns a meeting on hold into a calendar event, once, and its invitation into a mail."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from icalendar import Calendar as ICalendar
from icalendar import Event, vCalAddress

from agent_runtime import act, log
from agent_runtime.crash import crash_point
from agent_runtime.domain import Contact, Proposal, Session
from agent_runtime.library.catalog import Library
from agent_runtime.planning.host import Host, host_of
from agent_runtime.planning.speech_acts import confirmation, other_times
from agent_runtime.ports import BookingResult, Calendar, Store, Tx
from agent_runtime.reminders import plan_reminders
from agent_runtime.store.rows import HumanTask, Meeting


@dataclass(frozen=True, slots=True)
class Booker:
    """Books what is on hold. Safe to run again at any point: the calendar's path is the lock.

    What the agent agreed is booked only while the CRM still names that calendar's owner (R110);
    else the buyer is offered times of the new one.
    """

    store: Store
    calendar: Calendar
    library: Library
    versions: log.Versions

    def finish(
        self, meeting: Meeting, *, now: datetime, said: Proposal | None = None
    ) -> str | None:
        """Books one meeting and returns the id of the mail that says how it went, if any.

        Args:
            meeting: one that is on hold.
            now: the instant of the booking.
            said: a person's own words to go with the invitation.
        """
        with self.store.begin() as tx:
            contact, session = _people(tx, meeting)
            replaced = _ahead(tx, meeting, now)
        playbook = self.library.playbook(session.playbook)
        host = host_of(playbook, contact)
        mailbox = contact.mailbox if meeting.actor == "agent" else contact.owner_email
        if meeting.actor == "agent" and (host is None or meeting.slot.owner_id != host.owner_id):
            result = BookingResult("taken")
        else:
            result = self._in_calendar(meeting, contact, mailbox, self.library.agenda(playbook))
        if result.status == "booked":
            for earlier in replaced:
                self.calendar.cancel(earlier.slot, uid=earlier.uid)
        crash_point("booked")
        with self.store.begin() as tx:
            current = tx.meeting(meeting.uid)
            if current is None or current.state != "HOLDING":
                return None
            contact, session = _people(tx, meeting)
            thread = _Thread(tx, contact, session, mailbox, now)
            if result.status == "booked":
                self._drop(thread, replaced)
                return self._confirm(thread, current, said)
            tx.save_meeting(replace(current, state="TAKEN"))
            host = host_of(playbook, contact)
            if current.actor == "human" or host is None:
                self._ask_again(thread, current)
                return None
            return self._offer_again(thread, current, host)

    def _in_calendar(
        self, meeting: Meeting, contact: Contact, mailbox: str, agenda: str
    ) -> BookingResult:
        return self.calendar.book(
            meeting.slot,
            uid=meeting.uid,
            summary=f"Northbeam Relay: {contact.company or contact.email}",
            description=agenda,
            attendee=contact.email,
            organizer=mailbox,
        )

    def _drop(self, thread: "_Thread", meetings: tuple[Meeting, ...]) -> None:
        """A thread has one meeting ahead: a new one takes the place of the earlier."""
        for meeting in meetings:
            self._note(thread, replace(meeting, state="CANCELLED"), "cancelled")

    def _note(self, thread: "_Thread", meeting: Meeting, status: str) -> None:
        tx = thread.tx
        tx.save_meeting(meeting)
        if meeting.state == "CONFIRMED":
            playbook = self.library.playbook(thread.session.playbook)
            plan_reminders(tx, meeting, thread.contact, playbook, now=thread.now)
        experiment, arm = act.strictest(tx.assignments(meeting.person_id))
        log.Journal(tx, thread.session, now=thread.now, versions=self.versions).write(
            "meeting",
            meeting.uid,
            status,
            payload=log.meeting(meeting, status=status, arm=arm, experiment_id=experiment),
        )

    def _confirm(self, thread: "_Thread", meeting: Meeting, said: Proposal | None) -> str:
        tx, contact, session, now = thread.tx, thread.contact, thread.session, thread.now
        self._note(thread, replace(meeting, state="CONFIRMED"), "confirmed")
        booked = replace(session, meeting_uid=meeting.uid, state="booked", offered=())
        tx.save_session(booked)
        proposal = said or confirmation(self.library, contact, session, meeting.slot, now=now)
        playbook = self.library.playbook(session.playbook)
        agenda = playbook.wording("meeting.agenda")
        content = self.library.live(agenda, language=proposal.language, now=now)
        invite = invitation(
            meeting,
            contact,
            _name_of(meeting, contact, host_of(playbook, contact)),
            organizer=thread.mailbox,
            agenda=content.body if content else "",
            now=now,
        )
        return thread.say(booked, proposal, meeting, invite)

    def _offer_again(self, thread: "_Thread", meeting: Meeting, host: Host) -> str:
        contact, session, now = thread.contact, thread.session, thread.now
        key = f"{meeting.person_id}:{meeting.uid}"
        slots = self.calendar.free_slots(host.owner_id, now=now, key=key)
        proposal = other_times(self.library, contact, session, slots, now=now)
        offered = replace(session, offered=slots, state="scheduling")
        thread.tx.save_session(offered)
        return thread.say(offered, proposal, meeting, "")

    def _ask_again(self, thread: "_Thread", meeting: Meeting) -> None:
        """Who lost a race for a slot, or has an account without an owner, asks a person."""
        thread.tx.save_human_task(
            HumanTask(
                tenant_id=meeting.tenant_id,
                task_id=f"{meeting.uid}:taken",
                thread_id=meeting.thread_id,
                person_id=meeting.person_id,
                kind="handoff",
                route_to="owner",
                reason="slot_taken",
                text="",
                received_at=thread.now,
            )
        )


@dataclass(frozen=True, slots=True)
class _Thread:
    """Whom a booking concerns, in the transaction that settles it."""

    tx: Tx
    contact: Contact
    session: Session
    mailbox: str
    now: datetime

    def say(self, session: Session, proposal: Proposal, meeting: Meeting, invite: str) -> str:
        message = act.message_of(
            session,
            self.contact,
            proposal,
            cause=meeting.uid,
            actor=meeting.actor,
            mailbox=self.mailbox,
            due_at=self.now,
            arm=act.strictest(self.tx.assignments(meeting.person_id)),
            invite=invite,
        )
        self.tx.add_message(message)
        return message.message_id


def invitation(
    meeting: Meeting,
    contact: Contact,
    with_whom: str,
    *,
    organizer: str,
    agenda: str,
    now: datetime,
) -> str:
    """Returns an iCalendar request (RFC 5546) for the meeting, times in UTC."""
    calendar = ICalendar()
    calendar.add("prodid", "-//Parley//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    event = Event()
    event.add("uid", meeting.uid)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", meeting.slot.start.astimezone(UTC))
    event.add("dtend", meeting.slot.end.astimezone(UTC))
    event.add("summary", f"Northbeam Relay with {with_whom}")
    event.add("description", agenda)
    event.add("organizer", vCalAddress(f"mailto:{organizer}"))
    event.add("attendee", vCalAddress(f"mailto:{contact.email}"))
    calendar.add_component(event)
    return calendar.to_ical().decode()


def _ahead(tx: Tx, meeting: Meeting, now: datetime) -> tuple[Meeting, ...]:
    """Returns the thread's other meetings that are still to come."""
    standing = tx.meetings_of(meeting.thread_id, "CONFIRMED")
    return tuple(m for m in standing if m.uid != meeting.uid and m.slot.start > now)


def _name_of(meeting: Meeting, contact: Contact, host: Host | None) -> str:
    """The calendar that holds the meeting says with whom it is."""
    return host.name if host and host.owner_id == meeting.slot.owner_id else contact.owner_name


def _people(tx: Tx, meeting: Meeting) -> tuple[Contact, Session]:
    contact, session = tx.contact_of(meeting.person_id), tx.session_of(meeting.person_id)
    if contact is None or session is None:
        raise LookupError(f"meeting {meeting.uid} has no contact or thread in the store")
    return contact, session
