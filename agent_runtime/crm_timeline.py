"""Rows of the store as activities of a CRM's timeline: what was said, tasks, meetings."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from agent_runtime.channels.email.chat_links import PAGES_PLACE, PLACE, SURVEY_PLACE, without_link
from agent_runtime.crm_port import Activity, ActivityKind
from agent_runtime.domain import Choices, Contact
from agent_runtime.placeholders import fill
from agent_runtime.policies.choices import CHANNELS, is_on
from agent_runtime.store.rows import HumanTask, Inbound, Meeting, Message, Push

_OBJECTS: dict[str, ActivityKind] = {
    "email": "email",
    "sms": "communication",
    "whatsapp": "communication",
    "linkedin": "communication",
    "voice": "call",
}
"""By channel; what has no object of its own there becomes a note."""
_CHANNELS = {"email": "E-mail", "sms": "SMS", "whatsapp": "WhatsApp", "voice": "Call"}
_TASKS = ("inbound_request", "handoff", "linkedin")
"""Work that somebody has to do; the rest is to be read, and becomes a note."""


def activity_id(kind: str, row_id: str) -> str:
    """Returns the external id of a row: the same whenever and by whomever it is delivered."""
    digest = hashlib.sha256(f"{kind}\x1f{row_id}".encode()).hexdigest()
    return f"A-{digest[:20]}"


def said(message: Message, contact: Contact, originals: Mapping[str, str]) -> Activity:
    """Returns a message that left."""
    at = message.sent_at or message.due_at
    what = f"sent by the {message.actor} ({message.action})"
    where = message.channel, "out", what
    words = message.subject, message.body
    return _words("sent", message.message_id, where, words, at, contact, originals)


def heard(inbound: Inbound, contact: Contact, originals: Mapping[str, str]) -> Activity:
    """Returns a message that came in."""
    words, where = (inbound.subject, inbound.text), (inbound.channel, "in", "received")
    return _words("heard", inbound.key, where, words, inbound.received_at, contact, originals)


def work(task: HumanTask, contact: Contact, originals: Mapping[str, str]) -> Activity:
    """Returns work for a person as a task, or as a note where it is only to be read."""
    what = task.reason.replace("_", " ")
    values = {
        "at": instant(task.received_at),
        "subject": f"Parley: {what}",
        "text": fill(task.text, contact, originals) or what,
    }
    key = activity_id("work", task.task_id)
    if task.kind not in _TASKS:
        values["text"] = f"{values['subject']}\n\n{values['text']}"
        values["status"] = "sent"
        return Activity(key, "note", contact.email, tuple(values.items()))
    values |= {
        "status": "done" if task.state == "DONE" else "open",
        "priority": task.priority,
        "type": "todo",
    }
    return Activity(
        key, "task", contact.email, tuple(values.items()), "status", frozenset({"open"})
    )


def meeting(row: Meeting, contact: Contact) -> Activity:
    """Returns a meeting with what became of it."""
    outcome = row.attendance if row.attendance in ("held", "no_show") else "scheduled"
    if row.state in ("CANCELLED", "DECLINED", "DECLINING"):
        outcome = "cancelled"
    values = {
        "at": instant(row.slot.start),
        "subject": f"Meeting with {contact.company or contact.email}",
        "text": f"Booked by the {row.actor}, by Parley",
        "starts": instant(row.slot.start),
        "ends": instant(row.slot.end),
        "outcome": outcome,
    }
    ours = frozenset({"scheduled", "moved", ""})
    key = activity_id("meeting", row.uid)
    return Activity(key, "meeting", contact.email, tuple(values.items()), "outcome", ours)


def choice(push: Push, off: Choices, contact: Contact) -> Activity:
    """Returns what somebody has turned off by themselves as a note, one for each time they chose.

    Neither CRM has a field for less than a whole opt-out.
    """
    channels = [name for name in CHANNELS if not is_on(off, name)]
    topics = f"about {_listed(off.topics_off)}" if off.topics_off else ""
    named = "; ".join(part for part in (_listed(channels), topics) if part)
    said = f"Turned off by themselves: {named}. Please keep to it."
    values = {
        "at": instant(push.queued_at),
        "subject": "Parley: what they want to hear",
        "text": said if named else "Nothing is turned off any more.",
        "status": "sent",
    }
    values["text"] = f"{values['subject']}\n\n{values['text']}"
    key = activity_id("choice", "\x1f".join((push.row_id, values["at"], named)))
    return Activity(key, "note", contact.email, tuple(values.items()), is_wish=True)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def instant(at: datetime) -> str:
    """Returns an instant as CRMs take it: ISO 8601 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _words(
    kind: str,
    row_id: str,
    where: tuple[str, str, str],
    words: tuple[str, str],
    at: datetime,
    contact: Contact,
    originals: Mapping[str, str],
) -> Activity:
    channel, direction, what = where
    subject, body = words[0], without_link(words[1], PLACE, PAGES_PLACE, SURVEY_PLACE)
    becomes = _OBJECTS.get(channel, "note")
    head = f"{_CHANNELS.get(channel, channel.capitalize())} {what}, by Parley"
    is_titled = becomes in ("email", "call") and subject
    parts = (body,) if becomes == "email" else (head, "" if is_titled else subject, body)
    values = {
        "at": instant(at),
        "subject": fill(subject, contact, originals) or head,
        "text": fill("\n\n".join(part for part in parts if part), contact, originals),
        "direction": direction,
        "status": "sent",
        "channel": channel,
        "logged_from": "parley",
        "type": "log",
    }
    return Activity(activity_id(kind, row_id), becomes, contact.email, tuple(values.items()))
