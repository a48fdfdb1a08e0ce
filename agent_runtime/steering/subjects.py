"""What can be steered: levels of autonomy by playbook and campaign, and the dials of the rules."""

import json
from collections.abc import Mapping
from typing import Any

from agent_runtime.autonomy import AUTONOMY, flag_of
from agent_runtime.domain import LEVELS
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import Library
from agent_runtime.policies.dials import dial_of, set_in


class SteeringError(ParleyError):
    """A change that cannot be made, or not now, or not by this person."""


def value_in(flags: Mapping[str, str], subject: str) -> Any:
    """Returns what is in force; None for a level of autonomy that nobody has set."""
    dial = dial_of(subject)
    return set_in(flags, dial) if dial else flags.get(subject)


def flag_for(subject: str, value: Any) -> str | None:
    """Returns what the flag of a subject holds for a value; None where it has none."""
    dial = dial_of(subject)
    if dial is None:
        return value
    return None if value == dial.written else json.dumps(value, sort_keys=True)


def checked(subject: str, value: Any, library: Library) -> Any:
    """Returns a value that may be proposed.

    Raises:
        SteeringError: an unknown subject or level.
        RuleSetError: a value that the dial does not take.
    """
    dial = dial_of(subject)
    if dial is not None:
        return dial.checked(value)
    playbook = playbook_of(subject)
    if playbook not in library.playbooks:
        raise SteeringError(f"subject {subject[:80]!r}: nothing of this name can be steered.")
    if value is not None and value not in LEVELS:
        raise SteeringError(f"autonomy {value!r}: use one of {', '.join(LEVELS)}, or none.")
    return value


def playbook_of(subject: str) -> str:
    """Returns the playbook of a level of autonomy; empty for anything else."""
    return _parts(subject)[0]


def campaign_of(subject: str) -> str:
    """Returns the campaign that a level of autonomy is for; empty: all of the playbook."""
    return _parts(subject)[1]


def loosens(subject: str, before: Any, after: Any, library: Library) -> bool:
    """Says whether the agent may do more after a change than before it."""
    dial = dial_of(subject)
    if dial is not None:
        return dial.is_loosened(before, after)
    usual = library.playbook(playbook_of(subject)).autonomy
    unset = LEVELS[-1] if campaign_of(subject) else usual
    return LEVELS.index(after or unset) > LEVELS.index(before or unset)


def title_of(subject: str) -> str:
    """Returns what a subject is, in words."""
    dial = dial_of(subject)
    if dial is not None:
        return f"{dial.says} {dial.unit}".strip()
    campaign = campaign_of(subject)
    where = f" in campaign {campaign}" if campaign else ""
    return f"Autonomy of {playbook_of(subject).replace('_', ' ')}{where}"


def autonomy_subject(playbook: str, campaign: str = "") -> str:
    """Returns the subject of a level of autonomy."""
    return flag_of(playbook, campaign)


def _parts(subject: str) -> tuple[str, str]:
    if not subject.startswith(AUTONOMY):
        return "", ""
    playbook, _, campaign = subject.removeprefix(AUTONOMY).partition("@")
    return playbook, campaign
