"""Sends the digest of a week: to people of ours only, and to each never twice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.policy import SMTP
from typing import Literal, Protocol
from uuid import uuid4

from agent_runtime.channels.email.deliver import without_addresses
from agent_runtime.console.frame.audit import Act, Result, write
from agent_runtime.console.people.users import PeopleError, User, all_users
from agent_runtime.digest.content import Digest
from agent_runtime.digest.mail import compose, message_key
from agent_runtime.ports import Receipt
from agent_runtime.store.sql import SqlStore, SqlTx

State = Literal["SENDING", "SENT", "REFUSED", "UNKNOWN", "WAITING"]
"""SENDING: about to leave, or cut off while leaving; UNKNOWN: it may have left. Neither is tried
again. REFUSED: the server never takes it; WAITING: it did not leave, and may."""
_OF: dict[str, State] = {
    "sent": "SENT",
    "rejected": "REFUSED",
    "retry": "WAITING",
    "unknown": "UNKNOWN",
}
_RESULTS: dict[State, Result] = {"SENT": "done", "REFUSED": "refused"}


class Line(Protocol):
    """Hands whole mails to a server."""

    def deliver(self, sender: str, recipient: str, data: bytes) -> Receipt:
        """Hands one over and says what became of it."""
        ...

    def close(self) -> None:
        """Ends the connection."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the digest of one reader."""

    email: str
    state: State
    is_new: bool
    """Whether this run did it."""
    detail: str = ""


def readers(tx: SqlTx, only: Sequence[str] = ()) -> tuple[User, ...]:
    """Returns whom the digest goes to: leaders, or those accounts that are asked for.

    Raises:
        PeopleError: an address that is asked for is no account of ours that may sign in.
    """
    users = {one.email: one for one in all_users(tx) if not one.is_disabled}
    if not only:
        return tuple(one for one in users.values() if one.role == "leader")
    wanted = [one.strip().lower() for one in only]
    for email in wanted:
        if email not in users:
            raise PeopleError(
                f"to = {email!r}: has no account here, and figures go to people of ours only; "
                "`parley people list` shows who has one."
            )
    return tuple(users[email] for email in dict.fromkeys(wanted))


def send(
    store: SqlStore,
    digest: Digest,
    to: Sequence[User],
    line: Line,
    *,
    sender: str,
    by: str,
    again: bool = False,
    now: datetime,
    wall: datetime,
) -> tuple[Told, ...]:
    """Sends a digest to each reader who has not had it, and says what became of it.

    That it leaves is written before it does: who is killed in between has sent it at most once.

    Args:
        store: Where it stands who has had it.
        digest: Of which week.
        to: People of ours.
        line: To the mail server.
        sender: An address of ours.
        by: Who asks for it, as the audit log knows them.
        again: Whether to try those whose server has refused it.
        now: The Date of the mails, in campaign time.
        wall: Real time, for the audit log.
    """
    try:
        return tuple(
            _one(store, digest, user, line, sender=sender, by=by, again=again, now=now, wall=wall)
            for user in to
        )
    finally:
        line.close()


def state_of(tx: SqlTx, digest: Digest, email: str) -> State | None:
    """Returns what became of the digest of a reader; None where it was never tried."""
    kept = tx.published(message_key(digest, email))
    return json.loads(kept)["state"] if kept else None


def _one(
    store: SqlStore,
    digest: Digest,
    user: User,
    line: Line,
    *,
    sender: str,
    by: str,
    again: bool,
    now: datetime,
    wall: datetime,
) -> Told:
    open_states = {None, "WAITING", "REFUSED"} if again else {None, "WAITING"}
    with store.begin() as tx:
        tx.lock(message_key(digest, user.email))
        known = state_of(tx, digest, user.email)
        if known not in open_states:
            return Told(user.email, known or "SENT", is_new=False)
        _keep(tx, digest, user, "SENDING", now)
    message = compose(digest, sender=sender, to=user.email, at=now)
    receipt = line.deliver(sender, user.email, message.as_bytes(policy=SMTP))
    state = _OF.get(receipt.status, "UNKNOWN")
    detail = without_addresses(receipt.detail)[:200]
    with store.begin() as tx:
        _keep(tx, digest, user, state, now)
        write(
            tx,
            Act(
                request_id=uuid4().hex,
                at=wall,
                actor=by,
                role="",
                action="digest.send",
                record=f"digest:{digest.week.name}",
                result=_RESULTS.get(state, "failed"),
                detail=f"user {user.user_id}: {state.lower()}",
            ),
        )
    return Told(user.email, state, is_new=True, detail=detail)


def _keep(tx: SqlTx, digest: Digest, user: User, state: State, now: datetime) -> None:
    told = {"state": state, "at": now.isoformat()}
    tx.publish(message_key(digest, user.email), json.dumps(told))
