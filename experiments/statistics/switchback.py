"""Times were randomised instead of units: periods are compared, less what carries over."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.errors import UnitsError
from experiments.statistics.estimate import CONFIDENCE, Estimate, Interval, Sample
from experiments.statistics.influence import arm_effect, count_of


def kept_periods(arms: NDArray[np.int64], carry_over: int) -> NDArray[np.bool_]:
    """Returns which periods count: not the first `carry_over` after a switch.

    Args:
        arms: The arm of each period as a number, in order of time; or several such rows.
        carry_over: Periods for which what went before a switch still acts.
    """
    kept = np.ones(arms.shape, np.bool_)
    switched = arms[..., 1:] != arms[..., :-1]
    for later in range(1, carry_over + 1):
        kept[..., later:] &= ~switched[..., : arms.shape[-1] - later]
    return kept


def difference_between_periods(control: Sample, arm: Sample) -> Estimate:
    """Returns the difference per unit, with errors that allow for neighbouring periods being alike.

    Least squares on the arm (and the covariates). The variance is the mean of the squared cosine
    transforms of what each period adds, as many as there are degrees of freedom of Student's t;
    unlike the textbook's lags it keeps its level with few periods that resemble their neighbours.

    Args:
        control: Units of the periods that count; `cluster_ids` are the periods' places in time.
        arm: The same of the treated arm.

    References:
        Lazarus, Lewis, Stock & Watson (2018), HAR Inference: Recommendations for Practice, the EWC
        estimator. Bojinov, Simchi-Levi & Zhao (2023), Design and Analysis of Switchback
        Experiments.
    """
    if min(count_of(control), count_of(arm)) < 2:
        raise UnitsError("an arm has fewer than two periods left, carry-over left out")
    found = arm_effect(control, arm)
    times = np.concatenate([control.cluster_ids, arm.cluster_ids])
    periods, ids = np.unique(times, return_inverse=True)
    sums = np.bincount(ids, found.influences)
    waves = cosine_waves(len(periods))
    error = math.sqrt(float(np.mean((waves @ sums) ** 2)))
    mean_control = float(control.values.mean())
    if error == 0:
        nothing = "no interval, since the metric does not vary"
        return Estimate(mean_control + found.effect, mean_control, nothing)
    freedom = len(waves)
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    return Estimate(
        mean_arm=mean_control + found.effect,
        mean_control=mean_control,
        method=(
            f"difference between {len(periods)} periods, errors that allow for neighbours being "
            f"alike, t with {freedom} degrees of freedom"
        ),
        ci=Interval(found.effect - reach, found.effect + reach),
        p_value=float(2 * stats.t.sf(abs(found.effect) / error, freedom)),
        standard_error=error,
        freedom=freedom,
    )


def cosine_waves(periods: int) -> NDArray[np.float64]:
    """Returns the slow cosines over the periods, as many rows as Lazarus et al. recommend."""
    count = max(math.floor(0.41 * periods ** (2 / 3)), 2)
    middles = (np.arange(periods) + 0.5) / periods
    return math.sqrt(2) * np.cos(np.pi * np.outer(np.arange(1, count + 1), middles))


def switchback_p_value(
    totals: NDArray[np.float64],
    sizes: NDArray[np.float64],
    arms: NDArray[np.int64],
    *,
    carry_over: int,
    seed: int,
    draws: int = 9_999,
) -> float:
    """Returns the part of re-drawn orders of the arms whose difference is as far from zero.

    Each draw puts the periods' arms in another order, as many of each, and leaves out carry-over
    anew. The actual order is one of the draws. It tests that no unit is affected at any time.

    Args:
        totals: Sum of the metric in each period, in order of time.
        sizes: Units in each period.
        arms: 1 where the period is treated, 0 where it is control.
        carry_over: Periods after a switch that are left out.
        seed: Makes the draws the same each time.
        draws: How many orders are drawn.
    """
    random = np.random.default_rng(seed)
    drawn = random.permuted(np.tile(arms, (draws, 1)), axis=1)
    orders = np.concatenate([arms[None], drawn])
    kept = kept_periods(orders, carry_over)
    sums = []
    for value in (1, 0):
        mine = (kept & (orders == value)).astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            sums.append((mine @ totals) / (mine @ sizes))
    apart = np.abs(sums[0] - sums[1])
    can_be_told = np.isfinite(apart)
    tolerance = 1e-9 * float(apart[can_be_told].max())
    return float((apart[can_be_told] >= apart[0] - tolerance).mean())
