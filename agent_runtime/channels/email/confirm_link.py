"""The address in a mail by which its reader confirms a consent; signed, and good for one question.

It expires with the question, and a second use changes nothing: both stand in the store.
"""

from dataclasses import dataclass

from agent_runtime.channels.email.signing import Keyring

PATH = "/consent/"
_PURPOSE = "confirm-consent"


@dataclass(frozen=True, slots=True)
class Confirmer:
    """Whose consent it is, and which question is answered."""

    tenant_id: str
    person_id: str
    request: str


@dataclass(frozen=True, slots=True)
class ConfirmLink:
    """Makes the address; it names person and question by our own ids, never by an address."""

    public_url: str
    keyring: Keyring
    tenant_id: str

    def __call__(self, person_id: str, request: str) -> str:
        """Returns the address that confirms one question of a person."""
        token = self.keyring.sign([self.tenant_id, person_id, request], purpose=_PURPOSE)
        return f"{self.public_url.rstrip('/')}{PATH}{token}"


def confirmer_of(token: str, keyring: Keyring) -> Confirmer | None:
    """Returns whom a token speaks for, or None where it was not made by us for this purpose."""
    parts = keyring.read(token, purpose=_PURPOSE)
    return Confirmer(*parts) if parts is not None and len(parts) == 3 else None
