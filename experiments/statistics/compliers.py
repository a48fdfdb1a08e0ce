"""The effect on those who were reached: of use where many of the treated never were."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.statistics.estimate import CONFIDENCE, Interval, Sample
from experiments.statistics.influence import arm_effect, covariance, freedom

STRONG_FROM = 104.7
"""F of the first stage above which the usual 95% interval holds (Lee, McCrary, Moreira & Porter
2022, Valid t-Ratio Inference for IV)."""


@dataclass(frozen=True, slots=True)
class ComplierEstimate:
    """The effect on units whose contact hung on the assignment; None where nothing follows."""

    effect: float | None
    ci: Interval | None
    p_value: float | None
    reached_arm: float
    """Share of the treated arm that was contacted."""
    reached_control: float
    """Share of the control that was contacted all the same: contamination."""
    first_stage_f: float | None
    """None where contact follows from the arm without exception."""
    method: str

    @property
    def is_weak(self) -> bool:
        """Whether contact differs too little between the arms for the usual interval."""
        return self.first_stage_f is not None and self.first_stage_f < STRONG_FROM


def complier_effect(
    control: Sample,
    arm: Sample,
    contacted_control: NDArray[np.float64],
    contacted_arm: NDArray[np.float64],
) -> ComplierEstimate:
    """Returns the effect of assignment divided by the effect of assignment on contact.

    This is two-stage least squares with the assignment as instrument, errors robust and by cluster
    where there are clusters. It assumes that assignment acts through contact alone and that nobody
    is contacted because of being in the control. Where the first stage is weak, the bounds are
    Anderson & Rubin's, which hold at any strength; where those are endless nothing is estimated.

    Args:
        control: The metric of the control, with covariates and clusters.
        arm: That of the treated arm.
        contacted_control: 1 for each unit of the control that was contacted, else 0.
        contacted_arm: The same for the treated arm.

    References:
        Imbens & Angrist (1994), Identification and Estimation of Local Average Treatment Effects.
        Bloom (1984). Anderson & Rubin (1949).
    """
    on_metric = arm_effect(control, arm)
    on_contact = arm_effect(
        replace(control, values=contacted_control), replace(arm, values=contacted_arm)
    )
    both = covariance((on_metric, on_contact), control, arm)
    degrees = freedom(control, arm)
    quantile = float(stats.t.ppf((1 + CONFIDENCE) / 2, degrees))
    reached = float(contacted_arm.mean()), float(contacted_control.mean())
    if on_contact.effect**2 <= quantile**2 * both[1, 1] or on_contact.effect < 0:
        nothing = "no estimate, since the treated arm is not shown to be contacted more often"
        return ComplierEstimate(None, None, None, *reached, None, nothing)
    effect = on_metric.effect / on_contact.effect
    is_certain = both[1, 1] < 1e-12 * on_contact.effect**2
    strength = None if is_certain else on_contact.effect**2 / both[1, 1]
    if strength is not None and strength < STRONG_FROM:
        score = abs(on_metric.effect) / math.sqrt(both[0, 0]) if both[0, 0] > 0 else None
        ci = _anderson_rubin(on_metric.effect, on_contact.effect, both, quantile)
        method = "Wald ratio, Anderson-Rubin bounds since the first stage is weak"
    else:
        gradient = np.array([1.0, -effect])
        error = math.sqrt(max(gradient @ both @ gradient, 0.0)) / on_contact.effect
        score = abs(effect) / error if error > 0 else None
        ci = Interval(effect - quantile * error, effect + quantile * error) if error > 0 else None
        method = f"two-stage least squares, t with {degrees} degrees of freedom"
    p_value = None if score is None else float(2 * stats.t.sf(score, degrees))
    return ComplierEstimate(effect, ci, p_value, *reached, strength, method)


def _anderson_rubin(
    on_metric: float, on_contact: float, both: NDArray[np.float64], quantile: float
) -> Interval:
    """All effects b for which metric - b * contact does not differ between the arms."""
    square = on_contact**2 - quantile**2 * both[1, 1]
    linear = on_metric * on_contact - quantile**2 * both[0, 1]
    constant = on_metric**2 - quantile**2 * both[0, 0]
    reach = math.sqrt(max(linear**2 - square * constant, 0.0)) / square
    return Interval(linear / square - reach, linear / square + reach)
