"""Reads one mail as it stands on the wire: who, what is new in it, machine or person."""

import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import parseaddr

from agent_runtime.channels.email.trimming import new_text
from agent_runtime.tools.itip import Itip, itip_of


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """What the runtime needs of a mail. `text` is the new part only, without quotes."""

    key: str
    """Identity of the mail: a repeat, at whatever time and path, has the same key."""
    sender: str
    recipient: str
    subject: str
    text: str
    rfc_message_id: str
    in_reply_to: str
    auto_submitted: bool
    bounce_of: str = ""
    """Message-ID of the mail that a delivery report speaks of."""
    bounce_status: str = ""
    """RFC 3463 status of the report, `5.1.1`."""
    itip: Itip | None = None
    """What the mail's calendar part answers to an invitation."""

    @staticmethod
    def key_of(rfc_message_id: str) -> str:
        """Returns the key of a mail that has a Message-ID."""
        return hashlib.sha256(rfc_message_id.encode()).hexdigest()[:32]


def parse(raw: bytes, *, mailbox: str) -> ReceivedMail:
    """Returns what is to be known of a mail; never fails on what a stranger sent."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    rfc_id = _header(message, "Message-ID")
    bounce_of, status = _report(message)
    return ReceivedMail(
        key=ReceivedMail.key_of(rfc_id or hashlib.sha256(raw).hexdigest()),
        sender=parseaddr(_header(message, "From"))[1].lower(),
        recipient=mailbox,
        subject=_header(message, "Subject"),
        text=new_text(_text(message)),
        rfc_message_id=rfc_id,
        in_reply_to=_header(message, "In-Reply-To"),
        auto_submitted=_is_automatic(message),
        bounce_of=bounce_of,
        bounce_status=status,
        itip=itip_of(message),
    )


def _header(message: Message, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError):
        return ""


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        content = part.get_content()
    except (LookupError, ValueError):
        content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        content = content.decode("utf-8", errors="replace")
    text = content if isinstance(content, str) else ""
    return re.sub(r"<[^>]+>", " ", text) if part.get_content_subtype() == "html" else text


def _is_automatic(message: Message) -> bool:
    """RFC 3834, and what auto-responders write instead of it."""
    if _header(message, "Auto-Submitted").lower() not in ("", "no"):
        return True
    marks = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
    bulk = _header(message, "Precedence").lower() in ("bulk", "junk", "auto_reply")
    return bulk or any(message.get(mark) for mark in marks)


def _report(message: Message) -> tuple[str, str]:
    """Returns the Message-ID and status of an RFC 3464 delivery report, or empty strings."""
    if message.get_content_type() != "multipart/report":
        return "", ""
    original = status = ""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else ():
                if isinstance(block, Message):
                    status = status or str(block.get("Status", "")).strip()
        elif part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            payload = part.get_payload()
            inner = payload[0] if isinstance(payload, list) and payload else payload
            if isinstance(inner, Message):
                original = _header(inner, "Message-ID")
            elif isinstance(inner, str):
                found = re.search(r"^Message-ID:\s*(<[^>]+>)", inner, re.I | re.M)
                original = found.group(1) if found else original
    return original, status
