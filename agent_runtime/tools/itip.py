"""Answers to invitations as calendars send them: iTIP over mail (RFC 5546, RFC 6047)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from icalendar import Calendar, Component

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
    end: datetime | None = None
    """UTC; None where the COUNTER says nothing of the length."""


def itip_in(parts: Iterable[str]) -> Itip | None:
    """Returns what the first of a mail's calendar parts answers, if any does."""
    found = (read_itip(part.encode()) for part in parts)
    return next((answer for answer in found if answer is not None), None)


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
        uid = str(event.get("UID", ""))
        if answer is None or not uid:
            return None
        return Itip(
            uid=uid,
            attendee=address[len("mailto:") :].strip().lower(),
            answer=answer,
            sequence=int(event.get("SEQUENCE", 0)),
            start=_instant(event, "DTSTART") if method == "COUNTER" else None,
            end=_instant(event, "DTEND") if method == "COUNTER" else None,
        )
    except Exception:
        return None


def _instant(event: Component, name: str) -> datetime | None:
    """A whole day, and a time without a zone, are no instant."""
    value = event.decoded(name) if name in event else None
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else None
