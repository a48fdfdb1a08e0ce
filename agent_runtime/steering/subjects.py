"""What can be steered: levels of autonomy, the dials of the rules, and the profile of the rules."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent_runtime.autonomy import AUTONOMY, flag_of
from agent_runtime.domain import LEVELS
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import Library
from agent_runtime.policies.dials import dial_of, set_in
from agent_runtime.policies.ruleset import flag_of as profile_flag
from agent_runtime.policies.ruleset import profiles


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


def names_of(subject: str) -> tuple[str, ...]:
    """Returns what may be set of a subject that is no dial: profiles, or levels."""
    return profiles() if is_profile(subject) else LEVELS


def check_subject(subject: str, library: Library) -> None:
    """Checks that there is something to steer.

    Raises:
        SteeringError: nothing has this name.
    """
    playbook = _profiled(subject) if is_profile(subject) else playbook_of(subject)
    is_for_all = is_profile(subject) and not playbook
    if dial_of(subject) is None and not is_for_all and playbook not in library.playbooks:
        raise SteeringError(f"subject {subject[:80]!r}: nothing of this name can be steered.")


def checked(subject: str, value: Any, library: Library) -> Any:
    """Returns a value that may be proposed.

    Raises:
        SteeringError: an unknown subject, level or profile.
        RuleSetError: a value that the dial does not take.
    """
    dial = dial_of(subject)
    if dial is not None:
        return dial.checked(value)
    check_subject(subject, library)
    names, what = names_of(subject), "profile" if is_profile(subject) else "autonomy"
    if value is not None and value not in names:
        raise SteeringError(f"{what} {value!r}: use one of {', '.join(names)}, or none.")
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
    if is_profile(subject):
        # What an unset profile falls back on may change by itself, so it is the freest to go to.
        order = profiles()
        return _rank(order, after or order[0]) < _rank(order, before or _unset_profile(subject))
    usual = library.playbook(playbook_of(subject)).autonomy
    unset = LEVELS[-1] if campaign_of(subject) else usual
    freest_last = tuple(reversed(LEVELS))
    return _rank(freest_last, after or unset) < _rank(freest_last, before or unset)


def title_of(subject: str) -> str:
    """Returns what a subject is, in words."""
    dial = dial_of(subject)
    if dial is not None:
        return f"{dial.says} {dial.unit}".strip()
    if is_profile(subject):
        return f"Profile of the rules of {_profiled(subject).replace('_', ' ') or 'all playbooks'}"
    campaign = campaign_of(subject)
    where = f" in campaign {campaign}" if campaign else ""
    return f"Autonomy of {playbook_of(subject).replace('_', ' ')}{where}"


def autonomy_subject(playbook: str, campaign: str = "") -> str:
    """Returns the subject of a level of autonomy."""
    return flag_of(playbook, campaign)


def profile_subject(playbook: str = "") -> str:
    """Returns the subject of the profile of the rules, of all playbooks or of one."""
    return profile_flag(playbook)


def is_profile(subject: str) -> bool:
    """Says whether a subject is a profile of the rules."""
    return subject == profile_flag(_profiled(subject))


def _profiled(subject: str) -> str:
    return subject.removeprefix(profile_flag()).removeprefix(":")


def _unset_profile(subject: str) -> str:
    """The standard for all; a playbook without one of its own may be under a stricter one."""
    return profiles()[-1] if _profiled(subject) else profiles()[0]


def _rank(order: Sequence[str], name: str) -> int:
    """Where a name stands, from the freest on; one that is not known binds as the strictest."""
    return order.index(name) if name in order else len(order) - 1


def _parts(subject: str) -> tuple[str, str]:
    if not subject.startswith(AUTONOMY):
        return "", ""
    playbook, _, campaign = subject.removeprefix(AUTONOMY).partition("@")
    return playbook, campaign
