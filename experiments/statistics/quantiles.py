"""Difference of quantiles, such as medians, without any guess of the density there."""

import math

import numpy as np
from scipy import special

from experiments.statistics.estimate import CONFIDENCE, Estimate, Interval, Sample
from experiments.statistics.influence import count_of
from experiments.statistics.places import places_of

_LARGEST_Z = 8.0
_HALVINGS = 40


def difference_of_quantiles(control: Sample, arm: Sample, level: float) -> Estimate:
    """Returns the difference of the arms' quantiles; `mean_arm` and `mean_control` hold them.

    Each arm's interval is read off its own distribution: the share of values below the quantile has
    a known error, by cluster where there are clusters, and its ends are quantiles again. The two
    intervals make that of the difference as Newcombe's do for shares. There is none where too few
    values lie beyond the quantile. Covariates are not used.

    References:
        Woodruff (1952), Confidence Intervals for Medians and Other Position Measures. Deng,
        Knoblich & Lu (2018), Applying the Delta Method in Metric Analytics, section 4.2. Zou &
        Donner (2008), Construction of Confidence Limits About Effect Measures, equation 2.
    """
    sides = [QuantileSide(sample, level) for sample in (control, arm)]
    at_control, at_arm = (side.at(level) for side in sides)
    ends = _ends(sides, CONFIDENCE)
    if ends is None:
        reason = f"no interval, since too few values lie beyond the quantile {level:g}"
        return Estimate(at_arm, at_control, reason)
    how = "by cluster" if len(control.cluster_ids) else "of independent units"
    return Estimate(
        mean_arm=at_arm,
        mean_control=at_control,
        method=f"difference of quantiles {level:g}, Woodruff intervals {how}",
        ci=joined_interval(at_control, at_arm, *ends),
        p_value=_p_value(sides, at_control, at_arm),
        relative_ci=_relative(at_control, at_arm, *ends),
    )


class QuantileSide:
    """One arm's values in order, and the error of the share that lies below the quantile."""

    def __init__(self, sample: Sample, level: float) -> None:
        self.level = level
        self.ordered = np.sort(sample.values)
        self.freedom = count_of(sample) - 1
        self.is_clustered = bool(len(sample.cluster_ids))
        independent = level * (1 - level) / len(sample.values)
        self.error = math.sqrt(independent * _design_effect(sample, self.at(level)))

    def at(self, level: float) -> float:
        """Returns the value at rank n * level, or between two values (Hazen's definition)."""
        place = min(max(level * len(self.ordered) - 0.5, 0.0), len(self.ordered) - 1.0)
        below, part = divmod(place, 1.0)
        values = self.ordered[int(below) : int(below) + 2]
        return float(values[0] + part * (values[-1] - values[0]))

    def ends(self, confidence: float) -> Interval | None:
        """Returns the quantile's interval, or None where it would reach beyond the values."""
        upper = (1 + confidence) / 2
        quantile = (
            special.stdtrit(self.freedom, upper) if self.is_clustered else special.ndtri(upper)
        )
        z = float(quantile)
        low, high = self.level - z * self.error, self.level + z * self.error
        edge = 0.5 / len(self.ordered)
        if low < edge or high > 1 - edge:
            return None
        return Interval(self.at(low), self.at(high))


def _design_effect(sample: Sample, quantile: float) -> float:
    """How much larger than of independent units the variance of the share below is; at least 1."""
    below = sample.values <= quantile
    share = float(below.mean())
    if not len(sample.cluster_ids) or share in (0.0, 1.0):
        return 1.0
    ids, clusters = places_of(sample.cluster_ids)
    sums = np.bincount(ids, below - share)
    clustered = clusters / (clusters - 1) * float(sums @ sums)
    return max(clustered / (len(below) * share * (1 - share)), 1.0)


def _ends(sides: list[QuantileSide], confidence: float) -> tuple[Interval, Interval] | None:
    control, arm = (side.ends(confidence) for side in sides)
    return None if control is None or arm is None else (control, arm)


def joined_interval(at_control: float, at_arm: float, control: Interval, arm: Interval) -> Interval:
    """Returns the interval of a difference from those of its two sides (Zou & Donner, 2008)."""
    effect = at_arm - at_control
    down = math.hypot(at_arm - arm.low, control.high - at_control)
    up = math.hypot(arm.high - at_arm, at_control - control.low)
    return Interval(effect - down, effect + up)


def _relative(
    at_control: float, at_arm: float, control: Interval, arm: Interval
) -> Interval | None:
    if min(control.low, arm.low) <= 0:
        return None
    of_control, of_arm = (Interval(math.log(i.low), math.log(i.high)) for i in (control, arm))
    low, high = joined_interval(math.log(at_control), math.log(at_arm), of_control, of_arm)
    return Interval(math.expm1(low), math.expm1(high))


def _p_value(sides: list[QuantileSide], at_control: float, at_arm: float) -> float:
    """The level at which the interval just touches zero, by halving."""
    if at_control == at_arm:
        return 1.0
    low, high = 0.0, _LARGEST_Z
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        ends = _ends(sides, 1 - 2 * float(special.ndtr(-middle)))
        interval = None if ends is None else joined_interval(at_control, at_arm, *ends)
        includes_zero = interval is None or interval.low <= 0 <= interval.high
        low, high = (low, middle) if includes_zero else (middle, high)
    return float(2 * special.ndtr(-high))
