"""Links to a redacted thread: signed, with an end, and taken back by a click."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from agent_runtime.errors import ParleyError
from agent_runtime.store.console_tables import shared_links
from agent_runtime.store.sql import SqlTx
from agent_runtime.store.thread_rows import last_position

LONGEST = timedelta(days=90)


class SharingError(ParleyError):
    """A link that cannot be made or is not there."""


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A link to a thread as far as it went when the link was made."""

    link_id: str
    thread_id: str
    until_position: int
    """Of the last event that it shows."""
    made_by: str
    made_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str = ""

    def is_live(self, now: datetime) -> bool:
        """Says whether anybody may still read by it."""
        return self.revoked_at is None and now < self.ends_at


def share(tx: SqlTx, thread_id: str, *, by: str, valid: timedelta, now: datetime) -> SharedLink:
    """Returns a new link.

    Raises:
        SharingError: it would live for less than a day or for more than `LONGEST`.
    """
    if not timedelta(days=1) <= valid <= LONGEST:
        raise SharingError(
            f"days = {valid.days}: a link lives from 1 to {LONGEST.days} days; give fewer."
        )
    made = SharedLink(
        link_id=secrets.token_urlsafe(16),
        thread_id=thread_id,
        until_position=last_position(tx.connection, tx.tenant_id, thread_id),
        made_by=by,
        made_at=now,
        ends_at=now + valid,
    )
    tx.insert(shared_links, {name: getattr(made, name) for name in _COLUMNS})
    return made


def revoke(tx: SqlTx, thread_id: str, link_id: str, *, by: str, now: datetime) -> None:
    """Ends a link at once; one that has ended stays as it is.

    Raises:
        SharingError: the thread has no such link.
    """
    if link_id not in {link.link_id for link in links_of(tx, thread_id)}:
        raise SharingError(f"link = {link_id[:40]!r}: this thread has none of this id.")
    still_live = shared_links.c.revoked_at.is_(None)
    tx.set(shared_links, {"link_id": link_id}, still_live, revoked_at=now, revoked_by=by)


def links_of(tx: SqlTx, thread_id: str) -> Sequence[SharedLink]:
    """Returns the links of a thread, the newest first."""
    found = [_link(row) for row in tx.rows(shared_links, thread_id=thread_id)]
    return sorted(found, key=lambda link: link.made_at, reverse=True)


def token_of(link: SharedLink, *, tenant_id: str, key: str) -> str:
    """Returns what the address of a link holds."""
    told = _signer(key, tenant_id).dumps(link.link_id)
    return told if isinstance(told, str) else told.decode()


def link_in(tx: SqlTx, token: str, *, key: str, now: datetime) -> SharedLink | None:
    """Returns the live link of a token; None for any that is forged, over, or taken back."""
    try:
        said = _signer(key, tx.tenant_id).loads(token) if len(token) < 400 else ""
    except BadSignature:
        return None
    row = tx.first(shared_links, link_id=str(said))
    link = None if row is None else _link(row)
    return link if link is not None and link.is_live(now) else None


def _signer(key: str, tenant_id: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=f"shared-thread\x1f{tenant_id}")


_COLUMNS = tuple(SharedLink.__dataclass_fields__)


def _link(row: Any) -> SharedLink:
    return SharedLink(**{name: row._mapping[name] for name in _COLUMNS})
