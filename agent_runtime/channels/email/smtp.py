"""Sends over one SMTP connection and says honestly what became of each mail."""

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from agent_runtime.channels.email.compose import compose
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt

TIMEOUT_S = 30.0
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")


def _nothing(_: Mail) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Login:
    """How we prove to the server who we are, and how the line is protected."""

    user: str = ""
    password: str = field(default="", repr=False)
    tls: Literal["none", "starttls", "tls"] = "none"
    context: ssl.SSLContext | None = None
    """Whom to trust; None means the system's certificates."""


@dataclass(frozen=True, slots=True)
class Stamps:
    """What is added to each mail on its way out."""

    unsubscribe_url: Callable[[Mail], str] = _nothing
    return_path: Callable[[Mail], str] = _nothing
    """Envelope sender; empty means the sender itself."""
    sign: Callable[[bytes], bytes] = bytes


class SmtpLine:
    """One connection to a mail server, opened when first needed and kept.

    Everything up to the DATA command is provably harmless: a failure there proves that nothing
    left. From the first byte of the message on, only the server's answer is proof.
    """

    def __init__(
        self, host: str, port: int, *, login: Login | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._host = host
        self._port = port
        self._login = login or Login()
        self._timeout_s = timeout_s
        self._connection: smtplib.SMTP | None = None

    def deliver(self, sender: str, recipient: str, data: bytes) -> Receipt:
        """Hands one whole mail over and says what became of it.

        Args:
            sender: Of the envelope: where bounces go.
            recipient: Of the envelope.
            data: Headers and body.
        """
        try:
            refused = self._start(sender, recipient)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Receipt("retry", detail=f"before DATA: {error}")
        if refused is not None or self._connection is None:
            return refused or Receipt("retry", detail="before DATA: no connection")
        return self._data(self._connection, data)

    def close(self) -> None:
        """Ends the connection; the next mail opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _start(self, sender: str, recipient: str) -> Receipt | None:
        """A kept connection that the server has closed meanwhile is opened once more."""
        if self._connection is not None:
            try:
                return self._envelope(self._connection, sender, recipient)
            except (OSError, smtplib.SMTPServerDisconnected):
                self.close()
        return self._envelope(self._open(), sender, recipient)

    def _open(self) -> smtplib.SMTP:
        login = self._login
        if login.tls == "tls":
            context = login.context or ssl.create_default_context()
            opened = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout_s, context=context
            )
        else:
            opened = smtplib.SMTP(self._host, self._port, timeout=self._timeout_s)
        self._connection = opened
        opened.ehlo_or_helo_if_needed()
        if login.tls == "starttls":
            opened.starttls(context=login.context or ssl.create_default_context())
        if login.user:
            opened.login(login.user, login.password)
        return opened

    def _envelope(self, connection: smtplib.SMTP, sender: str, recipient: str) -> Receipt | None:
        code, reply = connection.mail(sender)
        if code < 400:
            code, reply = connection.rcpt(recipient)
        if code == 421:
            self.close()
        elif code >= 400:
            connection.rset()
        return _refusal(code, reply) if code >= 400 else None

    def _data(self, connection: smtplib.SMTP, data: bytes) -> Receipt:
        try:
            code, reply = connection.data(data)
        except smtplib.SMTPDataError as error:
            return _refusal(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Receipt("unknown", detail=f"after DATA: {error}")
        if code == 250:
            text = reply.decode(errors="replace")
            return Receipt("sent", code="250", detail=text, enhanced=_enhanced(text))
        return _refusal(code, reply)


class SmtpChannel:
    """The channel by which mail goes to buyers: each with a permit, over one kept connection."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        clock: Callable[[], datetime],
        unsubscribe: str,
        login: Login | None = None,
        stamps: Stamps | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._line = SmtpLine(host, port, login=login, timeout_s=timeout_s)
        self._clock = clock
        self._unsubscribe = unsubscribe
        self._stamps = stamps or Stamps()

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Sends one mail that the permit covers.

        Raises:
            PermissionError: the permit is for other words, another recipient or sender.
        """
        subject, body = permitted_words
        if not permit.covers(
            recipient=mail.recipient, mailbox=mail.sender, subject=subject, body=body
        ):
            raise PermissionError(f"no permit covers {mail.rfc_message_id}")
        data = self._stamps.sign(
            compose(
                mail,
                at=self._clock(),
                unsubscribe=self._unsubscribe,
                unsubscribe_url=self._stamps.unsubscribe_url(mail),
            )
        )
        sender = self._stamps.return_path(mail) or mail.sender
        return self._line.deliver(sender, mail.recipient, data)

    def close(self) -> None:
        """Ends the connection; the next send opens a new one."""
        self._line.close()


def _refusal(code: int, reply: bytes | str) -> Receipt:
    """4xx may be tried again, 5xx never (RFC 5321 section 4.2.1)."""
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    status = "rejected" if code >= 500 else "retry"
    return Receipt(status, code=str(code), detail=text, enhanced=_enhanced(text))


def _enhanced(text: str) -> str:
    found = _ENHANCED.match(text.strip())
    return found.group(1) if found else ""
