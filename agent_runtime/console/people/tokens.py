"""Service tokens: secrets by which programs use the API, each with scopes and an end."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent_runtime.console.people.sessions import digest_of
from agent_runtime.console.people.users import PeopleError
from agent_runtime.store.console_tables import service_tokens
from agent_runtime.store.sql import SqlTx

PREFIX = "parley_"
"""So that scanners for secrets know one."""
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Token:
    """A service token, without its secret, which is shown once and kept nowhere."""

    token_id: str
    name: str
    scopes: tuple[str, ...]
    made_by: str
    made_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Says whether it lets anybody in."""
        return self.revoked_at is None and now < self.ends_at


def add_token(
    tx: SqlTx, name: str, *, scopes: Sequence[str], by: str, valid: timedelta, now: datetime
) -> tuple[Token, str]:
    """Returns a new token and its secret.

    Raises:
        PeopleError: it has no name or scope, or would live too long.
    """
    if not name.strip() or not scopes:
        raise PeopleError("a token needs a name, by which it is known, and at least one scope.")
    if not timedelta() < valid <= LONGEST:
        raise PeopleError(f"days = {valid.days}: a token lives from 1 to {LONGEST.days} days.")
    secret = PREFIX + secrets.token_urlsafe(32)
    made = Token(
        token_id=secrets.token_hex(4),
        name=name.strip()[:200],
        scopes=tuple(dict.fromkeys(scopes)),
        made_by=by,
        made_at=now,
        ends_at=now + valid,
    )
    tx.insert(
        service_tokens,
        {
            "token_id": made.token_id,
            "name": made.name,
            "digest": digest_of(secret),
            "scopes": " ".join(made.scopes),
            "made_by": by,
            "made_at": now,
            "ends_at": made.ends_at,
        },
    )
    return made, secret


def token_in(tx: SqlTx, secret: str, *, now: datetime) -> Token | None:
    """Returns the live token of a secret, and notes its use once a minute."""
    if not secret.startswith(PREFIX):
        return None
    row = tx.first(service_tokens, digest=digest_of(secret))
    if row is None or not (found := _token(row)).is_live(now):
        return None
    if row.used_at is None or row.used_at + timedelta(minutes=1) <= now:
        tx.set(service_tokens, {"token_id": row.token_id}, used_at=now)
    return found


def revoke_token(tx: SqlTx, token_id: str, *, now: datetime) -> Token:
    """Ends a token that an id or its beginning names.

    Raises:
        PeopleError: no live token is called so, or several are.
    """
    live = [one for one in all_tokens(tx) if one.is_live(now)]
    found = [one for one in live if token_id and one.token_id.startswith(token_id)]
    if len(found) != 1:
        raise PeopleError(
            f"token = {token_id!r}: names {len(found)} live tokens; see `parley token list`."
        )
    tx.set(service_tokens, {"token_id": found[0].token_id}, revoked_at=now)
    return found[0]


def all_tokens(tx: SqlTx) -> tuple[Token, ...]:
    """Returns all tokens, the newest first."""
    found = [_token(row) for row in tx.rows(service_tokens).all()]
    return tuple(sorted(found, key=lambda one: one.made_at, reverse=True))


def _token(row: Any) -> Token:
    values = row._mapping
    plain = {name: values[name] for name in Token.__dataclass_fields__}
    return Token(**{**plain, "scopes": tuple(values["scopes"].split())})
