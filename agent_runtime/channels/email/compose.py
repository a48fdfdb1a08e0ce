"""Turns one rendered mail into RFC 5322 bytes."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr

from agent_runtime.channels.email.html import html_of
from agent_runtime.ports import Mail

TASK_HEADER = "X-Parley-Task"
TOUCH_HEADER = "X-Parley-Touch"

_OPAQUE = frozenset({"message-id", "in-reply-to", "references", "list-unsubscribe"})


class _Wire(EmailPolicy):
    """Folds ids and addresses at blanks only: the library would encode a long one beyond use."""

    def fold(self, name: str, value: str) -> str:
        if name.lower() in _OPAQUE:
            return f"{name}: {f'{self.linesep} '.join(value.split())}{self.linesep}"
        return super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


_WIRE = _Wire(linesep="\r\n")


def compose(mail: Mail, *, at: datetime, unsubscribe: str, unsubscribe_url: str = "") -> bytes:
    """Returns the bytes of a mail that can be answered, threaded and stopped.

    Args:
        mail: what to say, with personal data already filled in.
        at: the Date header.
        unsubscribe: address for the List-Unsubscribe header (RFC 2369).
        unsubscribe_url: where one click unsubscribes (RFC 8058); empty leaves only the address.

    Raises:
        ValueError: a header value holds a line break.
    """
    message = EmailMessage(policy=_WIRE)
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
    ways = [f"<mailto:{unsubscribe}?subject=unsubscribe>"] if unsubscribe else []
    ways += [f"<{unsubscribe_url}>"] if unsubscribe_url else []
    if ways:
        message["List-Unsubscribe"] = ", ".join(ways)
    if unsubscribe_url:
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if mail.task_id:
        message[TASK_HEADER] = mail.task_id
        message[TOUCH_HEADER] = str(mail.touch)
    message.set_content(mail.body)
    message.add_alternative(html_of(mail.body, language=mail.language), subtype="html")
    if mail.invite:
        method = "CANCEL" if "METHOD:CANCEL" in mail.invite else "REQUEST"
        message.add_alternative(
            mail.invite.encode(),
            maintype="text",
            subtype="calendar",
            params={"method": method, "charset": "utf-8"},
        )
    return message.as_bytes()
