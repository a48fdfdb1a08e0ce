"""Difference of shares where events are few: intervals that stay honest at zero."""

from scipy import stats
from scipy.optimize import brentq
from statsmodels.stats.proportion import confint_proportions_2indep

from experiments.statistics.estimate import CONFIDENCE, FEW_EVENTS, Estimate, Interval, Sample

_LARGEST_Z = 37.0


def has_few_events(*samples: Sample) -> bool:
    """Whether an arm has too few events, or too few non-events, for the textbook's interval."""
    counts = [(sample.values.sum(), len(sample.values)) for sample in samples]
    return any(min(events, total - events) < FEW_EVENTS for events, total in counts)


def difference_of_shares(control: Sample, arm: Sample) -> Estimate:
    """Returns the difference with Newcombe's interval, built from two Wilson intervals.

    It never has zero width, also where an arm has no event at all. The p-value inverts it: the
    level at which the interval just touches zero. The relative interval is the log interval of
    the ratio with half an event added (Walter); covariates are not used.

    References:
        Newcombe (1998), Interval Estimation for the Difference between Independent Proportions:
        Comparison of Eleven Methods, method 10.
    """
    counts = (*_counts(arm), *_counts(control))
    low, high = confint_proportions_2indep(*counts, method="newcomb", alpha=1 - CONFIDENCE)
    return Estimate(
        mean_arm=counts[0] / counts[1],
        mean_control=counts[2] / counts[3],
        method="difference of shares, Newcombe interval since events are few",
        ci=Interval(float(low), float(high)),
        p_value=_p_value(counts),
        relative_ci=_relative_ci(counts),
    )


def _counts(sample: Sample) -> tuple[int, int]:
    return int(sample.values.sum()), len(sample.values)


def _relative_ci(counts: tuple[int, int, int, int]) -> Interval | None:
    if counts[2] == 0:
        return None
    low, high = confint_proportions_2indep(
        *counts, compare="ratio", method="log-adjusted", alpha=1 - CONFIDENCE
    )
    return Interval(float(low) - 1, float(high) - 1) if low < high else None


def _p_value(counts: tuple[int, int, int, int]) -> float:
    def nearer_end(z: float) -> float:
        """How far the interval of z standard errors stays away from zero."""
        alpha = 2 * float(stats.norm.sf(z))
        low, high = confint_proportions_2indep(*counts, method="newcomb", alpha=alpha)
        return float(max(low, -high))

    if counts[0] * counts[3] == counts[2] * counts[1]:
        return 1.0
    if nearer_end(_LARGEST_Z) > 0:
        return 0.0
    return float(2 * stats.norm.sf(brentq(nearer_end, 1e-9, _LARGEST_Z)))


def share_p_value_below(margin: float, arm: tuple[int, int], control: tuple[int, int]) -> float:
    """Returns the one-sided p-value of the difference being at least `margin`.

    It inverts Newcombe's interval, so that it is 0.025 where the upper end of the 95% interval
    just touches the margin.

    Args:
        margin: Difference of shares that must be excluded.
        arm: Events and units of the treated arm.
        control: Events and units of the control.
    """
    counts = (*arm, *control)
    effect = arm[0] / arm[1] - control[0] / control[1]
    is_below = effect < margin

    def beyond(z: float) -> float:
        """How far the interval of z standard errors stays short of the margin."""
        alpha = 2 * float(stats.norm.sf(z))
        low, high = confint_proportions_2indep(*counts, method="newcomb", alpha=alpha)
        return float(margin - high) if is_below else float(low - margin)

    if beyond(1e-9) <= 0:
        return 0.5
    z = _LARGEST_Z if beyond(_LARGEST_Z) > 0 else brentq(beyond, 1e-9, _LARGEST_Z)
    return float(stats.norm.sf(z) if is_below else stats.norm.cdf(z))
