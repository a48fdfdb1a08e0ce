"""Whether the arms were alike before the trial: each covariate, and all of them together."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.estimate import Sample
from experiments.statistics.influence import arm_effect, covariance, freedom, joint_p_value


@dataclass(frozen=True, slots=True)
class BalanceEstimate:
    """How far apart the arms' covariates are."""

    means_arm: NDArray[np.float64]
    means_control: NDArray[np.float64]
    standardised: NDArray[np.float64]
    """Each difference of means in standard deviations; 0 where a covariate does not vary."""
    p_value: float | None
    """Of all differences together; None where no covariate varies or units are too few."""
    method: str


def covariate_balance(control: Sample, arm: Sample) -> BalanceEstimate:
    """Returns the standardised differences of the samples' covariates and a joint test of them.

    The test is Hotelling's, with each arm's own covariance; with clusters the covariance is that of
    sums by cluster. Covariates that follow from others count once.

    References:
        Austin (2009), Balance Diagnostics, equation 1. Hansen & Bowers (2008), Covariate Balance in
        Simple, Stratified and Clustered Comparative Studies.
    """
    columns = range(control.covariates.shape[1])
    spreads = [sample.covariates.var(axis=0, ddof=1) for sample in (control, arm)]
    spread = np.sqrt((spreads[0] + spreads[1]) / 2)
    means = [sample.covariates.mean(axis=0) for sample in (control, arm)]
    differences = means[1] - means[0]
    standardised = np.divide(differences, spread, out=np.zeros_like(spread), where=spread > 0)
    varying = [column for column in columns if spread[column] > 0]
    effects = [
        arm_effect(_as_values(control, c, spread[c]), _as_values(arm, c, spread[c]))
        for c in varying
    ]
    p_value, degrees, rank = None, freedom(control, arm), 0
    if effects:
        joint = covariance(effects, control, arm)
        apart = np.array([effect.effect for effect in effects])
        p_value, rank = joint_p_value(apart, joint, degrees)
    method = f"Hotelling's test of {rank} differences, {degrees} degrees of freedom"
    return BalanceEstimate(means[1], means[0], standardised, p_value, method)


def _as_values(sample: Sample, column: int, spread: float) -> Sample:
    """A covariate as the value, in standard deviations, so that scales do not matter."""
    values = sample.covariates[:, column] / spread
    return replace(sample, values=values, covariates=sample.covariates[:, :0])
