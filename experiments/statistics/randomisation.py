"""Randomisation inference where clusters are few: what if the lot had fallen otherwise?"""

import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.estimate import CONFIDENCE, Estimate, Interval, Sample

FEW_CLUSTERS = 40
"""Fewer in an arm than this, and errors by cluster lean on an approximation that may be poor
(Cameron & Miller 2015, section VI)."""

DRAWS = 9_999


def randomisation_inference(control: Sample, arm: Sample, *, seed: int) -> Estimate:
    """Returns the difference per unit, with p-value and interval from re-drawing clusters' arms.

    As many clusters as were treated are treated in each draw: in every possible way where there are
    at most 9,999, else in 9,999 random ones. The p-value is the part of draws, the actual one among
    them, whose difference is at least as far from zero. The interval holds every constant effect
    that is not rejected so, found exactly. Covariates are taken out before, over both arms.
    Without clusters each unit is one of its own.

    References:
        Fisher (1935), The Design of Experiments. Rosenbaum (2002), Covariance Adjustment in
        Randomized Experiments. Phipson & Smyth (2010) on counting the actual draw.
    """
    totals, sizes, treated = _by_cluster(control, arm)
    draws, how = _assignments(len(totals), treated, np.random.default_rng(seed))
    actual = np.zeros(len(totals))
    actual[:treated] = 1.0
    effect = _difference(actual[None], totals, sizes)[0]
    drawn = _difference(draws, totals, sizes)
    # Under a constant effect b, a draw's difference is `drawn - b * follows`.
    follows = _difference(draws, actual * sizes, sizes)
    tolerance = 1e-9 * max(abs(effect), float(np.abs(drawn).max()), 1e-300)
    p_value = float((np.abs(drawn) >= abs(effect) - tolerance).mean())
    control_mean = float(control.values.mean())
    return Estimate(
        mean_arm=control_mean + effect,
        mean_control=control_mean,
        method=f"randomisation inference over {len(draws):,} {how} of {len(totals)} clusters",
        ci=_interval(float(effect), drawn, follows),
        p_value=p_value,
    )


def _by_cluster(
    control: Sample, arm: Sample
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Sums and sizes of the clusters, the treated ones first, and how many those are."""
    values = np.concatenate([arm.values, control.values])
    covariates = np.concatenate([arm.covariates, control.covariates])
    covariates = covariates - covariates.mean(axis=0)
    centred = values - values.mean()
    values = values - covariates @ np.linalg.lstsq(covariates, centred, rcond=None)[0]
    if not len(arm.cluster_ids):
        return values, np.ones_like(values), len(arm.values)
    _, of_arm = np.unique(arm.cluster_ids, return_inverse=True)
    _, of_control = np.unique(control.cluster_ids, return_inverse=True)
    treated = int(of_arm.max()) + 1
    ids = np.concatenate([of_arm, of_control + treated])
    totals, sizes = np.bincount(ids, values), np.bincount(ids)
    return totals.astype(np.float64), sizes.astype(np.float64), treated


def _assignments(
    clusters: int, treated: int, random: np.random.Generator
) -> tuple[NDArray[np.float64], str]:
    """The draws as rows of zeros and ones, the actual one the first."""
    if math.comb(clusters, treated) <= DRAWS:
        chosen = np.array(list(combinations(range(clusters), treated)))
        how = "assignments, all there are,"
    else:
        actual = np.arange(treated)[None]
        drawn = random.random((DRAWS, clusters)).argpartition(treated, axis=1)[:, :treated]
        chosen = np.concatenate([actual, drawn])
        how = "assignments drawn"
    draws = np.zeros((len(chosen), clusters))
    np.put_along_axis(draws, chosen, 1.0, axis=1)
    return draws, how


def _difference(
    draws: NDArray[np.float64], totals: NDArray[np.float64], sizes: NDArray[np.float64]
) -> NDArray[np.float64]:
    treated, units = draws @ totals, draws @ sizes
    return treated / units - (totals.sum() - treated) / (sizes.sum() - units)


def _interval(
    effect: float, drawn: NDArray[np.float64], follows: NDArray[np.float64]
) -> Interval | None:
    """All effects b at which more than 5% of draws are as far out as the actual one.

    For each draw those b lie between two crossings, since |effect - b| grows faster than
    |drawn - b * follows| as |follows| < 1; so the ends are order statistics of the crossings.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        one = (effect - drawn) / (1 - follows)
        other = (effect + drawn) / (1 + follows)
    never = np.isclose(np.abs(follows), 1.0)
    lows = np.sort(np.where(never, -np.inf, np.minimum(one, other)))
    highs = np.sort(np.where(never, np.inf, np.maximum(one, other)))[::-1]
    place = math.floor((1 - CONFIDENCE) * len(drawn) + 1e-9)
    low, high = float(lows[place]), float(highs[place])
    return Interval(low, high) if math.isfinite(low) and math.isfinite(high) else None
