"""Signs mail so that receivers know the domain stands behind it (DKIM, RFC 6376)."""

from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from agent_runtime.errors import ParleyError

SIGNED = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Reply-To",
    "Cc",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
"""Each is signed once more than it occurs, so that nobody can add another one on the way."""

BITS = 2048
"""RFC 8301 section 3.2."""


@dataclass(frozen=True, slots=True)
class DkimSigner:
    """Signs for one domain with one key."""

    domain: str
    selector: str
    private_key: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Returns the message with a DKIM-Signature before it, relaxed/relaxed."""
        present = [line.split(b":")[0].strip().lower() for line in _header_lines(message)]
        named = [
            name.lower() for name in SIGNED for _ in range(present.count(name.lower().encode()) + 1)
        ]
        signature = dkim.sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self.private_key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in named],
        )
        return signature + message


def read_signer(domain: str, selector: str, key: Path | None) -> DkimSigner | None:
    """Returns a signer, or None where no key is set.

    Raises:
        ParleyError: the key cannot be read, or its domain is not set.
    """
    if key is None:
        return None
    if not domain:
        raise ParleyError(
            f"PARLEY_DKIM_KEY = {key}: PARLEY_DKIM_DOMAIN is empty; set it to the domain that "
            "mail is sent from."
        )
    try:
        text = key.read_bytes()
        serialization.load_pem_private_key(text, password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ParleyError(
            f"PARLEY_DKIM_KEY = {key}: this is no readable private key ({error}); make one with "
            f"`parley mail dkim-key {domain}`."
        ) from None
    return DkimSigner(domain, selector, text)


def make_key() -> tuple[bytes, str]:
    """Returns a new private key as PEM, and the value of its DNS record."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem, f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"


def _header_lines(message: bytes) -> list[bytes]:
    head = message.partition(b"\r\n\r\n")[0]
    return [line for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
