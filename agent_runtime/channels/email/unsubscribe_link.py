"""The address in a mail that unsubscribes its reader with one click (RFC 8058)."""

from dataclasses import dataclass

from agent_runtime.channels.email.signing import Keyring
from agent_runtime.ports import Mail

PATH = "/unsubscribe/"
_PURPOSE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Unsubscriber:
    """Whose wish it is, and in which mail it was made."""

    tenant_id: str
    person_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class UnsubscribeLink:
    """Makes the address; it names person and mail by our own ids, never by an address."""

    public_url: str
    keyring: Keyring
    tenant_id: str

    def __call__(self, mail: Mail) -> str:
        """Returns the address for a mail that we began, or nothing for an answer."""
        if not (mail.is_proactive and mail.person_id):
            return ""
        parts = [self.tenant_id, mail.person_id, mail.message_id]
        token = self.keyring.sign(parts, purpose=_PURPOSE)
        return f"{self.public_url.rstrip('/')}{PATH}{token}"


def unsubscriber_of(token: str, keyring: Keyring) -> Unsubscriber | None:
    """Returns who a token speaks for, or None where it was not made by us for this purpose."""
    parts = keyring.read(token, purpose=_PURPOSE)
    return Unsubscriber(*parts) if parts is not None and len(parts) == 3 else None
