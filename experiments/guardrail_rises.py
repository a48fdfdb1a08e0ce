"""How far a guardrail has risen for certain, at any look: what a stop rule may act on."""

from dataclasses import dataclass, replace

import polars as pl

from experiments.errors import UnitsError
from experiments.estimation import estimate_of, is_share, measured, sample_of
from experiments.look_plans import look_plan
from experiments.spec import Spec
from experiments.spec_parts import Primary
from experiments.units import checked_units


@dataclass(frozen=True, slots=True)
class Rise:
    """A guardrail of one arm against the control, by a confidence sequence.

    Attributes:
        arm: The treated arm.
        n: Its units with a value.
        effect: Arm less control; None where nothing could be measured.
        at_least: Lower end of the sequence; None while it is too early for one.
        is_share: Whether the values are 0 or 1.
        why: Why there is no lower end; empty when there is one.
    """

    arm: str
    n: int
    effect: float | None
    at_least: float | None
    is_share: bool = False
    why: str = ""


def rises(units: pl.DataFrame, spec: Spec, guardrail: str) -> tuple[Rise, ...]:
    """Returns the rise of a guardrail in each treated arm, from the units as they are now.

    The sequence holds at all looks together, so that an arm that does not raise the guardrail by
    more than a bound is found beyond it in at most 2.5% of trials, however often one looks. Units
    whose window is still open count with what happened so far, since harm is to be seen early.

    Args:
        units: One row a unit: unit_id, arm, the guardrail, and the cluster where there is one.
        spec: The registered spec.
        guardrail: One of its guardrails.
    """
    if spec.switchback:
        return _unknown(spec, "a switchback has no sequence")
    asked = _asked_of(spec, guardrail)
    try:
        checked = checked_units(units, asked, source="units")
    except UnitsError as error:
        return _unknown(spec, str(error))
    are_shares = is_share(units, asked, guardrail)
    known = measured(checked, asked, guardrail)
    return tuple(_rise(known, asked, guardrail, arm, are_shares) for arm in spec.treated)


def _rise(units: pl.DataFrame, spec: Spec, guardrail: str, arm: str, are_shares: bool) -> Rise:
    plan = replace(look_plan(spec, arm, spec.control), baseline=None)
    control, treated = (sample_of(units, spec, guardrail, name) for name in (spec.control, arm))
    n = len(treated.covariates)
    try:
        estimate = estimate_of(control, treated, spec, is_share=are_shares, plan=plan)
    except UnitsError as error:
        return Rise(arm, n, None, None, are_shares, str(error))
    if estimate.ci is None:
        return Rise(arm, n, estimate.effect, None, are_shares, estimate.method)
    return Rise(arm, n, estimate.effect, estimate.ci.low, are_shares)


def _asked_of(spec: Spec, guardrail: str) -> Spec:
    """The spec as if this were its one question, so that no other column need be there."""
    return Spec(
        id=spec.id,
        arms=spec.arms,
        control=spec.control,
        primary=Primary(metric=guardrail),
        ratios={name: ratio for name, ratio in spec.ratios.items() if name == guardrail},
        cluster=spec.cluster,
        power=spec.power,
        analysis=spec.analysis.model_copy(update={"mode": "sequential"}),
    )


def _unknown(spec: Spec, why: str) -> tuple[Rise, ...]:
    return tuple(Rise(arm, 0, None, None, why=why) for arm in spec.treated)
