"""A change of what is steered by a command: a version like the console's, and no way around it.

A command knows nobody for sure, so it only ever makes the agent stricter. What frees it is proposed
by somebody who has signed in to the console, and put in force there by somebody else.
"""

from datetime import UTC, datetime
from getpass import getuser
from typing import Any

from agent_runtime.console.people.cli import log_command
from agent_runtime.library.catalog import Library
from agent_runtime.steering.changes import Change, set_stricter
from agent_runtime.store.sql import SqlTx

WHY = "Why; kept with the version."
BY = "Who decides [default: the login name]."


def change_by_command(
    tx: SqlTx, library: Library, subject: str, value: Any, *, by: str, why: str
) -> Change:
    """Puts a change in force that does not make the agent freer.

    Args:
        tx: In which it is written, with an entry of the audit log.
        library: Knows what can be steered.
        subject: What is changed.
        value: Its new value; None for what holds where nothing is set.
        by: Who decides; empty for whoever is at the machine.
        why: The reason.

    Raises:
        SteeringError: it cannot be changed so, or is freer.
    """
    who = by.strip() or getuser()
    made = set_stricter(tx, library, subject, value, by=who, why=why, at=datetime.now(UTC))
    log_command(tx, "steering.change", f"change:{made.change_id}", f"{subject} {value}")
    return made


def told(change: Change, what: str) -> str:
    """Returns what became of a change, and where it is seen."""
    return f"{what}, version {change.version} is in force; the console shows it and rolls it back"
