"""What a company says of one SIP trunk or exchange of its own."""

from ipaddress import ip_network
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from agent_runtime.channels.voice.sip.agent_config import TrunkConfig


class SipTrunk(BaseModel):
    """One carrier or exchange that takes our calls, and whose calls we take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    host: str = Field(pattern=r"^[A-Za-z0-9._:\[\]-]+$")
    """Name or address to which calls go, with `:PORT` where it is not 5060."""
    transport: Literal["udp", "tcp"] = "udp"
    user: str = ""
    """Of the account; empty where the trunk knows us by our address."""
    password: SecretStr = SecretStr("")
    registers: bool = False
    """Whether the trunk wants to be told where we are (REGISTER), so that it can ring us."""
    takes_calls: bool = True
    """Whether we dial through it; the order of the trunks is the order in which they are tried."""
    peers: tuple[str, ...] = ()
    """Addresses or networks (`203.0.113.0/28`) from which its calls come; others are refused."""
    country: str = ""
    """ISO 3166 code of numbers that it sends without a country, as `0301234567`."""

    @field_validator("peers")
    @classmethod
    def _are_networks(cls, peers: tuple[str, ...]) -> tuple[str, ...]:
        for peer in peers:
            ip_network(peer)
        return peers

    def as_config(self) -> TrunkConfig:
        """Returns what the user agent is told of it."""
        return TrunkConfig(
            name=self.name,
            host=self.host,
            transport=self.transport,
            user=self.user,
            password=self.password.get_secret_value(),
            registers=self.registers,
            peers=self.peers,
        )
