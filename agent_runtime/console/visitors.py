"""Who sits before a chat window: an id that cannot be guessed, in a token that we signed."""

import hashlib
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

_SALT = "chat-visitor"


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser. The token is its secret; `address` is what the store keeps."""

    token: str
    address: str
    """SHA-256 of the id: whoever reads the store cannot speak for the visitor."""


class Visitors:
    """Makes and reads tokens with one key."""

    def __init__(self, key: str) -> None:
        self._signer = URLSafeSerializer(key, salt=_SALT)

    def new(self) -> Visitor:
        """Returns a visitor whom nobody knows yet."""
        return self._visitor(secrets.token_urlsafe(24))

    def read(self, token: str) -> Visitor | None:
        """Returns the visitor of a token of ours; None for any other text."""
        try:
            visitor_id = self._signer.loads(token) if len(token) < 500 else None
        except BadSignature:
            return None
        return self._visitor(visitor_id) if isinstance(visitor_id, str) else None

    def _visitor(self, visitor_id: str) -> Visitor:
        address = hashlib.sha256(visitor_id.encode()).hexdigest()
        token = self._signer.dumps(visitor_id)
        return Visitor(token if isinstance(token, str) else token.decode(), address)
