"""Difference of ratios, a sum over a sum, where units or whole clusters were randomised."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from experiments.errors import UnitsError
from experiments.statistics.clusters import difference_between_clusters
from experiments.statistics.estimate import Estimate, Sample
from experiments.statistics.means import difference_of_means
from experiments.statistics.places import places_of

_ERRORS_ABOVE_ZERO = 3
"""A denominator nearer to zero than this many standard errors: the delta method does not hold."""

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class RatioSample:
    """One arm: a numerator and a denominator a unit, such as revenue and meetings of a person."""

    numerators: NDArray[np.float64]
    denominators: NDArray[np.float64]
    covariates: NDArray[np.float64]
    """One column a covariate; no column where the spec names none."""
    cluster_ids: NDArray[np.int64]
    """The cluster of each unit as a number; empty where units were randomised one by one."""

    @property
    def ratio(self) -> float:
        """The sum of the numerators over the sum of the denominators."""
        return float(self.numerators.sum() / self.denominators.sum())


def difference_of_ratios(control: RatioSample, arm: RatioSample) -> Estimate:
    """Returns the difference of two ratios by the delta method, adjusted by CUPED if need be.

    Each unit gets a value whose mean is its arm's ratio and whose variance is the delta method's:
    ratio + (numerator - ratio * denominator) / mean denominator. These are compared as means
    are; where there are clusters, errors are those of the sums by cluster.

    Raises:
        UnitsError: The denominators of an arm do not sum to more than zero.

    References:
        Deng, Knoblich & Lu (2018), Applying the Delta Method in Metric Analytics, equations 3-5.
        Deng, Xu, Kohavi & Walker (2013), appendix B: CUPED for ratios.
    """
    check_denominators(control, arm)
    if not are_told(control, arm):
        return Estimate(arm.ratio, control.ratio, "no interval, since the denominators are too few")
    if len(control.cluster_ids):
        estimate = difference_between_clusters(linear_sample(control), linear_sample(arm))
    elif control.covariates.shape[1]:
        estimate = difference_of_means(*_adjusted(control, arm))
        estimate = replace(estimate, method=estimate.method.replace("means,", "means, CUPED,"))
    else:
        estimate = difference_of_means(linear_sample(control), linear_sample(arm))
    method = estimate.method.replace("difference of means", "difference of ratios, delta method")
    return replace(estimate, method=method)


def check_denominators(control: RatioSample, arm: RatioSample) -> None:
    """Raises `UnitsError` where the denominators of an arm do not sum to more than zero."""
    for name, sample in (("control", control), ("treated", arm)):
        if sample.denominators.sum() <= 0:
            raise UnitsError(
                f"the denominators of the {name} arm sum to {sample.denominators.sum():g}, but a "
                "ratio needs a sum above zero"
            )


def are_told(*samples: RatioSample) -> bool:
    """Whether the denominators are far enough from zero for the delta method."""
    return min(_errors_above_zero(sample) for sample in samples) >= _ERRORS_ABOVE_ZERO


def linear_values(
    numerators: NDArray[np.float64], denominators: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns a value a unit whose mean is the ratio and whose variance is the delta method's."""
    ratio = numerators.sum() / denominators.sum()
    deviations = (numerators - ratio * denominators) / denominators.mean()
    if np.abs(deviations).max() <= _ROUNDING * max(abs(ratio), 1e-300):
        deviations = np.zeros_like(deviations)
    return ratio + deviations


def linear_sample(sample: RatioSample) -> Sample:
    """Returns the arm as a sample of values, for estimators that know means only."""
    values = linear_values(sample.numerators, sample.denominators)
    return Sample(values, sample.covariates, sample.cluster_ids)


def _adjusted(control: RatioSample, arm: RatioSample) -> tuple[Sample, Sample]:
    """The arms less what the covariates foretold, by the slopes of all units taken together."""
    covariates = np.concatenate([control.covariates, arm.covariates])
    middle = covariates.mean(axis=0)
    pooled = linear_values(
        np.concatenate([control.numerators, arm.numerators]),
        np.concatenate([control.denominators, arm.denominators]),
    )
    slopes = np.linalg.lstsq(covariates - middle, pooled - pooled.mean(), rcond=None)[0]
    return _less_foretold(control, middle, slopes), _less_foretold(arm, middle, slopes)


def _less_foretold(
    sample: RatioSample, middle: NDArray[np.float64], slopes: NDArray[np.float64]
) -> Sample:
    values = linear_values(sample.numerators, sample.denominators)
    return Sample(
        values - (sample.covariates - middle) @ slopes, sample.covariates[:, :0], sample.cluster_ids
    )


def _errors_above_zero(sample: RatioSample) -> float:
    """How many standard errors, by cluster if need be, the mean denominator is above zero."""
    values = sample.denominators
    if len(sample.cluster_ids):
        values = np.bincount(places_of(sample.cluster_ids)[0], values)
    deviation = float(values.std(ddof=1))
    return float("inf") if deviation == 0 else float(values.mean()) * len(values) ** 0.5 / deviation
