"""Sessions: a random cookie whose hash is a row, so that one can be ended from our side."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Table

from agent_runtime.console.people.users import User, user_of
from agent_runtime.store.console_tables import entries, sessions
from agent_runtime.store.sql import SqlTx

How = Literal["password", "oidc", "link"]
"""By what somebody has signed in."""

SEEN_EVERY = timedelta(minutes=1)
"""A session that is used is written at most so often."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lives: without use, and at all (OWASP ASVS 5, 7.3)."""

    idle: timedelta = timedelta(hours=1)
    absolute: timedelta = timedelta(hours=12)


def digest_of(secret: str) -> str:
    """Returns what of a random secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_session(tx: SqlTx, user: User, *, how: How, lifetime: Lifetime, now: datetime) -> str:
    """Returns the cookie of a new session; those of anybody that have ended go."""
    secret = secrets.token_urlsafe(32)
    table = sessions
    over = (table.c.ends_at <= now) | (table.c.seen_at <= now - lifetime.idle)
    tx.connection.execute(table.delete().where(table.c.tenant_id == tx.tenant_id, over))
    tx.insert(
        table,
        {
            "digest": digest_of(secret),
            "user_id": user.user_id,
            "how": how,
            "made_at": now,
            "seen_at": now,
            "ends_at": now + lifetime.absolute,
        },
    )
    return secret


def user_in(tx: SqlTx, secret: str, *, lifetime: Lifetime, now: datetime) -> User | None:
    """Returns whose session a cookie is; None once it has ended or they are disabled."""
    row = tx.first(sessions, digest=digest_of(secret))
    if row is None or row.ends_at <= now or row.seen_at + lifetime.idle <= now:
        return None
    user = user_of(tx, row.user_id)
    if user is None or user.is_disabled:
        return None
    if row.seen_at + SEEN_EVERY <= now:
        tx.set(sessions, {"digest": row.digest}, seen_at=now)
    return user


def end_session(tx: SqlTx, secret: str) -> None:
    """Ends a session."""
    _remove(tx, sessions, secret)


def make_entry(tx: SqlTx, *, user_id: str, now: datetime, valid: timedelta) -> str:
    """Returns the secret of a link that signs somebody in once."""
    secret = secrets.token_urlsafe(32)
    row = {"digest": digest_of(secret), "user_id": user_id, "ends_at": now + valid}
    tx.insert(entries, row)
    return secret


def entry_for(tx: SqlTx, secret: str, *, now: datetime) -> str | None:
    """Returns for whom a link is, or None where it is none of ours, used or over."""
    row = tx.first(entries, digest=digest_of(secret))
    return row.user_id if row is not None and now < row.ends_at else None


def use_entry(tx: SqlTx, secret: str) -> bool:
    """Uses a link up; False where somebody else has just done so."""
    return _remove(tx, entries, secret) == 1


def _remove(tx: SqlTx, table: Table, secret: str) -> int:
    mine = (table.c.tenant_id == tx.tenant_id, table.c.digest == digest_of(secret))
    return tx.connection.execute(table.delete().where(*mine)).rowcount
