"""Anytime-valid confidence sequences: intervals that hold at every look, all looks together."""

import math

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.cluster_sums import RobustFit
from experiments.statistics.clusters import relative_ci, robust_fit
from experiments.statistics.estimate import CONFIDENCE, Estimate, Interval, Sample
from experiments.statistics.look_plan import LookPlan
from experiments.statistics.means import cuped
from experiments.statistics.mixtures import (
    as_normal,
    as_student,
    normal_p_value,
    normal_quantile,
)

ALPHA = 1 - CONFIDENCE

ENOUGH_UNITS = 50
"""Units of an arm that must differ from the usual value before an asymptotic sequence starts: of a
revenue that few people bring, the normal approximation is as good as those few."""

ENOUGH_CLUSTERS = 10
"""Clusters of an arm that must hold such a unit; up to `ENOUGH_UNITS` where most hold none."""


def sequence_of_means(control: Sample, arm: Sample, plan: LookPlan) -> Estimate:
    """Returns the difference with an asymptotic confidence sequence, after CUPED if there is any.

    It assumes what Welch's t assumes, that means are nearly normal from the start on: the sequence
    begins with `ENOUGH_UNITS`, and normal quantiles are exchanged for Student's of the same tail.

    References:
        Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Time-uniform central limit theory and
        asymptotic confidence sequences, theorem 2.2 and section 3.
    """
    told = [_telling(*samples).sum() for samples in ((control, arm), (arm, control))]
    if min(told) < ENOUGH_UNITS or min(control.variance, arm.variance) == 0:
        return _too_early(control, arm, f"{ENOUGH_UNITS} telling units in each arm")
    has_covariates = control.covariates.shape[1] > 0
    of_control, of_arm = cuped(control, arm) if has_covariates else (control.values, arm.values)
    adjusted = ", CUPED" if has_covariates else ""
    errors = [float(values.var(ddof=1)) / len(values) for values in (of_control, of_arm)]
    fit = RobustFit(
        base=float(of_control.mean()),
        effect=float(of_arm.mean() - of_control.mean()),
        covariance=np.array([[errors[0], -errors[0]], [-errors[0], sum(errors)]]),
        freedom=sum(errors) ** 2
        / (errors[0] ** 2 / (len(of_control) - 1) + errors[1] ** 2 / (len(of_arm) - 1)),
    )
    return _sequence(fit, plan.progress(len(of_control), len(of_arm)), adjusted)


def sequence_between_clusters(control: Sample, arm: Sample, plan: LookPlan) -> Estimate:
    """Returns the difference per unit with an asymptotic sequence over clusters.

    The residuals' totals by cluster take the part of units, with the errors and the degrees of
    freedom of `robust_fit`.
    """
    for samples in ((control, arm), (arm, control)):
        clusters = len(np.unique(samples[0].cluster_ids))
        told = len(np.unique(samples[0].cluster_ids[_telling(*samples)]))
        needed = max(ENOUGH_CLUSTERS, min(ENOUGH_UNITS, clusters / 2))
        if told < needed or samples[0].variance == 0:
            return _too_early(control, arm, f"{needed:g} telling clusters in each arm")
    fit, name = robust_fit(control, arm)
    progress = plan.progress(len(control.values), len(arm.values))
    return _sequence(fit, progress, f", {name}")


def _telling(sample: Sample, other: Sample) -> NDArray[np.bool_]:
    """Which units differ from the value that is usual in both arms."""
    usual = np.median(np.concatenate([sample.values, other.values]))
    return sample.values != usual


def _too_early(control: Sample, arm: Sample, needed: str) -> Estimate:
    return Estimate(
        mean_arm=float(arm.values.mean()),
        mean_control=float(control.values.mean()),
        method=f"no confidence sequence yet, which starts with {needed}",
        is_too_early=True,
    )


def _sequence(fit: RobustFit, progress: float, how: str) -> Estimate:
    error = math.sqrt(fit.covariance[1, 1])
    quantile = as_student(normal_quantile(progress, ALPHA), fit.freedom)
    z = as_normal(fit.effect / error, fit.freedom)
    return Estimate(
        mean_arm=fit.base + fit.effect,
        mean_control=fit.base,
        method=f"difference of means{how}, asymptotic confidence sequence, valid at every look",
        ci=Interval(fit.effect - quantile * error, fit.effect + quantile * error),
        p_value=normal_p_value(z, progress, ALPHA),
        relative_ci=relative_ci(fit, quantile),
        is_sequence=True,
    )
