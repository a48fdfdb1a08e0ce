"""Whether mail, calendar, CRM and entailment answer as the settings say, a sentence each."""

import smtplib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Literal

from agent_runtime.settings import ImapAccount, Settings

State = Literal["ok", "warning", "failed"]
Said = tuple[str, State, str]
"""Name, state, and one sentence with what to do."""

TIMEOUT_S = 15.0
ARRIVES_WITHIN_S = 30.0
_SALESFORCE = "PARLEY_SALESFORCE_URL and _TOKEN, or _CLIENT_ID and _CLIENT_SECRET"


def connections(
    settings: Settings, *, send_to: str = "", now: datetime | None = None
) -> Iterator[Said]:
    """Yields what each connection came to; nothing is sent but one mail to oneself.

    Args:
        settings: Where the servers are.
        send_to: An address of ours that a test mail goes to; empty sends none.
        now: Calendars are read from here on; None means the real time.

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
    yield _calendar(settings, now or datetime.now(UTC))
    yield _crm(settings)
    if settings.voice_carrier:
        yield _calls(settings)
    if settings.entailment_url:
        from agent_runtime.grounding.server_check import check_entailment

        yield "entailment", *check_entailment(settings.entailment_url)


def _calls(settings: Settings) -> Said:
    from agent_runtime.channels.voice.carrier.self_test import check_regions
    from agent_runtime.channels.voice.carrier.vendors import account_of
    from agent_runtime.errors import ParleyError

    try:
        account = account_of(settings)
    except ParleyError as error:
        return "calls", "failed", str(error)
    assert account is not None
    return "calls", *check_regions(account)


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


def _calendar(settings: Settings, now: datetime) -> Said:
    if settings.google_token.get_secret_value():
        return _google(settings, now)
    if settings.caldav_url:
        return _tried(
            "calendar",
            lambda: _answers("PROPFIND", settings.caldav_url, {"Depth": "0"}),
            done=f"{settings.caldav_url} answers as CalDAV",
            todo="look at PARLEY_CALDAV_URL",
        )
    todo = "name one in PARLEY_CALDAV_URL, or PARLEY_GOOGLE_TOKEN, to offer times"
    return "calendar", "warning", f"none is set; {todo}"


def _google(settings: Settings, now: datetime) -> Said:
    """The calendar of each owner is read, as it is before times are offered; nothing is written."""
    import httpx

    from agent_runtime.tools.google_calendar import GoogleCalendar, GoogleCalendarError
    from agent_runtime.tools.slots import OfficeHours

    token = settings.google_token.get_secret_value()
    calendars = _owners(settings) or {"primary": "primary"}
    calendar = GoogleCalendar(
        lambda: token,
        hours=dict.fromkeys(calendars, OfficeHours("UTC")),
        calendars=calendars,
        clock=lambda: now,
        url=settings.google_url,
    )
    refused: list[str] = []
    try:
        for owner_id in calendars:
            try:
                calendar.meetings_ahead(owner_id, now=now)
            except GoogleCalendarError as error:
                refused.append(str(error).rstrip("."))
                if "401" in refused[0]:
                    return "calendar", "failed", refused[0]
    except httpx.HTTPError as error:
        return "calendar", "failed", f"{_words(error)}: Google Calendar was not reached"
    finally:
        calendar.close()
    if refused:
        said = f"{len(refused)} of {len(calendars)} calendars cannot be read; {refused[0]}"
        return "calendar", "failed", said
    if list(calendars) == ["primary"]:
        todo = "those of the owners are tried once a batch has brought owners"
        return "calendar", "warning", f"Google lets us read the calendar of the token; {todo}"
    return "calendar", "ok", f"Google lets us read the calendars of all {len(calendars)} owners"


def _owners(settings: Settings) -> dict[str, str]:
    """Addresses of owners by id; none before the first batch."""
    if not settings.store_url and not settings.paths.store.is_file():
        return {}
    from agent_runtime.newcomers import read_newcomers
    from agent_runtime.status import open_store

    store = open_store(settings)
    try:
        with store.begin() as tx:
            owners = read_newcomers(tx, settings.tenant_id).owners
    finally:
        store.engine.dispose()
    return {owner.owner_id: owner.email for owner in owners if owner.email}


def _crm(settings: Settings) -> Said:
    token = settings.hubspot_token.get_secret_value()
    if settings.has_salesforce:
        return _salesforce(settings)
    if not token:
        todo = "name a token in PARLEY_HUBSPOT_TOKEN, or PARLEY_SALESFORCE_URL and an app"
        return "crm", "warning", f"none is set; {todo}, to write to it"
    url = f"{settings.hubspot_url}/crm/v3/objects/contacts?limit=1"
    return _tried(
        "crm",
        lambda: _answers("GET", url, {"Authorization": f"Bearer {token}"}),
        done="HubSpot lets us read contacts",
        todo="look at PARLEY_HUBSPOT_TOKEN and its scopes with `parley crm --help`",
    )


def _salesforce(settings: Settings) -> Said:
    """The fields that we write are looked up; nothing is written."""
    from agent_runtime.neighbours import open_salesforce
    from agent_runtime.tools.salesforce_session import SalesforceTrouble
    from agent_runtime.tools.salesforce_setup import missing

    api = open_salesforce(settings)
    try:
        lacks = missing(api)
    except SalesforceTrouble as trouble:
        said = f"{settings.salesforce_url}: {trouble.outcome.reason}"
        return "crm", "failed", said if "PARLEY_" in said else f"{said}; look at {_SALESFORCE}"
    finally:
        api.close()
    if lacks:
        said = f"Salesforce answers, and lacks what we write: {'; '.join(lacks)}"
        return "crm", "failed", f"{said}; make the fields there, see docs/revops.md"
    return "crm", "ok", "Salesforce lets us read and write all that is on the list of fields"


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
