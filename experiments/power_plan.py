"""The planned power of a spec as the sizes that it needs; they go into the registry with it."""

import math
from typing import Any

from experiments.holdout_cost import days_until
from experiments.power import Design, SampleSize, sample_size
from experiments.spec import Spec


def needed_units(spec: Spec) -> dict[str, Any]:
    """Returns the units of every arm, and the days, that a spec's planned power needs.

    Each treated arm is compared with the control on its own, as `analysis` does; the smallest
    treated arm needs most and decides for all.

    Raises:
        PowerError: The plan has a figure that no experiment can have.
    """
    plan = spec.power
    if plan is None:
        return {}
    least = min(spec.arms[arm] for arm in spec.treated)
    control = spec.arms[spec.control]
    pair = sample_size(
        baseline=plan.baseline,
        mde_relative=plan.mde_relative,
        power=plan.power,
        alpha=plan.alpha,
        share=least / (least + control),
        design=Design(plan.cluster_size, plan.icc, plan.r_squared),
    )
    whole = pair.total / (least + control)
    units = {arm: math.ceil(whole * share) for arm, share in spec.arms.items()}
    total = SampleSize(sum(units[arm] for arm in spec.treated), units[spec.control])
    return {"units": units, "days": days_until(total, plan.units_per_day)}
