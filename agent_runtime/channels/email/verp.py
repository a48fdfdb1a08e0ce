"""A return path of its own for every mail, so that any bounce says which mail it is about.

Variable envelope return paths: `bounces+KEY-MESSAGE-MAC@domain`. The local part is lower case
and at most 64 octets (RFC 5321 section 4.5.3.1.1), since some servers change its case.
"""

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass

from agent_runtime.channels.email.signing import Keyring

_LONGEST = 64
_ID = re.compile(r"[a-z0-9._-]+")
_LOCAL = re.compile(r"bounces\+(\d+)-([a-z0-9._-]+)-([a-z2-7]{16})")


@dataclass(frozen=True, slots=True)
class ReturnPaths:
    """Makes and reads return paths on a domain whose mail we read."""

    domain: str
    keyring: Keyring

    def verp_address(self, message_id: str) -> str:
        """Returns the return path of a message; empty for an id that does not fit into one."""
        version, secret = self.keyring.secrets[0]
        local = f"bounces+{version}-{message_id}-{_mac(secret, message_id)}"
        fits = _ID.fullmatch(message_id) and len(local) <= _LONGEST
        return f"{local}@{self.domain}" if fits else ""

    def message_of_verp(self, address: str) -> str | None:
        """Returns the id of the message that an address was made for; None if it is not ours."""
        local, _, domain = address.strip().strip("<>").lower().rpartition("@")
        found = _LOCAL.fullmatch(local)
        if found is None or domain != self.domain.lower():
            return None
        version, message_id, mac = found.groups()
        secret = dict(self.keyring.secrets).get(version)
        if secret is None or not hmac.compare_digest(mac, _mac(secret, message_id)):
            return None
        return message_id


def _mac(secret: str, message_id: str) -> str:
    """80 bits: a forger would have to try 2^79 addresses."""
    digest = hmac.digest(secret.encode(), f"verp\x1f{message_id}".encode(), "sha256")
    return b32encode(digest[:10]).decode().lower()
