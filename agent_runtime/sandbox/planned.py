"""Mails that people of the sandbox are going to send."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class PlannedMail:
    """A mail that a buyer sends when its time comes."""

    due_at: datetime
    to: str
    in_reply_to: str
    references: tuple[str, ...]
    subject: str
    text: str
    auto_submitted: bool
    kind: str
    """What it says, by the name of its utterances; only the sandbox knows it."""
    message_id: str
    unless_mail_arrives: bool = False
    """A reminder: it is dropped when the buyer gets another mail before it is due."""


def to_bytes(mail: PlannedMail, *, sender: str, sender_name: str) -> bytes:
    """Returns the mail as it goes over the wire."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=sender_name, addr_spec=sender)
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.due_at)
    message["Message-ID"] = mail.message_id
    if mail.in_reply_to:
        message["In-Reply-To"] = mail.in_reply_to
    if mail.references:
        message["References"] = " ".join(mail.references)
    if mail.auto_submitted:
        message["Auto-Submitted"] = "auto-replied"
    message.set_content(mail.text)
    return message.as_bytes()
