"""Links in our mails that prove to the chat who opens them: `?pt=…`, signed, for a while."""

import re
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from itsdangerous import BadSignature, URLSafeSerializer

PARAMETER = "pt"
VALID_FOR = timedelta(days=30)
_SALT = "person-link"
_IN_A_TEXT = re.compile(
    rf"((?:(?<=[?&])|(?<=%3F)|(?<=%26)){PARAMETER}(?:=|%3D))[\w.-]{{20,}}", re.IGNORECASE
)
"""Also as a link that a mail system has wrapped into one of its own."""


def chat_link(page: str, person_id: str, *, tenant_id: str, key: str, now: datetime) -> str:
    """Returns the address of a page on which the chat knows the person who opens it.

    Args:
        page: A page of ours that carries the widget.
        person_id: To whom the mail with the link goes; to nobody else.
        tenant_id: Whose person that is.
        key: The console's key.
        now: The link holds for `VALID_FOR` from here.
    """
    until = int((now + VALID_FOR).timestamp())
    token = URLSafeSerializer(key, salt=_SALT).dumps([tenant_id, person_id, until])
    parts = urlsplit(page)
    query = [(k, v) for k, v in parse_qsl(parts.query) if k != PARAMETER]
    signed = token if isinstance(token, str) else token.decode()
    return urlunsplit(parts._replace(query=urlencode([*query, (PARAMETER, signed)])))


def person_of(token: str, *, tenant_id: str, key: str, now: datetime) -> str:
    """Returns the person that a link's token proves, or empty."""
    try:
        said = URLSafeSerializer(key, salt=_SALT).loads(token) if len(token) < 1000 else None
    except BadSignature:
        return ""
    if not isinstance(said, list) or len(said) != 3 or said[0] != tenant_id:
        return ""
    return str(said[1]) if now.timestamp() < said[2] else ""


def without_proof(text: str) -> str:
    """Returns a text without what its links prove: an answer quotes our mail, and is kept.

    >>> without_proof("> https://n.example/?a=1&pt=.eJyLVsrLLyrJSEpNzFXSUSrQ.LrWj now")
    '> https://n.example/?a=1&pt= now'
    """
    return _IN_A_TEXT.sub(r"\1", text)
