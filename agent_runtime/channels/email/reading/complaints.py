"""Complaints: a recipient called a mail of ours spam (RFC 5965, and forms of providers)."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from agent_runtime.channels.email.reading.fields import ADDRESS, addresses_in, json_addresses
from agent_runtime.channels.email.reading.mime import OpenedMail
from agent_runtime.channels.email.reading.patterns import flat, pattern_of
from agent_runtime.channels.email.reading.signs import returned_fields
from agent_runtime.words import read_words

_NAMING = (
    "original-rcpt-to",
    "removal-recipient",
    "original-recipient",
    "x-hmxmroriginalrecipient",
)
_KEEPER = re.compile(r"(?:postmaster|hostmaster|security|csirt|cert|noc|abuse)[\w.+-]*@")
"""They send much else, so that subject and text must both complain."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint about a mail, or another feedback that is none."""

    recipients: tuple[str, ...]
    """Who had been sent the mail, as far as the report does not hide it."""
    complains: bool = True
    """False for feedback about authentication and the like."""


def complaint_in(mail: OpenedMail, sender: str) -> Complaint | None:
    """Returns the complaint in a mail; None where it is none."""
    if mail.feedback or mail.message.get_param("report-type") == "feedback-report":
        kinds = {
            fields.get("feedback-type", "").split(";")[0].strip().lower()
            for fields in mail.feedback
        }
        complains = not kinds or bool(kinds - set(_words().no_complaint))
        return Complaint(_recipients(mail), complains)
    if any(fields.get("x-hmxmroriginalrecipient") for fields in mail.returned):
        return Complaint(_recipients(mail))
    subject, body = flat(mail.field("Subject")), flat(mail.text)
    by_sender = bool(_words().senders.fullmatch(sender))
    by_subject = bool(_words().subjects.match(subject))
    by_body = bool(_words().bodies.search(body[:1_500]))
    returns = bool(mail.returned or mail.statuses)
    if '"notificationtype":"complaint"' in body.replace(" ", ""):
        return Complaint(json_addresses(mail.text))
    if (by_sender and (by_subject or by_body)) or (
        by_subject and by_body and (returns or _KEEPER.match(sender))
    ):
        return Complaint(_recipients(mail))
    return None


def _recipients(mail: OpenedMail) -> tuple[str, ...]:
    returned = returned_fields(mail)
    for name in _NAMING:
        named = [fields[name] for fields in (*mail.feedback, *returned) if name in fields]
        found = [a.lower() for value in named for a in ADDRESS.findall(value)]
        if found:
            return tuple(dict.fromkeys(found))
    sent_to = (a for fields in returned for a in addresses_in(fields.get("to", "")))
    return tuple(dict.fromkeys(sent_to))


@dataclass(frozen=True, slots=True)
class _Words:
    no_complaint: tuple[str, ...]
    senders: re.Pattern[str]
    subjects: re.Pattern[str]
    bodies: re.Pattern[str]


@cache
def _words() -> _Words:
    words: dict[str, Any] = read_words("mail/complaints")
    patterns = (pattern_of(words[name]) for name in ("senders", "subjects", "bodies"))
    return _Words(tuple(words["no_complaint"]), *patterns)
