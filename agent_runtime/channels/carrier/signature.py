"""Whether a webhook comes from the carrier: its signature over the URL and the fields."""

import hmac
from base64 import b64encode
from collections.abc import Iterable

HEADER = "X-Twilio-Signature"


def sign(url: str, fields: Iterable[tuple[str, str]], token: str) -> str:
    """Returns the signature of a form: HMAC-SHA1 over the URL and the sorted fields.

    Twilio, "Validating signatures from Twilio": the whole URL with its query, then each name and
    value, sorted by name, without separators; base64.
    """
    said = url + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.digest(token.encode(), said.encode(), "sha1")).decode()


def is_signed(url: str, fields: Iterable[tuple[str, str]], token: str, signature: str) -> bool:
    """Says whether the carrier signed this; without a token nothing is ever believed."""
    if not (token and signature.isascii()):
        return False
    return hmac.compare_digest(sign(url, fields, token), signature)
