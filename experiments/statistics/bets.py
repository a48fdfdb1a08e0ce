"""Bets on an error rate: what shows that it is at most, or more than, a bound, at every look.

A stake is a fixed part of the largest that no single message can turn negative, averaged over a
few parts; so the order of messages does not matter. While the opposite is true its mean never
grows, and the chance that it ever grows to 1/alpha is at most alpha, all looks together (Ville's
inequality).

References:
    Waudby-Smith & Ramdas (2024), Estimating means of bounded random variables by betting, JRSS B.
    Horvitz & Thompson (1952), for messages that were drawn with known probabilities.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_STAKES = np.array([0.3, 0.6, 0.9])
_STAKES_ABOVE = np.array([0.01, 0.03, 0.1, 0.3])
"""Parts of the largest stake that can never be lost whole."""
_CLOSE = 1e-4


def log_evidence(wrong: Array, weight: Array, bound: float) -> float:
    """Returns the log of what a stake against "the rate is above the bound" has grown to.

    Args:
        wrong: 1 where a message was wrong, shape (n,).
        weight: What each counts, in (0, 1], shape (n,); one that was drawn less often counts more.
        bound: Error rate, in (0, 1).
    """
    if len(wrong) == 0:
        return 0.0
    gains = weight * (bound - wrong) / (1 - bound)
    return _averaged(np.log1p(np.outer(_STAKES, gains)).sum(axis=1))


def log_evidence_above(wrong: Array, weight: Array, bound: float) -> float:
    """Returns the log of what a stake against "the rate is at most the bound" has grown to."""
    if len(wrong) == 0:
        return 0.0
    gains = weight * (wrong - bound) / bound
    return _averaged(np.log1p(np.outer(_STAKES_ABOVE, gains)).sum(axis=1))


def _averaged(grown: Array) -> float:
    top = grown.max()
    return float(top + np.log(np.exp(grown - top).mean()))


def at_most(wrong: Array, weight: Array, *, certainty: float) -> float | None:
    """Returns the smallest error rate that is shown, to 0.01 points; None where none below 1 is."""
    enough = -np.log(1 - certainty)
    low, high = 0.0, 0.9999
    if log_evidence(wrong, weight, high) < enough:
        return None
    while high - low > _CLOSE:
        middle = (low + high) / 2
        is_shown = log_evidence(wrong, weight, middle) >= enough
        low, high = (low, middle) if is_shown else (middle, high)
    return high
