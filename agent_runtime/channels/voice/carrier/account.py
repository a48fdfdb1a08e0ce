"""Whose account calls, at which carrier, through which regions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from agent_runtime.channels.email.signing import Keyring

VendorName = Literal["twilio", "telnyx", "plivo"]

OWN_REGION: dict[VendorName, str] = {
    "twilio": "https://api.twilio.com",
    "telnyx": "https://api.telnyx.com",
    "plivo": "https://api.plivo.com",
}
"""Where each vendor's API is reached unless the settings name regions."""


@dataclass(frozen=True, slots=True)
class Region:
    """One base URL of the carrier's API."""

    url: str
    secret: str = field(repr=False)
    """Auth token or API key; Twilio's regions each have one of their own."""


@dataclass(frozen=True, slots=True)
class CarrierAccount:
    """What is set up at the carrier."""

    vendor: VendorName
    account: str
    """Account SID, Telnyx's account id, Plivo's auth id."""
    regions: tuple[Region, ...]
    """In the order in which they are tried."""
    public_url: str
    """Where the carrier reaches `parley serve`, without a slash at the end."""
    application: str = ""
    """Telnyx: id of the TeXML application."""
    public_key: str = ""
    """Telnyx: the account's public key, by which its webhooks are checked."""
    shares_log: bool = False
    """Whether every region knows the calls of all; where not, only the one that was asked does."""
    detects_machines: bool = False
    """Whether the carrier is asked who answered; our own ears listen all the same."""
    transfers: Mapping[str, str] = field(default_factory=dict)
    """By role of ours, or `*`: the number of who is called to take a call over."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """By any of these may a webhook be signed."""
        return tuple(region.secret for region in self.regions)

    @property
    def keyring(self) -> Keyring:
        """Signs what names a call in addresses that only the carrier is told.

        Derived from the first secret, so that the worker who dials and the process that is called
        back agree on it without a setting more.
        """
        secret = sha256(f"parley carrier calls|{self.account}|{self.secrets[0]}".encode())
        return Keyring((("1", secret.hexdigest()),))
