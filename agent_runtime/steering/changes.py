"""Changes of what is steered: versions with author, reason, diff, effect, and a way back.

A change is proposed, tried on past turns, and only then put in force, by moving the flag that the
permit reads. Whoever makes the agent freer needs a second person for it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter

from agent_runtime.library.catalog import Library
from agent_runtime.ports import Tx
from agent_runtime.steering.effect import Effect
from agent_runtime.steering.subjects import (
    SteeringError,
    checked,
    flag_for,
    loosens,
    value_in,
)

STORED = "steering_changes"
_LOCK = "steering"
State = Literal["PROPOSED", "LIVE", "REPLACED", "REJECTED"]
"""REPLACED: it was in force, and another version or a command has taken its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One version of one subject."""

    change_id: str
    subject: str
    version: int
    """Of the subject, from 1 on."""
    before: Any
    """What was in force when it was proposed."""
    after: Any
    author: str
    reason: str
    made_at: datetime
    state: State = "PROPOSED"
    loosens: bool = False
    effect: Effect | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    undoes: str = ""
    """The change that it takes back."""


def all_changes(tx: Tx) -> tuple[Change, ...]:
    """Returns all changes, the latest first."""
    written = tx.published(STORED)
    return tuple(reversed(_adapter().validate_json(written))) if written else ()


def change_of(tx: Tx, change_id: str) -> Change:
    """Returns a change.

    Raises:
        SteeringError: there is none of this id.
    """
    found = next((one for one in all_changes(tx) if one.change_id == change_id), None)
    if found is None:
        raise SteeringError(f"change {change_id[:40]!r} is unknown; the list of changes has all.")
    return found


def propose(
    tx: Tx, library: Library, subject: str, after: Any, *, by: str, why: str, at: datetime
) -> Change:
    """Writes down a change that is not in force yet.

    Raises:
        ParleyError: no reason, an unknown subject, a value that it cannot have or has already.
    """
    tx.lock(_LOCK)
    before, wanted = value_in(tx.flags(), subject), checked(subject, after, library)
    if wanted == before:
        raise SteeringError(f"{subject}: {wanted!r} is in force already; there is no change.")
    made = _made(tx, subject, before, wanted, library, by=by, why=why, at=at)
    _save(tx, made)
    return made


def set_stricter(
    tx: Tx, library: Library, subject: str, after: Any, *, by: str, why: str, at: datetime
) -> Change:
    """Puts a change in force at once that does not make the agent freer.

    Raises:
        ParleyError: as `propose`, or it makes the agent freer.
    """
    made = propose(tx, library, subject, after, by=by, why=why, at=at)
    if made.loosens:
        raise SteeringError(
            f"{subject}: {after or 'unset'} makes the agent freer; propose it in the console at "
            f"/console/steering/changes/propose?subject={subject}, where a colleague puts it in "
            "force."
        )
    return _in_force(tx, made, by=by, at=at)


def measured(tx: Tx, change_id: str, effect: Effect) -> Change:
    """Keeps what a change did on past turns."""
    tx.lock(_LOCK)
    found = replace(_open(change_of(tx, change_id)), effect=effect)
    _save(tx, found)
    return found


def put_in_force(tx: Tx, library: Library, change_id: str, *, by: str, at: datetime) -> Change:
    """Moves the flag; in effect at the next permit.

    Raises:
        SteeringError: it was not tried, something else is in force since, or whoever wrote it
            wants to make the agent freer alone.
    """
    tx.lock(_LOCK)
    change, flags = _open(change_of(tx, change_id)), tx.flags()
    if change.effect is None:
        raise SteeringError(
            f"version {change.version}: its effect was not seen yet; try it on past turns first."
        )
    if value_in(flags, change.subject) != change.before:
        raise SteeringError(
            f"version {change.version}: {change.subject} was changed since it was proposed; "
            "propose it anew."
        )
    if by_themselves(change, by) and loosens(change.subject, change.before, change.after, library):
        raise SteeringError(
            f"version {change.version} makes the agent freer, and you wrote it; ask a colleague "
            "to put it in force."
        )
    return _in_force(tx, change, by=by, at=at)


def reject(tx: Tx, change_id: str, *, by: str, at: datetime) -> Change:
    """Closes a change that nobody wants."""
    tx.lock(_LOCK)
    found = _open(change_of(tx, change_id))
    closed = replace(found, state="REJECTED", decided_by=by, decided_at=at)
    _save(tx, closed)
    return closed


def roll_back(
    tx: Tx, library: Library, change_id: str, *, by: str, why: str, at: datetime
) -> Change:
    """Puts back what was in force before a change, as a version of its own, at once.

    Raises:
        SteeringError: it is not what is in force, or there is no reason.
    """
    tx.lock(_LOCK)
    change = change_of(tx, change_id)
    if change.state != "LIVE" or value_in(tx.flags(), change.subject) != change.after:
        raise SteeringError(f"version {change.version} is not in force, so nothing to take back.")
    back = _made(tx, change.subject, change.after, change.before, library, by=by, why=why, at=at)
    return _in_force(tx, replace(back, undoes=change.change_id), by=by, at=at)


def diff_of(change: Change) -> tuple[tuple[str, str], ...]:
    """Returns the change as lines, each with `-`, `+` or a space."""
    before, after = _lines(change.before), _lines(change.after)
    gone = [("-", line) for line in before if line not in after]
    kept = [(" ", line) for line in before if line in after]
    new = [("+", line) for line in after if line not in before]
    return (*kept, *gone, *new)


def by_themselves(change: Change, name: str) -> bool:
    """Says whether somebody wrote a change."""
    return change.author.casefold() == name.casefold()


def _made(
    tx: Tx,
    subject: str,
    before: Any,
    after: Any,
    library: Library,
    *,
    by: str,
    why: str,
    at: datetime,
) -> Change:
    said = " ".join(why.split())[:400]
    if not said:
        raise SteeringError("why: a change needs a reason; say what it is for.")
    earlier = sum(one.subject == subject for one in all_changes(tx))
    key = f"{tx.published(STORED)}\x1f{subject}\x1f{at.isoformat()}\x1f{by}"
    return Change(
        change_id=blake2b(key.encode(), digest_size=8).hexdigest(),
        subject=subject,
        version=earlier + 1,
        before=before,
        after=after,
        author=by,
        reason=said,
        made_at=at,
        loosens=loosens(subject, before, after, library),
    )


def _in_force(tx: Tx, change: Change, *, by: str, at: datetime) -> Change:
    for one in all_changes(tx):
        if one.subject == change.subject and one.state == "LIVE":
            _save(tx, replace(one, state="REPLACED"))
    tx.set_flag(change.subject, flag_for(change.subject, change.after))
    live = replace(change, state="LIVE", decided_by=by, decided_at=at)
    _save(tx, live)
    return live


def _open(change: Change) -> Change:
    if change.state != "PROPOSED":
        who = f" by {change.decided_by}" if change.decided_by else ""
        raise SteeringError(f"version {change.version} was decided{who} already; look at it again.")
    return change


def _save(tx: Tx, change: Change) -> None:
    kept = list(reversed(all_changes(tx)))
    at = next((n for n, one in enumerate(kept) if one.change_id == change.change_id), len(kept))
    kept[at : at + 1] = [change]
    tx.publish(STORED, _adapter().dump_json(kept).decode())


def _lines(value: Any) -> list[str]:
    if value is None:
        return ["not set"]
    if isinstance(value, list | dict):
        text = yaml.safe_dump(value, allow_unicode=True, width=200) if value else "none"
        return text.strip().splitlines()
    return [str(value)]


@cache
def _adapter() -> TypeAdapter[list[Change]]:
    return TypeAdapter(list[Change])
