"""Whether mail, calendar and CRM answer as the settings say, a sentence each."""

import smtplib
from collections.abc import Callable, Iterator
from typing import Literal

from agent_runtime.settings import ImapAccount, Settings

State = Literal["ok", "warning", "failed"]
Said = tuple[str, State, str]
"""Name, state, and one sentence with what to do."""

TIMEOUT_S = 15.0
ARRIVES_WITHIN_S = 30.0


def connections(settings: Settings, *, send_to: str = "") -> Iterator[Said]:
    """Yields what each connection came to; nothing is sent but one mail to oneself.

    Args:
        settings: Where the servers are.
        send_to: An address of ours that a test mail goes to; empty sends none.

    Raises:
        ParleyError: `send_to` is no address of ours; nothing was sent.
    """
    yield _smtp(settings)
    for account in settings.imap:
        yield _imap(account)
    if not settings.imap:
        yield "imap", "warning", "no mailbox is set; name one in PARLEY_IMAP to read answers"
    if send_to:
        yield from _to_self(settings, send_to)
    yield _calendar(settings)
    yield _crm(settings)


def _smtp(settings: Settings) -> Said:
    from agent_runtime.channels.email.self_test import reach_smtp

    where = f"{settings.smtp_host}:{settings.smtp_port}"
    if not settings.smtp_port:
        return (
            "smtp",
            "failed",
            "no server is set; name it in PARLEY_SMTP_HOST and _PORT",
        )
    return _tried(
        "smtp",
        lambda: reach_smtp(settings),
        done=f"{where} takes mail from us",
        todo=f"{where}; look at PARLEY_SMTP_HOST, _PORT, _TLS, _USER and _PASSWORD",
    )


def _imap(account: ImapAccount) -> Said:
    from agent_runtime.channels.email.self_test import reach_imap

    return _tried(
        "imap",
        lambda: reach_imap(account),
        done=f"{account.address}: {', '.join(account.folders)} can be read",
        todo=f"{account.address} at {account.host}:{account.port}; look at it in PARLEY_IMAP",
    )


def _to_self(settings: Settings, address: str) -> Iterator[Said]:
    from agent_runtime.channels.email.self_test import has_arrived, send_to_self

    try:
        message_id = send_to_self(settings, address)
    except (OSError, smtplib.SMTPException) as error:
        yield "test mail", "failed", f"it was not taken ({_words(error)}); mend smtp first"
        return
    mailbox = next((a for a in settings.imap if a.address.lower() == address.lower()), None)
    if mailbox is None:
        yield "test mail", "warning", f"sent to {address}, whose mailbox is not read; look there"
    elif has_arrived(mailbox, message_id, within_s=ARRIVES_WITHIN_S):
        yield "test mail", "ok", f"went to {address} and came back by IMAP"
    else:
        yield (
            "test mail",
            "failed",
            f"sent, and not in {mailbox.folders[0]} of {address} after {ARRIVES_WITHIN_S:.0f} s; "
            "look into its folder for spam, then at `parley readiness --dns`",
        )


def _calendar(settings: Settings) -> Said:
    if settings.caldav_url:
        return _tried(
            "calendar",
            lambda: _answers("PROPFIND", settings.caldav_url, {"Depth": "0"}),
            done=f"{settings.caldav_url} answers as CalDAV",
            todo="look at PARLEY_CALDAV_URL",
        )
    if settings.google_token.get_secret_value():
        return "calendar", "warning", "a Google token is set and not tried; book a test meeting"
    return "calendar", "warning", "none is set; name one in PARLEY_CALDAV_URL to offer times"


def _crm(settings: Settings) -> Said:
    token = settings.hubspot_token.get_secret_value()
    if not token:
        return "crm", "warning", "none is set; name a token in PARLEY_HUBSPOT_TOKEN to write to it"
    url = f"{settings.hubspot_url}/crm/v3/objects/contacts?limit=1"
    return _tried(
        "crm",
        lambda: _answers("GET", url, {"Authorization": f"Bearer {token}"}),
        done="HubSpot lets us read contacts",
        todo="look at PARLEY_HUBSPOT_TOKEN and its scopes with `parley crm --help`",
    )


def _answers(method: str, url: str, headers: dict[str, str]) -> None:
    import httpx

    try:
        answer = httpx.request(method, url, headers=headers, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise OSError(str(error)) from None
    wanted = 207 if method == "PROPFIND" else 200
    if answer.status_code != wanted:
        raise OSError(f"HTTP {answer.status_code}")


def _tried(name: str, act: Callable[[], None], *, done: str, todo: str) -> Said:
    from imapclient.exceptions import IMAPClientError

    try:
        act()
    except (OSError, smtplib.SMTPException, IMAPClientError) as error:
        return name, "failed", f"{_words(error)}: {todo}"
    return name, "ok", done


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        return " ".join(f"{error.smtp_code} {text}".split())
    return " ".join(str(error).split()) or type(error).__name__
