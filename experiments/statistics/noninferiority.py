"""Whether a rise is smaller than a margin, and whether the trial could have shown it."""

from dataclasses import dataclass

from scipy import stats

from experiments.statistics.estimate import CONFIDENCE, Estimate
from experiments.statistics.shares import share_p_value_below


@dataclass(frozen=True, slots=True)
class MarginTest:
    """A guardrail against its margin."""

    p_value: float
    """One-sided: how likely so low a rise is, were the true one as large as the margin."""
    power: float
    """Chance that a trial with such errors shows the guardrail to hold where nothing changes."""


def margin_test(
    estimate: Estimate, margin: float, *, n_arm: int, n_control: int
) -> MarginTest | None:
    """Returns the test at half of 5% that belongs to the two-sided interval; None without one.

    References:
        Piaggio et al. (2012), Reporting of Noninferiority and Equivalence Randomized Trials, an
        extension of CONSORT. Julious (2004), Sample Sizes for Clinical Trials, equation 29.
    """
    if estimate.ci is None:
        return None
    upper = (1 + CONFIDENCE) / 2
    if estimate.standard_error is not None and estimate.freedom is not None:
        error, freedom = estimate.standard_error, estimate.freedom
        p_value = float(stats.t.cdf((estimate.effect - margin) / error, freedom))
        return MarginTest(p_value, _power(margin / error, float(stats.t.ppf(upper, freedom))))
    counts = [
        (round(mean * count), count)
        for mean, count in ((estimate.mean_arm, n_arm), (estimate.mean_control, n_control))
    ]
    z = float(stats.norm.ppf(upper))
    error = (estimate.ci.high - estimate.effect) / z
    return MarginTest(share_p_value_below(margin, counts[0], counts[1]), _power(margin / error, z))


def _power(margin_in_errors: float, quantile: float) -> float:
    return float(stats.norm.cdf(margin_in_errors - quantile))
