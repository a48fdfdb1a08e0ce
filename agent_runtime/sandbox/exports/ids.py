"""Record ids as a CRM gives them: a prefix per object, then what nobody can read."""

from base64 import b32encode
from hashlib import blake2b
from typing import Literal

Kind = Literal[
    "account", "contact", "lead", "opportunity", "activity", "consent", "contract", "subscriber",
    "signal", "form", "registration",
]  # fmt: skip

_PREFIXES: dict[Kind, str] = {
    "account": "001",
    "contact": "003",
    "lead": "00Q",
    "opportunity": "006",
    "activity": "00T",
    "consent": "0ZY",
    "contract": "800",
    "subscriber": "sub_",
    "signal": "sig_",
    "form": "frm_",
    "registration": "reg_",
}


def record_id(seed: int, kind: Kind, *keys: str | int) -> str:
    """Returns the id of the record that these keys name."""
    text = "\x1f".join(map(str, (seed, kind, *keys)))
    digest = blake2b(text.encode(), digest_size=8).digest()
    return _PREFIXES[kind] + b32encode(digest)[:12].decode()
