"""Tells a colleague that work waits: by mail or webhook. Buyers are never written to from here."""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol

from agent_runtime.channels.email.smtp import Login, SmtpLine
from agent_runtime.routing.assign import Assignee

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Notice:
    """What a colleague has to know to begin; personal data of the buyer stays in the queue."""

    task_id: str
    kind: str
    reason: str
    role: str
    to: str
    name: str
    answer_by: str
    """ISO instant, or empty."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server that a notice went to made of it."""

    is_taken: bool
    code: str = ""
    """Of SMTP or HTTP; empty where no server answered."""
    why: str = ""


class Notifier(Protocol):
    """One way to tell people."""

    def tell(self, notice: Notice) -> Answer:
        """Tells one colleague, or says why it could not."""
        ...


@dataclass(frozen=True, slots=True)
class MailNotifier:
    """Tells by mail, from an address of ours, to colleagues only."""

    host: str
    port: int
    sender: str
    login: Login = field(default_factory=Login)

    def tell(self, notice: Notice) -> Answer:
        """Sends one short mail."""
        message = EmailMessage()
        message["From"], message["To"] = self.sender, notice.to
        message["Subject"] = f"[Parley] {notice.kind.replace('_', ' ')}: {notice.reason}"
        message["Auto-Submitted"] = "auto-generated"
        message["Message-ID"] = f"<{notice.task_id}.{notice.role}@{self.sender.partition('@')[2]}>"
        until = f" Please take it by {notice.answer_by}." if notice.answer_by else ""
        message.set_content(
            f"Work waits for you as {notice.role.replace('_', ' ')}.{until}\n\n"
            f"parley tasks show {notice.task_id}\nparley tasks ack {notice.task_id}\n"
        )
        line = SmtpLine(self.host, self.port, login=self.login, timeout_s=TIMEOUT_S)
        receipt = line.deliver(self.sender, notice.to, message.as_bytes(policy=SMTP))
        line.close()
        if receipt.status == "sent":
            return Answer(True, "250")
        return Answer(
            False, receipt.code, receipt.detail if receipt.code else f"mail: {receipt.detail}"
        )


@dataclass(frozen=True, slots=True)
class WebhookNotifier:
    """Tells by POST; the body is signed with HMAC-SHA256 in `X-Parley-Signature`."""

    url: str
    key: str

    def tell(self, notice: Notice) -> Answer:
        """Posts one notice."""
        import httpx

        body = json.dumps(asdict(notice), sort_keys=True).encode()
        signature = hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Parley-Signature": f"sha256={signature}"}
        try:
            answer = httpx.post(self.url, content=body, headers=headers, timeout=TIMEOUT_S)
        except httpx.HTTPError as error:
            return Answer(False, why=f"webhook: {error}")
        return Answer(answer.is_success, str(answer.status_code), answer.reason_phrase)


def notice_of(task_id: str, kind: str, reason: str, to: Assignee) -> Notice:
    """Returns the notice of one assignment."""
    answer_by = to.answer_by.isoformat() if to.answer_by else ""
    return Notice(task_id, kind, reason, to.role, to.email, to.name, answer_by)
