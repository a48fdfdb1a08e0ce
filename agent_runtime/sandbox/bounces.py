"""Delivery reports: what a mail system answers when it cannot deliver (RFC 3464)."""

from email import message_from_bytes
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from hashlib import blake2b

_LATE_SHARE = 20
_REPORTER = "mail.sandbox.example"


def refuses_late(address: str) -> bool:
    """Whether the system of this missing mailbox takes mail first and reports the failure later.

    One in twenty does, always the same ones.
    """
    return blake2b(address.lower().encode(), digest_size=8).digest()[0] * _LATE_SHARE < 256


def bounce_for(raw: bytes, recipient: str, *, sender: str) -> bytes:
    """Returns the report to `sender` that their mail found no mailbox of `recipient`.

    Its Message-ID follows from the original's, so that a repeated report is the same report.
    """
    original = message_from_bytes(raw)
    original_id = " ".join(str(original.get("Message-ID", "")).split())
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = f"Mail Delivery System <mailer-daemon@{_REPORTER}>"
    report["To"] = sender
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Message-ID"] = f"<bounce.{_digest(original_id, recipient)}@{_REPORTER}>"
    if date := original.get("Date"):
        report["Date"] = str(date)
    report["Auto-Submitted"] = "auto-replied"
    if original_id:
        report["In-Reply-To"] = original_id
        report["References"] = original_id
    explanation = (
        f"The mail system could not deliver your message to\n\n    {recipient}\n\n"
        "The mailbox does not exist.\n"
    )
    for part in (MIMEText(explanation), _status(recipient), _headers_of(original)):
        report.attach(part)
    return report.as_bytes(policy=SMTP)


def _status(recipient: str) -> MIMENonMultipart:
    """Returns the part that machines read: one group for the system, one for the recipient."""
    system, failure = Message(), Message()
    system["Reporting-MTA"] = f"dns; {_REPORTER}"
    failure["Final-Recipient"] = f"rfc822; {recipient}"
    failure["Action"] = "failed"
    failure["Status"] = "5.1.1"
    failure["Diagnostic-Code"] = "smtp; 550 5.1.1 no such mailbox"
    status = MIMENonMultipart("message", "delivery-status")
    status.set_payload([system, failure])
    return status


def _headers_of(original: Message) -> MIMENonMultipart:
    part = MIMENonMultipart("text", "rfc822-headers")
    part.set_payload("".join(f"{name}: {value}\n" for name, value in original.items()))
    return part


def _digest(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode(), digest_size=10).hexdigest()
