"""What each unit adds to an effect: from it follow covariances of several effects, by cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.statistics.estimate import Sample
from experiments.statistics.places import distinct_count, places_of

_SAME = 1e-9
"""Of the largest variance: directions that vary by less follow from others."""


@dataclass(frozen=True, slots=True)
class ArmEffect:
    """An effect, arm minus control, as the sum over units that it nearly is."""

    effect: float
    influences: NDArray[np.float64]
    """One a unit, control first; their sums by cluster, squared and added, are the variance."""


def arm_effect(control: Sample, arm: Sample) -> ArmEffect:
    """Returns the coefficient of the arm in least squares on arm and covariates, with influences.

    Without covariates the effect is the difference of means. Influences are scaled arm by arm so
    that the variance is Welch's, or with clusters that of the means of as many clusters.

    References:
        Frisch & Waugh (1933) for the coefficient; Liang & Zeger (1986) for the variance.
    """
    factors = _small_sample_factors(control, arm)
    if not control.covariates.shape[1]:
        means = float(control.values.mean()), float(arm.values.mean())
        scales = -factors[0] / len(control.values), factors[1] / len(arm.values)
        sides = zip((control, arm), means, scales, strict=True)
        return ArmEffect(
            means[1] - means[0],
            np.concatenate([(side.values - mean) * scale for side, mean, scale in sides]),
        )
    values = np.concatenate([control.values, arm.values])
    sizes = [len(control.values), len(arm.values)]
    is_arm = np.repeat([0.0, 1.0], sizes)
    covariates = np.concatenate([control.covariates, arm.covariates])
    unforetold = _unforetold(is_arm, covariates)
    weights = unforetold / (unforetold @ unforetold)
    effect = float(weights @ values)
    residuals = _unforetold(values - effect * is_arm, covariates)
    return ArmEffect(effect, weights * residuals * np.repeat(factors, sizes))


def covariance(effects: Sequence[ArmEffect], control: Sample, arm: Sample) -> NDArray[np.float64]:
    """Returns the covariance of effects that were estimated on these units, by cluster if any."""
    influences = np.column_stack([effect.influences for effect in effects])
    if len(control.cluster_ids):
        groups = np.concatenate([control.cluster_ids, arm.cluster_ids])
        ids, _ = places_of(groups)
        influences = np.column_stack([np.bincount(ids, column) for column in influences.T])
    return np.asarray(influences.T @ influences, np.float64)


def joint_p_value(
    effects: NDArray[np.float64], joint: NDArray[np.float64], degrees: int
) -> tuple[float | None, int]:
    """Returns Hotelling's p-value of all effects being zero, and how many of them say it.

    Effects that follow from others count once; None where the degrees of freedom do not suffice.
    """
    rank = int(np.linalg.matrix_rank(joint, tol=_SAME * joint.max(), hermitian=True))
    if not 0 < rank < degrees:
        return None, rank
    inverse = np.linalg.pinv(joint, rcond=_SAME, hermitian=True)
    statistic = float(effects @ inverse @ effects) * (degrees - rank + 1) / (rank * degrees)
    return float(stats.f.sf(statistic, rank, degrees - rank + 1)), rank


def freedom(control: Sample, arm: Sample) -> int:
    """Returns the degrees of freedom: clusters less one, or units less two."""
    if len(control.cluster_ids):
        return count_of(control) + count_of(arm) - 1
    return count_of(control) + count_of(arm) - 2


def count_of(sample: Sample) -> int:
    """Returns how many were randomised into an arm: clusters, or units where there are none."""
    return distinct_count(sample.cluster_ids) if len(sample.cluster_ids) else len(sample.values)


def _unforetold(
    values: NDArray[np.float64], covariates: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values less their mean and what covariates foretell of them."""
    centred = values - values.mean()
    covariates = covariates - covariates.mean(axis=0)
    return centred - covariates @ np.linalg.lstsq(covariates, centred, rcond=None)[0]


def _small_sample_factors(control: Sample, arm: Sample) -> tuple[float, float]:
    of_control, of_arm = (count_of(sample) for sample in (control, arm))
    return (of_control / (of_control - 1)) ** 0.5, (of_arm / (of_arm - 1)) ** 0.5
