"""What each option would bring, foretold by trees that have never seen the thread's cluster."""

from typing import Any

import numpy as np

from experiments.statistics.features import Features
from experiments.statistics.forests import FOLDS, folds_of
from experiments.statistics.logged_turns import Floats, LoggedTurns
from experiments.statistics.places import places_of

_MOST_ACTIONS = 200
"""Of the library's 255 bins; rarer actions are one together."""
_LARGEST_TRAINING = 100_000
_SETTINGS: dict[str, Any] = {
    "learning_rate": 0.1,
    "max_iter": 40,
    "max_leaf_nodes": 6,
    "min_samples_leaf": 30,
    "l2_regularization": 5.0,
    "early_stopping": False,
}


def foretold(turns: LoggedTurns, to_go: Floats, *, seed: int) -> Floats:
    """Returns for each option what the thread would still bring, between 0 and 1.

    Boosted trees on the turn's features, its place in the thread and the action, cross-fitted by
    clusters. They learn what came of each choice under the logged policy. A poor forecast costs
    precision and never validity, since the chances of the options are known.

    Args:
        turns: As they were logged.
        to_go: What each turn and those after it in its thread brought.
        seed: Makes folds and trees the same each time.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(seed)
    folds = folds_of(turns.clusters, seed=seed)
    options = _columns(turns)
    is_category = np.array([False, *turns.features.are_categories, True])
    forecast = np.zeros(len(turns.option_turns))
    for fold in range(FOLDS):
        known = np.flatnonzero(folds != fold)
        asked = np.flatnonzero(folds[turns.option_turns] == fold)
        if not len(known) or not len(asked):
            continue
        if len(known) > _LARGEST_TRAINING:
            known = random.choice(known, _LARGEST_TRAINING, replace=False)
        if to_go[known].min() == to_go[known].max():
            forecast[asked] = to_go[known[0]]
            continue
        seen = options[turns.chosen[known]]
        # A column of which nothing is known here cannot be split on, and is refused.
        has_values = ~np.isnan(seen).all(axis=0)
        categories: Any = is_category[has_values]
        trees = HistGradientBoostingRegressor(
            **_SETTINGS, categorical_features=categories, random_state=seed
        )
        # One thread: several fight over a busy machine, and add numbers in varying order.
        with threadpool_limits(1, user_api="openmp"):
            trees.fit(seen[:, has_values], to_go[known])
            forecast[asked] = trees.predict(options[asked][:, has_values])
    return forecast.clip(0.0, 1.0)


def _columns(turns: LoggedTurns) -> Floats:
    """One row an option: place in the thread, what was known of the turn, and the action."""
    features: Features = turns.features
    of = turns.option_turns
    return np.column_stack(
        [turns.positions[of], features.values[of], _commonest_first(turns)]
    ).astype(np.float64)


def _commonest_first(turns: LoggedTurns) -> Floats:
    places, count = places_of(turns.option_actions)
    often = np.bincount(places, minlength=count)
    rank = np.empty(count)
    rank[np.argsort(-often, kind="stable")] = np.arange(count)
    return np.minimum(rank, _MOST_ACTIONS)[places]
