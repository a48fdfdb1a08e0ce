"""A change of what is steered by a command: a version like the console's, and no way around it."""

from datetime import UTC, datetime
from getpass import getuser
from typing import Any

from agent_runtime.console.people.users import user_by_email
from agent_runtime.library.catalog import Library
from agent_runtime.steering.changes import Change, propose_or_set
from agent_runtime.steering.subjects import SteeringError
from agent_runtime.store.sql import SqlTx

WHY = "Why; kept with the version."
BY = "Who decides, as the address of an account [default: the login name]."


def change_by_command(
    tx: SqlTx, library: Library, subject: str, value: Any, *, by: str, why: str
) -> Change:
    """Puts a change in force, or proposes it where it makes the agent freer.

    Args:
        tx: In which it is written.
        library: Knows what can be steered.
        subject: What is changed.
        value: Its new value; None for what holds where nothing is set.
        by: Who decides; empty for whoever is at the machine.
        why: The reason.

    Raises:
        SteeringError: it cannot be changed so, or is freer and its author has no account.
    """
    who = by.strip() or getuser()
    made = propose_or_set(tx, library, subject, value, by=who, why=why, at=datetime.now(UTC))
    if made.loosens:
        _need_account(tx, who)
    return made


def told(change: Change, what: str) -> str:
    """Returns what became of a change, and where it goes on."""
    version = f"{what}, version {change.version}"
    if change.state == "LIVE":
        return f"{version} is in force; the console shows it and rolls it back"
    return (
        f"{version} makes the agent freer and waits for a colleague; they put it in force at "
        f"/console/steering/changes/{change.change_id}"
    )


def _need_account(tx: SqlTx, who: str) -> None:
    """The console tells author and colleague apart by their accounts, so the author has one."""
    found = user_by_email(tx, who)
    if found is None or found.is_disabled:
        raise SteeringError(
            f"by = {who!r}: makes the agent freer without an account of the console; give the "
            "address of yours, since a colleague has to put it in force there."
        )
