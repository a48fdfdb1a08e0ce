"""What a user agent is told when it starts; plain values, since the process knows no settings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import ip_address, ip_network
from typing import Any


@dataclass(frozen=True, slots=True)
class TrunkConfig:
    """A trunk as the user agent knows it."""

    name: str
    host: str
    transport: str = "udp"
    user: str = ""
    password: str = ""
    registers: bool = False
    peers: tuple[str, ...] = ()

    @property
    def registrar(self) -> str:
        """Where we say where we are."""
        return f"sip:{self.host}{self._how}"

    def uri_of(self, user: str) -> str:
        """Returns the address of a number behind this trunk."""
        return f"sip:{user}@{self.host}{self._how}"

    def own_uri(self, number: str) -> str:
        """Returns who we are: a number of ours, or the account."""
        return f"sip:{number or self.user or 'parley'}@{self.host.rsplit(':', 1)[0]}"

    def is_peer(self, address: str) -> bool:
        """Whether a call that comes from an address is one of this trunk."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in ip_network(peer) for peer in self.peers)

    @property
    def _how(self) -> str:
        return f";transport={self.transport}" if self.transport != "udp" else ""


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """Where the user agent listens, and whom it knows."""

    host: str
    """Address of the interface on which we listen."""
    port: int = 5060
    """0: any that is free."""
    public_host: str = ""
    """Our address as the trunks see it, behind a NAT."""
    rtp_port: int = 40000
    """The first port for sound."""
    rtp_ports: int = 200
    """How many there are from it on, two for each call."""
    calls_at_once: int = 10
    silent_s: float = 15.0
    """An answered call that brings no sound for so long is over."""
    log_level: int = 0
    """pjsip's own log on standard error, 0 to 5; passwords are never in it below 4."""
    trunks: tuple[TrunkConfig, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Returns what goes over the pipe."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "AgentConfig":
        """Returns what came over it."""
        trunks = [t | {"peers": tuple(t["peers"])} for t in raw["trunks"]]
        return cls(**{**raw, "trunks": tuple(TrunkConfig(**t) for t in trunks)})
