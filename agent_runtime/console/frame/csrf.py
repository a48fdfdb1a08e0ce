"""Whether a form comes from a page of ours: its token, and what the browser says of its origin."""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request

FIELD, HEADER = "csrf", "x-csrf-token"
ANONYMOUS = "parley_visitor"
"""Cookie of a browser in which nobody is signed in yet."""


def token_for(secret: str, key: str) -> str:
    """Returns the token of the forms of one session or visitor."""
    return hmac.new(key.encode(), f"csrf\x1f{secret}".encode(), hashlib.sha256).hexdigest()


def new_visitor() -> str:
    """Returns the cookie of a browser that signs in."""
    return secrets.token_urlsafe(24)


async def told(request: Request) -> str:
    """Returns the token that a request carries, in its header or in its form."""
    header = request.headers.get(HEADER, "")
    kind = request.headers.get("content-type", "")
    if header or not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return header
    form = await request.form()
    value = form.get(FIELD, "")
    return value if isinstance(value, str) else ""


def is_ours(request: Request, told_token: str, wanted: str) -> bool:
    """Says whether a request that changes something was made by a page of ours.

    A browser that names another site as its origin is refused whatever the form holds.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "")
    is_foreign = site not in ("same-origin", "none") or (
        bool(origin) and urlsplit(origin).netloc != request.headers.get("host", "")
    )
    return bool(wanted) and not is_foreign and hmac.compare_digest(told_token, wanted)
