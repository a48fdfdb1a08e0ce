"""Composition of mail out: login, links, return paths and signature, as the settings say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from agent_runtime.channels.email.dkim_signature import read_signer
from agent_runtime.channels.email.signing import read_keyring
from agent_runtime.channels.email.smtp import Login, SmtpChannel, Stamps
from agent_runtime.channels.email.unsubscribe_link import UnsubscribeLink
from agent_runtime.channels.email.verp import ReturnPaths
from agent_runtime.endpoints import Endpoints
from agent_runtime.errors import ParleyError
from agent_runtime.ports import Mail
from agent_runtime.settings import Settings


def open_stamps(settings: Settings) -> Stamps:
    """Returns what the settings ask to add to each mail.

    Raises:
        ParleyError: something that is asked for lacks its key.
    """
    keyring, stamps = read_keyring(settings.signing_keys), Stamps()
    for name in ("public_url", "bounce_domain"):
        if getattr(settings, name) and keyring is None:
            raise ParleyError(
                f"PARLEY_{name.upper()} = {getattr(settings, name)!r}: links and return paths are "
                "signed, and PARLEY_SIGNING_KEYS is empty; set it to 1:$(openssl rand -hex 32)."
            )
    if settings.public_url and not settings.public_url.startswith("https://"):
        raise ParleyError(
            f"PARLEY_PUBLIC_URL = {settings.public_url!r}: one-click unsubscribe needs an address "
            "that begins with https:// (RFC 8058)."
        )
    if keyring and settings.public_url:
        link = UnsubscribeLink(settings.public_url, keyring, settings.tenant_id)
        stamps = replace(stamps, unsubscribe_url=link)
    if (paths := open_return_paths(settings)) is not None:

        def return_path(mail: Mail) -> str:
            return paths.verp_address(mail.message_id)

        stamps = replace(stamps, return_path=return_path)
    signer = read_signer(settings.dkim_domain, settings.dkim_selector, settings.dkim_key)
    return replace(stamps, sign=signer.sign) if signer else stamps


def login_of(settings: Settings) -> Login:
    """Returns how we prove to the mail server who we are."""
    password = settings.smtp_password.get_secret_value()
    return Login(settings.smtp_user, password, settings.smtp_tls)


def open_return_paths(settings: Settings) -> ReturnPaths | None:
    """Returns the return paths that bounces come back to; None where no domain is set."""
    keyring = read_keyring(settings.signing_keys)
    if keyring is None or not settings.bounce_domain:
        return None
    return ReturnPaths(settings.bounce_domain, keyring)


def smtp_opener(
    settings: Settings, endpoints: Endpoints, *, clock: Callable[[], datetime], unsubscribe: str
) -> Callable[[], SmtpChannel]:
    """Returns what opens one more connection to the mail server; mistakes show at once."""
    stamps, login = open_stamps(settings), login_of(settings)
    return lambda: SmtpChannel(
        endpoints.smtp_host,
        endpoints.smtp_port,
        clock=clock,
        unsubscribe=unsubscribe,
        login=login,
        stamps=stamps,
    )
