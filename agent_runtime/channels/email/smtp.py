"""Sends over one SMTP connection and says honestly what became of each mail."""

import smtplib
from collections.abc import Callable
from datetime import datetime

from agent_runtime.channels.email.compose import compose
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt

TIMEOUT_S = 30.0


class SmtpChannel:
    """One connection to a mail server, opened when first needed and kept for a batch.

    Everything up to the DATA command is provably harmless: a failure there proves that nothing
    left. From the first byte of the message on, only the server's answer is proof.
    """

    def __init__(
        self, host: str, port: int, *, clock: Callable[[], datetime], unsubscribe: str
    ) -> None:
        self._host = host
        self._port = port
        self._clock = clock
        self._unsubscribe = unsubscribe
        self._connection: smtplib.SMTP | None = None

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
        data = compose(mail, at=self._clock(), unsubscribe=self._unsubscribe)
        try:
            connection = self._open()
            refused = self._envelope(connection, mail)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Receipt("retry", detail=f"before DATA: {error}")
        if refused is not None:
            return refused
        return self._data(connection, data)

    def close(self) -> None:
        """Ends the connection; the next send opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> smtplib.SMTP:
        if self._connection is None:
            self._connection = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)
            self._connection.ehlo_or_helo_if_needed()
        return self._connection

    def _envelope(self, connection: smtplib.SMTP, mail: Mail) -> Receipt | None:
        for code, reply in (connection.mail(mail.sender), connection.rcpt(mail.recipient)):
            if code >= 400:
                connection.rset()
                status = "rejected" if code >= 500 else "retry"
                return Receipt(status, code=str(code), detail=reply.decode(errors="replace"))
        return None

    def _data(self, connection: smtplib.SMTP, data: bytes) -> Receipt:
        try:
            code, reply = connection.data(data)
        except smtplib.SMTPDataError as error:
            return Receipt("retry", code=str(error.smtp_code), detail="DATA was refused")
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Receipt("unknown", detail=f"after DATA: {error}")
        text = reply.decode(errors="replace")
        if code == 250:
            return Receipt("sent", code="250", detail=text)
        return Receipt("rejected" if code >= 500 else "retry", code=str(code), detail=text)
