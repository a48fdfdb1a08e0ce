"""A share that is known from scores of threads, some above one and some below nothing."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from experiments.statistics.estimate import CONFIDENCE, Interval
from experiments.statistics.places import places_of

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """A share, or a difference of shares, with its 95% interval."""

    value: float
    ci: Interval


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of scores whose expectation is a share, with its error by cluster."""

    mean: float
    error: float
    freedom: float
    count: int

    @classmethod
    def of(cls, scores: Floats, clusters: Places) -> "Mean":
        """Returns the mean of scores; degrees of freedom are the clusters that weigh."""
        places, count = places_of(clusters)
        mean = float(scores.mean())
        sums = np.bincount(places, scores - mean, count)
        square, fourth = float((sums**2).sum()), float((sums**4).sum())
        variance = square * count / max(count - 1, 1) / len(scores) ** 2
        weighing = square**2 / fourth if fourth else 1.0
        freedom = max(min(weighing, count - 1), 1.0)
        return cls(mean, math.sqrt(variance), freedom, len(scores))

    @property
    def share(self) -> float:
        """The mean, brought to where a share can be."""
        return min(max(self.mean, 0.0), 1.0)

    @property
    def trials(self) -> float:
        """How many independent trials would give a share with this error."""
        spread = self.share * (1 - self.share)
        return spread / self.error**2 if spread and self.error else float(self.count)

    @property
    def events(self) -> float:
        """Of those trials, the events or the others, whichever are fewer."""
        return self.trials * min(self.share, 1 - self.share)

    @property
    def quantile(self) -> float:
        """Of Student's t, for the two-sided interval."""
        return float(special.stdtrit(self.freedom, (1 + CONFIDENCE) / 2))

    @property
    def ends(self) -> Interval:
        """Wilson's interval on the effective trials."""
        share, trials, quantile = self.share, self.trials, self.quantile
        middle = share + quantile**2 / (2 * trials)
        spread = share * (1 - share) / trials + (quantile / (2 * trials)) ** 2
        whole = 1 + quantile**2 / trials
        low, high = (middle + way * quantile * math.sqrt(spread) for way in (-1, 1))
        return Interval(max(low / whole, 0.0), min(high / whole, 1.0))

    @property
    def as_value(self) -> PolicyValue:
        """The mean with its interval."""
        return PolicyValue(self.mean, self.ends)

    @property
    def p_value(self) -> float:
        """Two-sided, of a mean of zero."""
        if not self.error:
            return 1.0
        return float(2 * special.stdtr(self.freedom, -abs(self.mean) / self.error))


def difference_of(
    scores: Floats,
    others: Floats,
    clusters: Places,
    among: NDArray[np.bool_],
) -> Interval:
    """Returns the interval of the mean difference of two scores of the same threads.

    Args:
        scores: Of each thread, of which the others are taken away.
        others: Equal to `scores` outside of `among`.
        clusters: Of each thread.
        among: Threads in which the two may differ.

    References:
        Zou & Donner (2008), Construction of Confidence Limits about Effect Measures: A General
        Approach; with the correlation of the two.
    """
    if not among.any():
        return Interval(0.0, 0.0)
    part, share = clusters[among], float(among.mean())
    one, two = Mean.of(scores[among], part), Mean.of(others[among], part)
    spread = Mean.of((scores - others)[among], part).error
    both = one.error * two.error
    alike = (one.error**2 + two.error**2 - spread**2) / (2 * both) if both else 0.0
    alike = min(max(alike, -1.0), 1.0)
    effect = one.mean - two.mean
    # How many threads there are in which they differ is chance too.
    of_share = (effect * max(one.quantile, two.quantile)) ** 2 * (1 - share) / among.sum()

    def reach(own: float, theirs: float) -> float:
        return math.sqrt(max(own**2 + theirs**2 - 2 * alike * own * theirs, 0.0) + of_share)

    low = reach(one.share - one.ends.low, two.ends.high - two.share)
    high = reach(one.ends.high - one.share, two.share - two.ends.low)
    return Interval(share * (effect - low), share * (effect + high))
