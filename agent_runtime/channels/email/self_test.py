"""Proves that mail goes out and comes in: one message from an address of ours to itself."""

import smtplib
import time
from email.message import EmailMessage
from uuid import uuid4

from agent_runtime.channels.email.imap import logged_in
from agent_runtime.errors import ParleyError
from agent_runtime.settings import ImapAccount, Settings

TIMEOUT_S = 15.0
_POLL_S = 0.5


def own_addresses(settings: Settings) -> tuple[str, ...]:
    """Returns the addresses that are ours: the SMTP user and the mailboxes that are read."""
    found = [settings.smtp_user, *(account.address for account in settings.imap)]
    return tuple(dict.fromkeys(one.lower() for one in found if "@" in one))


def reach_smtp(settings: Settings) -> None:
    """Connects and logs in, and sends nothing.

    Raises:
        OSError: there is no such server, or the line cannot be protected.
        smtplib.SMTPException: the server refuses.
    """
    with _connected(settings) as server:
        server.noop()


def reach_imap(account: ImapAccount) -> None:
    """Logs in and opens each folder for reading.

    Raises:
        OSError: there is no such server.
        imapclient.exceptions.IMAPClientError: it refuses the login or a folder.
    """
    with logged_in(account) as client:
        for folder in account.folders:
            client.select_folder(folder, readonly=True)


def send_to_self(settings: Settings, address: str) -> str:
    """Sends one mail from an address of ours to itself; returns its Message-ID.

    Raises:
        ParleyError: the settings do not know the address as ours; nothing was sent.
    """
    own = own_addresses(settings)
    if address.lower() not in own:
        raise ParleyError(
            f"--send-to = {address!r}: it must be an address of your own, one of "
            f"{', '.join(own) or 'none, since neither PARLEY_SMTP_USER nor PARLEY_IMAP names one'}."
        )
    message = EmailMessage()
    message["From"] = message["To"] = address
    message["Subject"] = "[Parley] A test of the connection"
    message["Auto-Submitted"] = "auto-generated"
    message["Message-ID"] = f"<{uuid4().hex}@{address.partition('@')[2]}>"
    message.set_content("Parley can send mail from this address. Nothing else was sent.\n")
    with _connected(settings) as server:
        server.send_message(message)
    return str(message["Message-ID"])


def has_arrived(account: ImapAccount, message_id: str, *, within_s: float) -> bool:
    """Says whether a mail lies in the first folder of a mailbox, and waits for it."""
    ends = time.monotonic() + within_s
    with logged_in(account) as client:
        while True:
            client.select_folder(account.folders[0], readonly=True)
            if client.search(f'HEADER Message-ID "{message_id}"'):
                return True
            if time.monotonic() >= ends:
                return False
            time.sleep(_POLL_S)


def _connected(settings: Settings) -> smtplib.SMTP:
    kind = smtplib.SMTP_SSL if settings.smtp_tls == "tls" else smtplib.SMTP
    server = kind(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S)
    if settings.smtp_tls == "starttls":
        server.starttls()
    if settings.smtp_user:
        server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    return server
