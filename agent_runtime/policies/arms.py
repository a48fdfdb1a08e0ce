"""Which arms the agent keeps away from: every registered control, and who has no known arm."""

from collections.abc import Collection, Mapping

from experiments import assignment

HOLDOUT = "holdout"
"""An arm of this name is held in every experiment, whatever a spec says."""
GLOBAL_HOLDOUT = assignment.GLOBAL_HOLDOUT
"""Experiment under which people stand whom no campaign's agent writes to."""
CONFLICT = "conflicting-arms"
"""Experiment under which people stand of whom two tables told different arms of one unit."""

Arms = tuple[tuple[str, str], ...]
"""(experiment, arm) of every assignment of a person and of all who were merged with them."""
Controls = Mapping[str, Collection[str]]
"""Names that the control has had in any registered version, by experiment."""


def why_held(arms: Arms, controls: Controls) -> str:
    """Returns why no agent may contact a person of these arms, or empty; the strictest wins.

    Who has no arm is held, and so is who has one in an experiment whose control is not known.
    """
    if not arms:
        return "no assignment is known"
    held = next((pair for pair in arms if is_control(*pair, controls)), None)
    if held is not None:
        return f"holdout of {held[0]}" if held[1] == HOLDOUT else f"control {held[1]} of {held[0]}"
    unknown = next((experiment for experiment, _ in arms if not controls.get(experiment)), None)
    return f"the control of {unknown} is not known" if unknown is not None else ""


def binding(arms: Arms, controls: Controls) -> tuple[str, str]:
    """Returns the (experiment, arm) that binds a person: any control first; none is holdout."""
    if not arms:
        return "", HOLDOUT
    return next((pair for pair in arms if is_control(*pair, controls)), arms[0])


def is_control(experiment: str, arm: str, controls: Controls) -> bool:
    """Says whether an arm is known to be a control."""
    return arm == HOLDOUT or arm in controls.get(experiment, ())
