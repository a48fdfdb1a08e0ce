"""A mail as its reader sees it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses, parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MailView:
    """What people and reps of the sandbox know of a mail that arrived."""

    message_id: str
    from_addr: str
    to_addr: str
    subject: str
    text: str
    has_invite: bool = False
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    sent_at: datetime = _EPOCH
    reply_to: str = ""
    """Where an answer goes when it is not the sender's address."""

    @property
    def answer_to(self) -> str:
        """The address that an answer goes to."""
        return self.reply_to or self.from_addr


def from_bytes(raw: bytes) -> MailView:
    """Returns what a reader sees of a mail as it lies in a Maildir."""
    mail = message_from_bytes(raw, _class=EmailMessage, policy=default)
    body = mail.get_body(preferencelist=("plain",))
    parts = {part.get_content_type() for part in mail.walk()}
    return MailView(
        message_id=_line(mail, "Message-ID"),
        from_addr=_address(mail, "From"),
        to_addr=_address(mail, "To"),
        subject=_line(mail, "Subject"),
        text=body.get_content().replace("\r\n", "\n") if body else "",
        has_invite="text/calendar" in parts,
        in_reply_to=_line(mail, "In-Reply-To"),
        references=tuple(_line(mail, "References").split()),
        sent_at=parsedate_to_datetime(mail["Date"]) if mail["Date"] else _EPOCH,
        reply_to=_address(mail, "Reply-To"),
    )


def _line(mail: EmailMessage, header: str) -> str:
    return " ".join(str(mail.get(header, "")).split())


def _address(mail: EmailMessage, header: str) -> str:
    addresses = getaddresses([_line(mail, header)])
    return addresses[0][1].lower() if addresses else ""
