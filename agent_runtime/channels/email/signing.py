"""Signs what comes back to us over the open internet, with keys that can be changed in time."""

from dataclasses import dataclass, field

from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr

from agent_runtime.errors import ParleyError

SHORTEST = 16


@dataclass(frozen=True, slots=True)
class Keyring:
    """Secrets by version. The first signs; all of them are still believed."""

    secrets: tuple[tuple[str, str], ...] = field(repr=False)

    def sign(self, value: list[str], *, purpose: str) -> str:
        """Returns a token that names its key's version; good for this purpose only.

        It never expires: a link must work for as long as somebody keeps the mail.
        """
        version, secret = self.secrets[0]
        return f"{version}.{URLSafeSerializer(secret, salt=purpose).dumps(value)}"

    def read(self, token: str, *, purpose: str) -> list[str] | None:
        """Returns what was signed for this purpose, or None for a token that is not ours."""
        version, _, signed = token.partition(".")
        secret = dict(self.secrets).get(version)
        if secret is None:
            return None
        try:
            value = URLSafeSerializer(secret, salt=purpose).loads(signed)
        except BadData:
            return None
        is_ours = isinstance(value, list) and all(isinstance(part, str) for part in value)
        return value if is_ours else None


def read_keyring(text: SecretStr) -> Keyring | None:
    """Returns the keys of `PARLEY_SIGNING_KEYS` (`2:secret,1:older`), or None where it is empty.

    Raises:
        ParleyError: a key has no version, or a secret is too short.
    """
    secrets: list[tuple[str, str]] = []
    for part in filter(None, (piece.strip() for piece in text.get_secret_value().split(","))):
        version, colon, secret = part.partition(":")
        if not (colon and version.isdigit() and len(secret) >= SHORTEST):
            raise ParleyError(
                f"PARLEY_SIGNING_KEYS: key {version[:3]!r} is not VERSION:SECRET with a number and "
                f"at least {SHORTEST} characters; write for example 1:$(openssl rand -hex 32)."
            )
        secrets.append((version, secret))
    return Keyring(tuple(secrets)) if secrets else None
