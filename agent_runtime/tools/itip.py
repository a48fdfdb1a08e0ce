"""Answers to invitations as calendars send them: iTIP over mail (RFC 5546, RFC 6047)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Literal

from icalendar import Calendar

Answer = Literal["accepted", "tentative", "declined", "proposes"]
_PARTSTAT: dict[str, Answer] = {
    "ACCEPTED": "accepted",
    "TENTATIVE": "tentative",
    "DECLINED": "declined",
}


@dataclass(frozen=True, slots=True)
class Itip:
    """What one attendee answered about one event."""

    uid: str
    attendee: str
    answer: Answer
    sequence: int = 0
    start: datetime | None = None
    """UTC; the time that a COUNTER proposes."""


def itip_of(message: EmailMessage) -> Itip | None:
    """Returns what the first calendar part of a mail answers, if any does."""
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            found = read_itip(content) if isinstance(content, bytes) else None
            if found is not None:
                return found
    return None


def read_itip(part: bytes) -> Itip | None:
    """Returns the answer in a `text/calendar` part; None where there is none to be understood.

    A reply names exactly one attendee; whether that is who wrote is for the caller to check.
    """
    try:
        calendar = Calendar.from_ical(part.decode("utf-8", errors="replace"))
        method = str(calendar.get("METHOD", "")).upper()
        (event,) = calendar.walk("VEVENT")
        attendees = event.get("ATTENDEE")
        (attendee,) = attendees if isinstance(attendees, list) else [attendees]
        address = str(attendee).strip()
        if method not in ("REPLY", "COUNTER") or not address.lower().startswith("mailto:"):
            return None
        partstat = str(attendee.params.get("PARTSTAT", "")).upper()
        answer = "proposes" if method == "COUNTER" else _PARTSTAT.get(partstat)
        start = event.decoded("DTSTART") if method == "COUNTER" else None
        uid = str(event.get("UID", ""))
        if answer is None or not uid:
            return None
        return Itip(
            uid=uid,
            attendee=address[len("mailto:") :].strip().lower(),
            answer=answer,
            sequence=int(event.get("SEQUENCE", 0)),
            start=start.astimezone(UTC) if isinstance(start, datetime) and start.tzinfo else None,
        )
    except Exception:
        return None
