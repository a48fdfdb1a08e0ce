"""Who gains more than others? Forecast uplift, and whether it ranks people better than chance."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.statistics.estimate import CONFIDENCE, Interval
from experiments.statistics.features import Features
from experiments.statistics.forests import cross_fitted, folds_of
from experiments.statistics.places import places_of

_POINTS = 21


@dataclass(frozen=True, slots=True)
class UpliftEstimate:
    """The Qini curve of a forecast that never saw the unit it ranks."""

    shares: NDArray[np.float64]
    """Part of the units that would be treated, those with the highest forecast first."""
    gains: NDArray[np.float64]
    """Gain per unit of all units where that part is treated; the last is the effect."""
    qini: float
    """Area between the curve and the straight line of a ranking by chance."""
    ci: Interval | None
    p_value: float | None


def uplift(
    features: Features,
    values: NDArray[np.float64],
    is_arm: NDArray[np.bool_],
    ids: NDArray[np.int64],
    *,
    share: float,
    seed: int,
) -> UpliftEstimate:
    """Returns the Qini curve of a cross-fitted T-learner, with the interval of its coefficient.

    Boosted trees foretell the metric in each arm, learnt from other folds; their difference ranks
    the units. Each unit's gain is doubly robust: the forecast uplift plus what its own arm's
    forecast missed, over that arm's share. The interval takes the forecasts as given.

    Args:
        features: What was known of the units before assignment.
        values: The metric, without missing values.
        is_arm: Whether a unit is in the treated arm.
        ids: The cluster of each unit, or a number of its own; folds and errors go by it.
        share: Chance of being treated among the two arms.
        seed: Makes folds and trees the same each time.

    References:
        Künzel, Sekhon, Bickel & Yu (2019), Metalearners, for the T-learner. Radcliffe (2007) for
        Qini. Yadlowsky et al. (2021), Evaluating Treatment Prioritization Rules via RATE.
    """
    folds = folds_of(ids, seed=seed)
    of_arm = cross_fitted(features, values, is_arm, folds, seed=seed)
    of_control = cross_fitted(features, values, ~is_arm, folds, seed=seed)
    missed = np.where(is_arm, (values - of_arm) / share, -(values - of_control) / (1 - share))
    return qini_curve(of_arm - of_control, of_arm - of_control + missed, ids)


def qini_curve(
    scores: NDArray[np.float64], gains: NDArray[np.float64], ids: NDArray[np.int64]
) -> UpliftEstimate:
    """Returns the curve of ranking by scores, and its coefficient, mean of gain * (1/2 - rank).

    Args:
        scores: What units are ranked by; equal ones share a rank.
        gains: An unbiased, if noisy, gain of each unit.
        ids: The cluster of each unit, or a number of its own.
    """
    count = len(scores)
    distinct, places = np.unique(-scores, return_inverse=True)
    sizes, sums = np.bincount(places), np.bincount(places, gains)
    before = np.cumsum(sizes) - sizes
    ranks = ((before + sizes / 2) / count)[places]
    terms = gains * (0.5 - ranks)
    qini = float(terms.mean())
    # A unit moves the ranks of those with lower scores, too: their gains weigh in its influence.
    lower = (sums[::-1].cumsum()[::-1] - sums / 2) / count
    influences = (terms - lower[places]) - (terms - lower[places]).mean()
    by_id = np.bincount(places_of(ids)[0], influences)
    clusters = len(by_id)
    error = math.sqrt(clusters / (clusters - 1) * float(by_id @ by_id)) / count
    has_ranking = len(distinct) > 1 and error > 0
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, clusters - 1)) * error
    shares = np.linspace(0, 1, _POINTS)
    reached = np.concatenate([[0.0], np.cumsum(sizes) / count])
    gained = np.concatenate([[0.0], np.cumsum(sums) / count])
    return UpliftEstimate(
        shares=shares,
        gains=np.interp(shares, reached, gained),
        qini=qini,
        ci=Interval(qini - reach, qini + reach) if has_ranking else None,
        p_value=float(2 * stats.t.sf(abs(qini) / error, clusters - 1)) if has_ranking else None,
    )
