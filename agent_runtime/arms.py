"""Reads from the store which arms bind a person, and what each experiment's control is called."""

import json
from collections.abc import Mapping

from agent_runtime.policies import arms as rules
from agent_runtime.ports import Tx

CONTROLS = "controls"
"""Under this name batch code publishes the controls of all registered experiments."""


def publish_controls(tx: Tx, controls: Mapping[str, tuple[str, ...]]) -> None:
    """Publishes the names of each experiment's control; without them nobody is written to."""
    tx.publish(CONTROLS, json.dumps({name: list(arms) for name, arms in controls.items()}))


def add_controls(tx: Tx, controls: Mapping[str, tuple[str, ...]]) -> None:
    """Publishes names of controls beside those that stand: a name that was one stays one."""
    known = controls_of(tx)
    joined = {
        name: tuple(dict.fromkeys((*known.get(name, ()), *controls.get(name, ()))))
        for name in (*known, *controls)
    }
    publish_controls(tx, joined)


def controls_of(tx: Tx) -> dict[str, tuple[str, ...]]:
    """Returns the names that the control has, or has had, by experiment."""
    published = json.loads(tx.published(CONTROLS) or "{}")
    return {experiment: tuple(names) for experiment, names in published.items()}


def arms_of(tx: Tx, person_id: str) -> rules.Arms:
    """Returns the arms of a person and of everybody with whom they were merged."""
    return tuple((a.experiment_id, a.arm) for a in tx.assignments(person_id))


def binding_arm(tx: Tx, person_id: str) -> tuple[str, str]:
    """Returns the (experiment, arm) that binds a person: any control first; none is holdout."""
    return rules.binding(arms_of(tx, person_id), controls_of(tx))


def is_held(tx: Tx, person_id: str) -> bool:
    """Says whether the agent keeps away from a person."""
    return bool(rules.why_held(arms_of(tx, person_id), controls_of(tx)))
