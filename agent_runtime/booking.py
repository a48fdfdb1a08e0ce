"""Turns a meeting on hold into a calendar event, once, and its invitation into a mail."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from icalendar import Calendar as ICalendar
from icalendar import Event, vCalAddress

from agent_runtime import act, log
from agent_runtime.arms import binding_arm
from agent_runtime.crash import crash_point
from agent_runtime.crm_outbox import queue_meeting
from agent_runtime.deal_stage import move_on
from agent_runtime.domain import BRIEF_CHANNELS, Contact, Proposal, Session, answered_on
from agent_runtime.holds import end_holds, free_or_held, uids
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.meetings.template import minutes_of, room_of
from agent_runtime.planning.host import Host, host_of
from agent_runtime.planning.speech_acts import (
    called_off,
    can_say,
    confirmation,
    confirmation_here,
    other_times,
)
from agent_runtime.ports import BookingResult, Calendar, Store, Tx
from agent_runtime.reach import reach
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
        """Books one meeting and returns the id of the message that says how it went, if any.

        Whoever is in a chat or on the telephone is told there as well, see `said_here`.

        Args:
            meeting: one that is on hold.
            now: the instant of the booking.
            said: a person's own words to go with the invitation.
        """
        with self.store.begin() as tx:
            contact, session = _people(tx, meeting)
            replaced = _ahead(tx, meeting, now)
            own = uids(tx.open_holds(meeting.thread_id))
        playbook = self.library.playbook(session.playbook)
        host = host_of(playbook, contact)
        mailbox = contact.mailbox if meeting.actor == "agent" else contact.owner_email
        if meeting.actor == "agent" and (host is None or meeting.slot.owner_id != host.owner_id):
            result = BookingResult("taken")
        else:
            meeting = _takes_over(meeting, replaced)
            result = self._in_calendar(meeting, contact, mailbox, playbook, replaced, own, now)
        if result.status == "booked":
            for earlier in replaced[1:]:
                self.calendar.cancel(earlier.slot, uid=earlier.ical_uid)
        crash_point("booked")
        with self.store.begin() as tx:
            current = tx.meeting(meeting.uid)
            if current is None or current.state != "HOLDING":
                return None
            contact, session = _people(tx, meeting)
            thread = _Thread(tx, contact, session, mailbox, now)
            host = host_of(playbook, contact)
            is_theirs = host is not None and host.owner_id == meeting.slot.owner_id
            if result.status == "booked" and current.actor == "agent" and not is_theirs:
                # The owner changed while the calendar was asked: no invite from the one before.
                self.calendar.cancel(meeting.slot, uid=meeting.ical_uid)
                result = BookingResult("taken")
            if result.status == "booked":
                self._drop(thread, replaced)
                return self._confirm(thread, _takes_over(current, replaced), said, result)
            tx.save_meeting(replace(current, state="TAKEN"))
            refused = log.calendar(current, result)
            thread.journal(self.versions).write("crm_write", current.uid, "taken", payload=refused)
            end_holds(tx, current.thread_id, now=now)
            if current.actor == "human" or host is None:
                self._ask_again(thread, current)
                return None
            return self._offer_again(thread, current, host)

    def _in_calendar(
        self,
        meeting: Meeting,
        contact: Contact,
        mailbox: str,
        playbook: Playbook,
        replaced: tuple[Meeting, ...],
        own: tuple[str, ...],
        now: datetime,
    ) -> BookingResult:
        prepare = playbook.confirms_with
        more = self.library.live(prepare, language="en", now=now) if prepare else None
        is_sayable = more and can_say(more, contact, redlines=playbook.redlines)
        # What has places to fill is for the mail, where they are filled.
        parts = [self.library.agenda(playbook)]
        if more and is_sayable and not more.slots:
            parts.append(more.body)
        room = room_of(playbook.meeting)
        words = {
            "summary": f"Northbeam Relay: {contact.company or contact.email}",
            "description": "\n\n".join(parts),
            "attendee": contact.email,
            "organizer": mailbox,
        }
        uid, sequence, slot = meeting.ical_uid, meeting.sequence, meeting.slot

        def ask(*, over_hold: bool) -> BookingResult:
            ask_for = (
                partial(self.calendar.move, replaced[0].slot) if replaced else self.calendar.book
            )
            return ask_for(
                slot,
                uid=uid,
                sequence=sequence,
                own=own,
                over_hold=over_hold,
                room=room,
                **words,
            )

        result = ask(over_hold=False)
        if result.status == "taken" and not self.calendar.free_slots(
            slot.owner_id,
            now=now,
            key=uid,
            limit=1,
            minutes=minutes_of(playbook.meeting),
            room=room,
        ):
            # Where nothing else is left, who has chosen comes before who is still thinking.
            result = ask(over_hold=True)
        return result

    def release(self, meeting: Meeting) -> None:
        """Takes an event that the buyer declined out of the calendar; safe to run again."""
        self.calendar.cancel(meeting.slot, uid=meeting.ical_uid)
        with self.store.begin() as tx:
            current = tx.meeting(meeting.uid)
            if current is not None and current.state == "DECLINING":
                tx.save_meeting(replace(current, state="DECLINED"))

    def call_off(self, uid: str, *, now: datetime) -> str | None:
        """Cancels a meeting that stands: calendar, record, and an iTIP CANCEL to the buyer.

        Returns the id of the mail; None where no such meeting stands.
        """
        with self.store.begin() as tx:
            meeting = tx.meeting(uid)
            if meeting is None or meeting.state != "CONFIRMED":
                return None
        self.calendar.cancel(meeting.slot, uid=meeting.ical_uid)
        with self.store.begin() as tx:
            current = tx.meeting(uid)
            if current is None or current.state != "CONFIRMED":
                return None
            contact, session = _people(tx, current)
            mailbox = contact.mailbox if current.actor == "agent" else contact.owner_email
            thread = _Thread(tx, contact, session, mailbox, now)
            gone = replace(current, state="CANCELLED", sequence=current.sequence + 1)
            self._note(thread, gone, "cancelled")
            after = replace(session, meeting_uid="", state="engaged")
            tx.save_session(after)
            host = host_of(self.library.playbook(session.playbook), contact)
            invite = invitation(
                gone,
                contact,
                _name_of(gone, contact, host),
                organizer=mailbox,
                agenda="",
                now=now,
                method="CANCEL",
            )
            proposal = called_off(self.library, contact, session, gone.slot, now=now)
            return thread.say(after, proposal, gone, invite)

    def _drop(self, thread: "_Thread", meetings: tuple[Meeting, ...]) -> None:
        """A thread has one meeting ahead: a new one takes the place of the earlier."""
        for meeting in meetings:
            self._note(thread, replace(meeting, state="CANCELLED"), "cancelled")

    def _note(self, thread: "_Thread", meeting: Meeting, status: str) -> None:
        tx = thread.tx
        tx.save_meeting(meeting)
        queue_meeting(tx, meeting, at=thread.now)
        if meeting.state == "CONFIRMED":
            playbook = self.library.playbook(thread.session.playbook)
            plan_reminders(tx, meeting, thread.contact, playbook, now=thread.now)
        experiment, arm = binding_arm(tx, meeting.person_id)
        log.Journal(tx, thread.session, now=thread.now, versions=self.versions).write(
            "meeting",
            meeting.uid,
            status,
            payload=log.meeting(meeting, status=status, arm=arm, experiment_id=experiment),
        )

    def _confirm(
        self, thread: "_Thread", meeting: Meeting, said: Proposal | None, result: BookingResult
    ) -> str:
        tx, contact, session, now = thread.tx, thread.contact, thread.session, thread.now
        self._note(thread, replace(meeting, state="CONFIRMED"), "confirmed")
        accepted = log.calendar(meeting, result)
        thread.journal(self.versions).write("crm_write", meeting.uid, "booked", payload=accepted)
        end_holds(tx, meeting.thread_id, booked=meeting.ical_uid, now=now)
        booked = replace(session, meeting_uid=meeting.uid, state="booked", offered=())
        tx.save_session(booked)
        proposal = said or confirmation(self.library, contact, session, meeting.slot, now=now)
        playbook = self.library.playbook(session.playbook)
        move_on(tx, contact, booked, playbook, cause=meeting.uid, now=now, versions=self.versions)
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
        self._say_here(thread, booked, meeting)
        return thread.say(booked, proposal, meeting, invite)

    def _say_here(self, thread: "_Thread", session: Session, meeting: Meeting) -> None:
        """Whoever chose the time in a chat or by text hears of it there as well."""
        channel = answered_on(session.channel)
        if channel in BRIEF_CHANNELS and reach(thread.tx, thread.contact, channel):
            said = confirmation_here(
                self.library,
                thread.contact,
                session,
                meeting.slot,
                channel=channel,
                now=thread.now,
            )
            thread.say(session, said, meeting, "")

    def _offer_again(self, thread: "_Thread", meeting: Meeting, host: Host) -> str:
        contact, session, now = thread.contact, thread.session, thread.now
        key = f"{meeting.person_id}:{meeting.uid}"
        kind = self.library.playbook(session.playbook).meeting
        slots = free_or_held(
            self.calendar,
            host.owner_id,
            now=now,
            key=key,
            minutes=minutes_of(kind),
            room=room_of(kind),
        )
        channel = answered_on(session.channel)
        is_there = channel in BRIEF_CHANNELS and reach(thread.tx, contact, channel)
        proposal = other_times(
            self.library, contact, session, slots, channel=channel if is_there else "email", now=now
        )
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

    def journal(self, versions: log.Versions) -> log.Journal:
        return log.Journal(self.tx, self.session, now=self.now, versions=versions)

    def say(self, session: Session, proposal: Proposal, meeting: Meeting, invite: str) -> str:
        message = act.message_of(
            session,
            self.contact,
            proposal,
            cause=meeting.uid if proposal.channel == "email" else _here(meeting),
            actor=meeting.actor,
            mailbox=self.mailbox,
            due_at=self.now,
            arm=binding_arm(self.tx, meeting.person_id),
            invite=invite,
            address=reach(self.tx, self.contact, proposal.channel),
        )
        self.tx.add_message(message)
        return message.message_id


def said_here(meeting: Meeting) -> str:
    """Returns the id of what is said of a booking where the buyer is; it may not be there."""
    return act.message_id_of(meeting.thread_id, _here(meeting), "book", meeting.actor)


def _here(meeting: Meeting) -> str:
    return f"{meeting.uid}:here"


def invitation(
    meeting: Meeting,
    contact: Contact,
    with_whom: str,
    *,
    organizer: str,
    agenda: str,
    now: datetime,
    method: Literal["REQUEST", "CANCEL"] = "REQUEST",
) -> str:
    """Returns an iCalendar request or cancellation (RFC 5546) of the meeting, times in UTC."""
    calendar = ICalendar()
    calendar.add("prodid", "-//Parley//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = Event()
    event.add("uid", meeting.ical_uid)
    event.add("sequence", meeting.sequence)
    event.add("status", "CONFIRMED" if method == "REQUEST" else "CANCELLED")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", meeting.slot.start.astimezone(UTC))
    event.add("dtend", meeting.slot.end.astimezone(UTC))
    event.add("summary", f"Northbeam Relay with {with_whom}")
    event.add("description", agenda)
    event.add("organizer", vCalAddress(f"mailto:{organizer}"))
    attendee = vCalAddress(f"mailto:{contact.email}")
    if method == "REQUEST":
        attendee.params["RSVP"] = "TRUE"
        attendee.params["PARTSTAT"] = "NEEDS-ACTION"
    event.add("attendee", attendee)
    calendar.add_component(event)
    return calendar.to_ical().decode()


def _takes_over(meeting: Meeting, replaced: tuple[Meeting, ...]) -> Meeting:
    """A moved meeting stays one event: it keeps the UID, and its sequence rises."""
    if not replaced:
        return meeting
    first = replaced[0]
    return replace(meeting, event_uid=first.ical_uid, sequence=first.sequence + 1)


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
