"""What a company says of its SIP trunks and exchanges, and of the address at which we are."""

from ipaddress import ip_network
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from agent_runtime.channels.voice.sip.agent_config import AgentConfig, TrunkConfig


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


class SipSetup(BaseModel):
    """Calls over SIP, as `parley call sip` takes and places them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    """Address of the interface on which SIP and sound arrive; none of all by itself."""
    port: int = Field(default=5060, ge=0, le=65535)
    """0: any that is free."""
    public_host: str = ""
    """Our address as the trunks see it, behind a NAT."""
    rtp_port: int = Field(default=40000, ge=1024, le=65000)
    """The first port for sound; two for each call."""
    calls_at_once: int = Field(default=10, ge=1, le=50)
    """One call more that comes in is told that we are busy, one more to place waits."""
    silent_s: float = Field(default=15.0, ge=1, le=300)
    """Seconds without any sound packet after which a call is taken for lost."""
    transfers: dict[str, str] = {}
    """By role of ours, or `*` for any: where a call is put through, as `sip:ana@pbx.example`."""
    log_level: int = Field(default=0, ge=0, le=5)
    """How much of SIP is written to standard error; from 4 on with whole messages."""
    trunks: tuple[SipTrunk, ...] = ()
    """In the order in which they are tried."""

    @model_validator(mode="after")
    def _has_names_of_their_own(self) -> Self:
        names = [trunk.name for trunk in self.trunks]
        if len(set(names)) != len(names):
            raise ValueError(f"trunks have the names {names}; each needs one of its own")
        return self

    @property
    def dials(self) -> bool:
        """Whether calls can be placed through a trunk."""
        return any(trunk.takes_calls for trunk in self.trunks)

    def as_config(self) -> AgentConfig:
        """Returns what the user agent is told."""
        return AgentConfig(
            host=self.host,
            port=self.port,
            public_host=self.public_host,
            rtp_port=self.rtp_port,
            # Twice as many as are needed: a port may be somebody else's.
            rtp_ports=4 * self.calls_at_once + 16,
            calls_at_once=self.calls_at_once,
            silent_s=self.silent_s,
            log_level=self.log_level,
            trunks=tuple(trunk.as_config() for trunk in self.trunks),
        )
