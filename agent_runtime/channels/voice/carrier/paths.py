"""Where the carrier reaches us."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_runtime.channels.voice.carrier.account import CarrierAccount
from agent_runtime.channels.voice.carrier.tokens import CallName, write_token

ROOT = "/carrier/voice"
Colleague = Literal["asks", "takes", "away", "room"]
"""asks: they have answered. takes: they pressed a key. away: what became of their call."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Addresses of ours at which one carrier calls back; each names its call, signed."""

    account: CarrierAccount

    def answer(self, name: CallName, *, now: datetime) -> str:
        """Asked what to do once somebody has answered."""
        return f"{self._base}/answer/{write_token(self.account.keyring, name, 'told', now=now)}"

    def status(self, name: CallName, *, now: datetime) -> str:
        """Told what becomes of a call."""
        return f"{self._base}/status/{write_token(self.account.keyring, name, 'told', now=now)}"

    def colleague(self, name: CallName, what: Colleague, *, now: datetime) -> str:
        """Where whoever is called to take a call over is asked, taken and told of.

        `room` is asked for by the caller's own call, once it has been taken.
        """
        token = write_token(self.account.keyring, name, "room", now=now)
        return f"{self._base}/{what}/{token}"

    def media(self, name: CallName, *, now: datetime) -> str:
        """The socket for a call's sound."""
        token = write_token(self.account.keyring, name, "stream", now=now)
        return f"{self._base}/media/{token}".replace("http", "ws", 1)

    @property
    def _base(self) -> str:
        return f"{self.account.public_url}{ROOT}/{self.account.vendor}"
