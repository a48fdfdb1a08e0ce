"""Turns one rendered mail into RFC 5322 bytes."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from agent_runtime.ports import Mail

TASK_HEADER = "X-Parley-Task"
TOUCH_HEADER = "X-Parley-Touch"


def compose(mail: Mail, *, at: datetime, unsubscribe: str) -> bytes:
    """Returns the bytes of a mail that can be answered, threaded and stopped.

    Args:
        mail: what to say, with personal data already filled in.
        at: the Date header.
        unsubscribe: address for the List-Unsubscribe header (RFC 2369).

    Raises:
        ValueError: a header value holds a line break.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((mail.sender_name, mail.sender))
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = mail.rfc_message_id
    if mail.in_reply_to:
        message["In-Reply-To"] = mail.in_reply_to
    if mail.references:
        message["References"] = " ".join(mail.references)
    if mail.is_answer:
        message["Auto-Submitted"] = "auto-replied"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<mailto:{unsubscribe}?subject=unsubscribe>"
    if mail.task_id:
        message[TASK_HEADER] = mail.task_id
        message[TOUCH_HEADER] = str(mail.touch)
    message.set_content(mail.body)
    if mail.invite:
        method = "CANCEL" if "METHOD:CANCEL" in mail.invite else "REQUEST"
        message.add_alternative(
            mail.invite.encode(),
            maintype="text",
            subtype="calendar",
            params={"method": method, "charset": "utf-8"},
        )
    return message.as_bytes()
