"""Reminds guests of their meetings: by text where they agreed to that, else by mail, once each."""

from dataclasses import replace
from datetime import datetime, timedelta

from agent_runtime import act
from agent_runtime.arms import binding_arm
from agent_runtime.domain import ChannelName, Contact, Session
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Ahead, Playbook
from agent_runtime.planning.speech_acts import reminder
from agent_runtime.policies.contact import MEETINGS
from agent_runtime.ports import Tx
from agent_runtime.reach import reach
from agent_runtime.store.rows import Meeting, Message, Reminder

BEFORE: dict[Ahead, timedelta] = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
_NOT_RIGHT_AFTER = 0.5
"""Who booked less than this share of the time ahead of a reminder still knows: none is sent."""
_BY_TEXT: tuple[ChannelName, ...] = ("sms", "whatsapp")


def plan_reminders(
    tx: Tx, meeting: Meeting, contact: Contact, playbook: Playbook, *, now: datetime
) -> None:
    """Writes when the guest of a confirmed meeting is to be reminded; again changes nothing."""
    for ahead in playbook.reminds:
        due_at = meeting.slot.start - BEFORE[ahead]
        if now + _NOT_RIGHT_AFTER * BEFORE[ahead] > due_at:
            continue
        tx.add_reminder(
            Reminder(
                tenant_id=meeting.tenant_id,
                reminder_id=f"{meeting.uid}:{ahead}",
                uid=meeting.uid,
                person_id=meeting.person_id,
                lane=contact.mailbox,
                due_at=due_at,
            )
        )


def write_reminder(
    tx: Tx, due: Reminder, contact: Contact, session: Session, library: Library, *, now: datetime
) -> Message | None:
    """Turns a reminder that is due into a message; None when the meeting does not stand any more.

    Where it goes is decided now, by what the guest has agreed to by now.
    """
    meeting = tx.meeting(due.uid)
    if meeting is None or meeting.state != "CONFIRMED" or meeting.slot.start <= now:
        tx.close_reminder(due.reminder_id, "CANCELLED")
        return None
    tx.close_reminder(due.reminder_id, "DONE")
    ahead: Ahead = "hour" if due.reminder_id.endswith(":hour") else "day"
    channel = _channel(tx, contact)
    about = (library, contact, session, meeting.slot)
    proposal = reminder(*about, ahead=ahead, channel=channel, now=now)
    if channel == "whatsapp" and proposal.template is None:
        channel = "email"
        proposal = reminder(*about, ahead=ahead, channel=channel, now=now)
    message = act.message_of(
        session,
        contact,
        proposal,
        cause=due.reminder_id,
        actor="agent",
        mailbox=contact.mailbox,
        due_at=now,
        arm=binding_arm(tx, contact.person_id),
        address=reach(tx, contact, channel),
    )
    message = replace(message, slots=(meeting.slot,), expires_at=meeting.slot.start)
    return message if tx.add_message(message) else None


def is_moot(tx: Tx, message: Message) -> bool:
    """Says whether a message reminds of a meeting that was moved or dropped in the meantime."""
    if message.action != "remind":
        return False
    standing = tx.meetings_of(message.thread_id, "CONFIRMED")
    return not any(meeting.slot in message.slots for meeting in standing)


def _channel(tx: Tx, contact: Contact) -> ChannelName:
    agreed = {
        consent.channel
        for consent in tx.consents(contact.person_id)
        if consent.purpose == MEETINGS and consent.basis == "consent"
    }
    for name in _BY_TEXT:
        if name in agreed and reach(tx, contact, name):
            return name
    return "email"
