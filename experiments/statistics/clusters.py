"""Difference of means where whole clusters were randomised, by statsmodels."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.regression.linear_model import OLS

from experiments.statistics.estimate import CONFIDENCE, Estimate, Interval, Sample


def difference_between_clusters(control: Sample, arm: Sample) -> Estimate:
    """Returns the difference per unit, with errors that allow for units of a cluster being alike.

    Least squares on the arm (and the covariates), cluster-robust covariance with the usual
    small-sample factor, and Student's t with one degree of freedom fewer than there are clusters.
    Where the units of one arm do not vary, it is given the other arm's variance between
    clusters; where neither varies there is no interval.

    References:
        Cameron & Miller (2015), A Practitioner's Guide to Cluster-Robust Inference.
    """
    still_control, still_arm = control.variance == 0, arm.variance == 0
    if still_control and still_arm:
        mean_arm, mean_control = float(arm.values[0]), float(control.values[0])
        return Estimate(mean_arm, mean_control, "no interval, since the metric does not vary")
    base, effect, covariance = _least_squares(control, arm)
    counts = [len(np.unique(sample.cluster_ids)) for sample in (control, arm)]
    if still_control or still_arm:
        covariance = _with_borrowed_variance(covariance, *counts, from_arm=still_control)
    freedom = sum(counts) - 1
    quantile = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))
    error = math.sqrt(covariance[1, 1])
    return Estimate(
        mean_arm=base + effect,
        mean_control=base,
        method=f"difference of means, errors clustered, t with {freedom} degrees of freedom",
        ci=Interval(effect - quantile * error, effect + quantile * error),
        p_value=float(2 * stats.t.sf(abs(effect) / error, freedom)),
        relative_ci=_relative_ci(base, effect, covariance, quantile),
        standard_error=error,
        freedom=freedom,
    )


def _least_squares(control: Sample, arm: Sample) -> tuple[float, float, NDArray[np.float64]]:
    """The control's mean, the effect, and the covariance of the two."""
    values = np.concatenate([control.values, arm.values])
    is_arm = np.repeat([0.0, 1.0], [len(control.values), len(arm.values)])
    covariates = np.concatenate([control.covariates, arm.covariates])
    covariates = covariates - covariates.mean(axis=0)
    design = np.column_stack([np.ones_like(values), is_arm, covariates])
    groups = np.concatenate([control.cluster_ids, arm.cluster_ids])
    fit = OLS(values, design).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    return float(fit.params[0]), float(fit.params[1]), np.asarray(fit.cov_params())[:2, :2]


def _with_borrowed_variance(
    covariance: NDArray[np.float64], control_count: int, arm_count: int, *, from_arm: bool
) -> NDArray[np.float64]:
    control, arm = covariance[0, 0], covariance[1, 1] - covariance[0, 0]
    if from_arm:
        control = arm * arm_count / control_count
    else:
        arm = control * control_count / arm_count
    return np.array([[control, -control], [-control, control + arm]])


def _relative_ci(
    base: float, effect: float, covariance: NDArray[np.float64], quantile: float
) -> Interval | None:
    """The interval of the log of the means' ratio, by the delta method."""
    if min(base, base + effect) <= math.sqrt(covariance[1, 1]) / 10:
        return None
    gradient = np.array([1 / (base + effect) - 1 / base, 1 / (base + effect)])
    reach = math.exp(quantile * math.sqrt(gradient @ covariance @ gradient))
    ratio = 1 + effect / base
    return Interval(ratio / reach - 1, ratio * reach - 1)
