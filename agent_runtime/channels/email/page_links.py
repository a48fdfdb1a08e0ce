"""The address in a mail of the pages for its reader: what they hear from us, and their rights.

It names person and mail by our own ids, never by an address, and the day on which it was made. By
it, and by the older link that only unsubscribes, somebody can stop us for good at any time; what
shows or changes more is open for a while only.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from agent_runtime.channels.email.signing import Keyring, read_keyring
from agent_runtime.channels.email.unsubscribe_link import unsubscriber_of
from agent_runtime.settings import Settings

PATH = "/for-you/"
CONFIRM_PATH = "/for-you/confirm/"
OPEN_FOR = timedelta(days=365)
"""From the day of the mail: for how long its link shows more than how to stop."""
_PURPOSE = "for-you"
_CONFIRMS = "data-request"


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is, and by which mail they came."""

    tenant_id: str
    person_id: str
    message_id: str
    made_on: date | None = None
    """None for a link that only unsubscribes, which says no day."""

    def is_recent(self, now: datetime) -> bool:
        """Says whether the link still shows more than how to stop."""
        return self.made_on is not None and now.date() - self.made_on <= OPEN_FOR


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Makes the addresses of pages for people outside."""

    public_url: str
    keyring: Keyring
    tenant_id: str

    def __call__(self, person_id: str, message_id: str, now: datetime) -> str:
        """Returns the address of the pages for the reader of one mail."""
        day = now.astimezone(UTC).date().isoformat()
        parts = [self.tenant_id, person_id, message_id, day]
        return self._address(PATH, self.keyring.sign(parts, purpose=_PURPOSE))

    def confirming(self, request_id: str) -> str:
        """Returns the address by which a request about data is confirmed."""
        parts = [self.tenant_id, request_id]
        return self._address(CONFIRM_PATH, self.keyring.sign(parts, purpose=_CONFIRMS))

    def _address(self, path: str, token: str) -> str:
        return f"{self.public_url.rstrip('/')}{path}{token}"


def open_page_links(settings: Settings) -> PageLinks | None:
    """Returns what makes the links in mails; None where there is no public address or no key."""
    keyring = read_keyring(settings.signing_keys)
    if keyring is None or not settings.public_url:
        return None
    return PageLinks(settings.public_url, keyring, settings.tenant_id)


def survey_in(pages_link: str) -> str:
    """Returns the address of the one question on the pages of a reader."""
    return f"{pages_link}/survey"


def reader_of(token: str, keyring: Keyring) -> Reader | None:
    """Returns for whom a token opens the pages, or None where it is not ours."""
    parts = keyring.read(token, purpose=_PURPOSE)
    if parts is not None and len(parts) == 4:
        return Reader(parts[0], parts[1], parts[2], date.fromisoformat(parts[3]))
    older = unsubscriber_of(token, keyring)
    return older and Reader(older.tenant_id, older.person_id, older.message_id)


def request_of(token: str, keyring: Keyring, *, tenant_id: str) -> str:
    """Returns the id of the request that a token confirms, or empty."""
    parts = keyring.read(token, purpose=_CONFIRMS)
    is_ours = parts is not None and len(parts) == 2 and parts[0] == tenant_id
    return parts[1] if is_ours and parts else ""
