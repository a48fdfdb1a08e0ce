"""Forecasts of each unit by boosted trees that have never seen it, nor its cluster."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.features import Features
from experiments.statistics.places import places_of

FOLDS = 5
LARGEST_TRAINING = 100_000
"""Units that a fold's trees learn from at most: beyond it time grows and forecasts hardly do."""

_SETTINGS: dict[str, Any] = {
    "learning_rate": 0.05,
    "max_iter": 100,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 20,
    "l2_regularization": 1.0,
    "early_stopping": False,
}
"""Shallow and slow: forecasts from few units that are little worse than none at all."""


def cross_fitted(
    features: Features,
    values: NDArray[np.float64],
    learns_from: NDArray[np.bool_],
    folds: NDArray[np.int64],
    *,
    seed: int,
    less_mean_of: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Returns a forecast for every unit, by trees that learnt from the other folds only.

    Args:
        features: What was known of the units before assignment.
        values: What is to be foretold; read only where `learns_from` says so.
        learns_from: Which units may be learnt from.
        folds: The fold of each unit, from `folds_of`.
        seed: Makes the forecasts the same each time.
        less_mean_of: Groups, such as arms, whose mean is taken out of what is learnt.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(seed)
    forecast = np.zeros(len(values))
    for is_held_out in _each(folds):
        known = np.flatnonzero(learns_from & ~is_held_out)
        if len(known) > LARGEST_TRAINING:
            known = random.choice(known, LARGEST_TRAINING, replace=False)
        categories: Any = features.are_categories
        trees = HistGradientBoostingRegressor(
            **_SETTINGS, categorical_features=categories, random_state=seed
        )
        if len(known) and is_held_out.any():
            targets = values[known]
            if less_mean_of is not None:
                targets = targets - _means(targets, less_mean_of[known])
            # One thread: several fight over a busy machine, and add numbers in varying order.
            with threadpool_limits(1, user_api="openmp"):
                trees.fit(features.values[known], targets)
                forecast[is_held_out] = trees.predict(features.values[is_held_out])
    return forecast


def folds_of(ids: NDArray[np.int64], *, seed: int) -> NDArray[np.int64]:
    """Returns a fold for each unit by lot; those of one id, such as a cluster, share theirs."""
    places, count = places_of(ids)
    drawn = np.random.default_rng(seed).permutation(count) % FOLDS
    return drawn[places].astype(np.int64)


def _means(values: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    _, places = np.unique(groups, return_inverse=True)
    return (np.bincount(places, values) / np.bincount(places))[places]


def _each(folds: NDArray[np.int64]) -> Iterator[NDArray[np.bool_]]:
    return (folds == fold for fold in range(FOLDS))
