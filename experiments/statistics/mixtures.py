"""Boundaries that hold at every look: likelihood ratios averaged over effects of a prior size.

Under the true value such an average is a martingale that starts at 1, so that the probability that
it ever reaches 1/alpha is at most alpha (Ville's inequality).
"""

import math
from typing import cast

import numpy as np
from scipy import optimize, special

_NEARLY_NOTHING = 1e-12


def tightest_scale(alpha: float) -> float:
    """Returns the prior's information that makes a normal boundary narrowest, 7.94 at 5%.

    References:
        Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Time-uniform central limit theory and
        asymptotic confidence sequences, appendix B.2 (to first order).
    """
    return -2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)


def normal_quantile(progress: float, alpha: float) -> float:
    """Returns how many standard errors wide a sequence is to each side.

    Args:
        progress: Units so far as a part of those at which the sequence is to be narrowest.
        alpha: Probability that it ever misses the truth.

    References:
        Waudby-Smith et al. (2024), theorem 2.2, with t rho^2 = `progress` times the scale.
    """
    scale = progress * tightest_scale(alpha)
    return math.sqrt((1 + 1 / scale) * (math.log1p(scale) - 2 * math.log(alpha)))


def normal_p_value(z: float, progress: float, alpha: float) -> float:
    """Returns the always-valid p-value, below alpha exactly where the sequence excludes zero."""
    scale = progress * tightest_scale(alpha)
    evidence = z**2 / 2 * scale / (1 + scale) - math.log1p(scale) / 2
    return math.exp(min(0.0, -evidence))


def as_student(quantile: float, freedom: float) -> float:
    """Returns Student's quantile that has the tail of a normal one."""
    return float(-special.stdtrit(freedom, special.ndtr(-quantile)))


def as_normal(t: float, freedom: float) -> float:
    """Returns the absolute normal value that has the tail of Student's `t`."""
    return float(-special.ndtri(special.stdtr(freedom, -abs(t))))


def log_binomial_evidence(theta: float, hits: int, misses: int, prior: float) -> float:
    """Returns the log martingale against a probability, whatever number of trials was planned.

    The average is over a beta prior around `theta` that weighs as much as `prior` trials; it holds
    exactly, also after few trials.

    References:
        Howard, Ramdas, McAuliffe & Sekhon (2021), Time-uniform, nonparametric, nonasymptotic
        confidence sequences, section 3 and appendix (two-sided beta-binomial mixture).
    """
    a, b = prior * theta, prior * (1 - theta)
    average = special.betaln(a + hits, b + misses) - special.betaln(a, b)
    return float(average - special.xlogy(hits, theta) - special.xlog1py(misses, -theta))


def binomial_sequence(hits: int, misses: int, prior: float, alpha: float) -> tuple[float, float]:
    """Returns the probabilities that the binomial martingale has not excluded."""
    if hits + misses == 0:
        return 0.0, 1.0
    bound, found = -math.log(alpha), hits / (hits + misses)

    def beyond(theta: float) -> float:
        return log_binomial_evidence(theta, hits, misses, prior) - bound

    def end(edge: float, inside: float, whole: float) -> float:
        if (hits if whole == 0 else misses) == 0 or beyond(edge) <= 0:
            return whole
        return cast(float, optimize.brentq(beyond, edge, inside, xtol=1e-13))

    inside = float(np.clip(found, 2 * _NEARLY_NOTHING, 1 - 2 * _NEARLY_NOTHING))
    low = end(_NEARLY_NOTHING, inside, 0.0)
    return low, end(1 - _NEARLY_NOTHING, inside, 1.0)
