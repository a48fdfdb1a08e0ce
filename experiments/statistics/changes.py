"""How a figure changed between two periods in which the same clusters may appear."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import special

from experiments.statistics.estimate import CONFIDENCE, Interval, Sample
from experiments.statistics.quantiles import QuantileSide, joined_interval

FEWEST_CLUSTERS = 10
"""Fewer clusters' worth than this in a period, and nothing is said of the change."""

_LARGEST_Z = 7.0
_HALVINGS = 26

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PeriodSums:
    """What each cluster adds to a period's ratio; both periods list the same clusters alike."""

    numerators: Array
    denominators: Array
    fixed: float = 0.0
    """Numerator that no cluster brings, such as a licence by the day."""

    @property
    def ratio(self) -> float:
        """The sum over the sum."""
        return float((self.numerators.sum() + self.fixed) / self.denominators.sum())

    @property
    def parts(self) -> Array:
        """How far each cluster moves the ratio, by the delta method."""
        own = self.numerators - self.ratio * self.denominators
        return own / self.denominators.sum()


@dataclass(frozen=True)
class Change:
    """A figure before and after, and the interval of the difference at any confidence."""

    before: float
    after: float
    ends: Callable[[float], Interval | None]
    """Confidence to interval; None where the data cannot give one."""

    @property
    def effect(self) -> float:
        """After minus before."""
        return self.after - self.before

    @cached_property
    def interval(self) -> Interval | None:
        """The 95% interval, or None."""
        return self.ends(CONFIDENCE)

    @cached_property
    def p_value(self) -> float:
        """Two-sided, of no change: the level at which the interval just touches zero."""
        low, high = 0.0, _LARGEST_Z
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            interval = self.ends(1 - 2 * float(special.ndtr(-middle)))
            includes_zero = interval is None or interval.low <= 0 <= interval.high
            low, high = (low, middle) if includes_zero else (middle, high)
        return 2 * float(special.ndtr(-low))

    def is_within(self, margin: float, *, level: float) -> bool:
        """Returns whether a change of `margin` or more, either way, is excluded at a level.

        References:
            Schuirmann (1987), A Comparison of the Two One-Sided Tests Procedure.
        """
        interval = self.ends(1 - 2 * level)
        return interval is not None and -margin < interval.low and interval.high < margin


def share_change(before: PeriodSums, after: PeriodSums) -> Change:
    """Returns the change of a share: two Wilson intervals, joined as Newcombe joins them.

    Both counts are shrunk by one design effect: how much larger the variance of the difference by
    cluster is than that of independent events, and never less than 1. Clusters in both periods
    are one cluster there.
    """
    shares = [(side.ratio, float(side.denominators.sum())) for side in (before, after)]
    independent = sum(p * (1 - p) / n for p, n in shares if 0 < p < 1)
    effect = max(_variance(before, after) / independent, 1.0) if independent else 1.0
    freedom = clusters_worth(before, after) - 1
    return _of_sides(
        [lambda q, p=p, n=n: _wilson(p, n / effect, q) for p, n in shares], shares, freedom
    )


def ratio_change(before: PeriodSums, after: PeriodSums) -> Change:
    """Returns the change of a sum over a sum, by the delta method over clusters.

    Clusters in both periods are one cluster there; degrees of freedom are Satterthwaite's.
    """
    variance = _variance(before, after)
    error = math.sqrt(variance)
    parts = after.parts - before.parts
    fourth = float((parts**4).sum())
    own = float((parts**2).sum()) ** 2 / fourth if fourth else math.inf
    freedom = max(min(own, clusters_worth(before, after) - 1), 1.0)
    effect = after.ratio - before.ratio

    def ends(confidence: float) -> Interval | None:
        reach = _quantile(confidence, freedom) * error
        return Interval(effect - reach, effect + reach) if error else None

    return Change(before.ratio, after.ratio, ends)


def count_change(before: Array, after: Array) -> Change:
    """Returns the change of a count of events in periods of one length.

    Two score intervals of a Poisson count, joined as Newcombe joins them, both shrunk by how
    unevenly clusters bring the events.
    """
    counts = [(float(side.sum()), 1.0) for side in (before, after)]
    all_events = before + after
    total = float(all_events.sum())
    effect = max(float(((after - before) ** 2).sum()) / total, 1.0) if total else 1.0
    worth = total**2 / float((all_events**2).sum()) if total else 1.0
    return _of_sides(
        [lambda q, x=x: _poisson(x, effect, q) for x, _ in counts], counts, max(worth - 1, 1.0)
    )


def quantile_change(before: Sample, after: Sample, level: float) -> Change:
    """Returns the change of a quantile, such as the median, by Woodruff's intervals."""
    sides = [QuantileSide(sample, level) for sample in (before, after)]
    middle = [side.at(level) for side in sides]

    def ends(confidence: float) -> Interval | None:
        first, second = (side.ends(confidence) for side in sides)
        if first is None or second is None:
            return None
        return joined_interval(middle[0], middle[1], first, second)

    return Change(middle[0], middle[1], ends)


def clusters_worth(before: PeriodSums, after: PeriodSums) -> float:
    """Returns how many clusters of one size weigh as much as those of the poorer period (Kish)."""
    worth = [
        float(side.denominators.sum()) ** 2 / float((side.denominators**2).sum())
        for side in (before, after)
    ]
    return min(worth)


def _variance(before: PeriodSums, after: PeriodSums) -> float:
    """Of the difference, by cluster; not centred, since who acts at all is chance too."""
    parts = after.parts - before.parts
    return float((parts**2).sum()) * len(parts) / max(len(parts) - 1, 1)


def _of_sides(
    sides: list[Callable[[float], Interval]], figures: list[tuple[float, float]], freedom: float
) -> Change:
    (before, _), (after, _) = figures

    def ends(confidence: float) -> Interval:
        quantile = _quantile(confidence, max(freedom, 1.0))
        return joined_interval(before, after, *(side(quantile) for side in sides))

    return Change(before, after, ends)


def _wilson(share: float, count: float, quantile: float) -> Interval:
    middle = share + quantile**2 / (2 * count)
    reach = quantile * math.sqrt(share * (1 - share) / count + (quantile / (2 * count)) ** 2)
    whole = 1 + quantile**2 / count
    return Interval(max((middle - reach) / whole, 0.0), min((middle + reach) / whole, 1.0))


def _poisson(count: float, effect: float, quantile: float) -> Interval:
    own = count / effect
    middle, reach = own + quantile**2 / 2, quantile * math.sqrt(own + quantile**2 / 4)
    return Interval(max(middle - reach, 0.0) * effect, (middle + reach) * effect)


def _quantile(confidence: float, freedom: float) -> float:
    return float(special.stdtrit(freedom, (1 + confidence) / 2))
