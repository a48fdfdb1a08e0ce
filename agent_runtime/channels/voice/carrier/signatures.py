"""Whether a webhook comes from the carrier, checked as each of the vendors signs."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from agent_runtime.channels.carrier import signature as twilio

FRESH_S = 300
"""How old a webhook may be whose vendor signs the time."""
TELNYX, TELNYX_AT = "telnyx-signature-ed25519", "telnyx-timestamp"
PLIVO, PLIVO_NONCE = "x-plivo-signature-v3", "x-plivo-signature-v3-nonce"


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook as it came."""

    url: str
    """As the carrier was told it: a proxy may have changed scheme, host and port."""
    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The form that it carries; empty where it is none."""
        try:
            return tuple(parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=200))
        except (UnicodeDecodeError, ValueError):
            return ()


def is_from_twilio(received: Received, tokens: Iterable[str]) -> bool:
    """HMAC-SHA1 over the URL and the sorted fields.

    https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """
    given = received.headers.get(twilio.HEADER.lower(), "")
    known = [twilio.is_signed(received.url, received.fields, token, given) for token in tokens]
    return any(known)


def is_from_telnyx(received: Received, public_key: str, *, now: datetime) -> bool:
    """Ed25519 over `timestamp|body`; what is older than five minutes is refused.

    https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    at = received.headers.get(TELNYX_AT, "")
    if not at.isdecimal() or len(at) > 12 or abs(now.timestamp() - int(at)) > FRESH_S:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public_key))
        given = b64decode(received.headers.get(TELNYX, ""), validate=True)
        key.verify(given, f"{at}|".encode() + received.body)
    except (InvalidSignature, ValueError):
        return False
    return True


def sign_plivo(url: str, fields: Iterable[tuple[str, str]], nonce: str, token: str) -> str:
    """Returns Plivo's signature of a POST, version 3: HMAC-SHA256 over URL, fields and nonce.

    https://www.plivo.com/docs/voice/concepts/signature-validation
    """
    parts, posted = urlsplit(url), sorted(fields)
    query = "&".join(f"{k}={v}" for k, v in sorted(parse_qsl(parts.query, keep_blank_values=True)))
    said = f"{parts.scheme}://{parts.netloc}{parts.path}"
    said += f"?{query}" if query or posted else ""
    said += "." if query and posted else ""
    said += "".join(name + value for name, value in posted)
    return b64encode(hmac.digest(token.encode(), f"{said}.{nonce}".encode(), "sha256")).decode()


def is_from_plivo(received: Received, tokens: Iterable[str]) -> bool:
    """One of the signatures in the header is of one of our tokens."""
    nonce = received.headers.get(PLIVO_NONCE, "")
    given = [one.strip().encode() for one in received.headers.get(PLIVO, "").split(",")[:10]]
    wanted = [sign_plivo(received.url, received.fields, nonce, t).encode() for t in tokens if t]
    known = [hmac.compare_digest(one, want) for want in wanted for one in given]
    return bool(nonce) and any(known)
