"""What each option would bring, foretold by a model that has never seen the thread's cluster."""

from typing import Any

import numpy as np

from experiments.statistics.features import Features
from experiments.statistics.forests import FOLDS, folds_of
from experiments.statistics.logged_turns import Floats, LoggedTurns
from experiments.statistics.places import places_of

_MOST_ACTIONS = 200
"""Rarer actions are one together."""
_RARE = 30
"""Turns of which a category needs more, to have an effect of its own."""
_SHRINKING = 20.0
"""Ridge penalty: an effect is believed as far as so many turns would have it."""


def foretold(turns: LoggedTurns, to_go: Floats, *, seed: int) -> Floats:
    """Returns for each option what the thread would still bring, between 0 and 1.

    Ridge regression on the turn's features, its place in the thread and the action, cross-fitted by
    clusters. It learns what came of each choice under the logged policy. A poor forecast costs
    precision and never validity, since the chances of the options are known; one that bends to the
    few turns that were explored makes intervals too short, which is why it is linear.

    Args:
        turns: As they were logged.
        to_go: What each turn and those after it in its thread brought.
        seed: Makes the folds the same each time.
    """
    folds = folds_of(turns.clusters, seed=seed)
    options = _columns(turns)
    are_categories = np.array([True, *turns.features.are_categories, True])
    forecast = np.zeros(len(turns.option_turns))
    for fold in range(FOLDS):
        known = np.flatnonzero(folds != fold)
        asked = np.flatnonzero(folds[turns.option_turns] == fold)
        if not len(known) or not len(asked):
            continue
        seen = options[turns.chosen[known]]
        # A column of which nothing is known here tells nothing.
        has_values = ~np.isnan(seen).all(axis=0)
        model = _ridge(are_categories[has_values])
        model.fit(seen[:, has_values], to_go[known])
        forecast[asked] = model.predict(options[asked][:, has_values])
    return forecast.clip(0.0, 1.0)


def _ridge(are_categories: np.ndarray) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    named = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=_RARE)
    counted = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    columns = ColumnTransformer(
        [
            ("named", named, np.flatnonzero(are_categories)),
            ("counted", counted, np.flatnonzero(~are_categories)),
        ]
    )
    return make_pipeline(columns, Ridge(alpha=_SHRINKING))


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
