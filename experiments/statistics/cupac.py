"""CUPAC: many columns from before assignment become one covariate, a forecast of the metric."""

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.features import Features
from experiments.statistics.forests import cross_fitted, folds_of


def forecast_covariate(
    features: Features,
    values: NDArray[np.float64],
    arms: NDArray[np.int64],
    ids: NDArray[np.int64],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Returns a forecast of each unit's value in which it had no part, nor had its cluster.

    Boosted trees learn from the other folds of all arms, each value less its arm's mean there, so
    that the effect is not foretold. Adjusting by such a forecast keeps the difference of means
    unbiased in large samples, however poor the forecast.

    Args:
        features: What was known of the units before assignment; categories are allowed.
        values: The metric; NaN where it is missing, which is foretold but not learnt from.
        arms: The arm of each unit as a number.
        ids: The cluster of each unit, or a number of its own: folds are drawn by it.
        seed: Makes the forecast the same each time.

    References:
        Li, Tang & Bauman (2020), Control Using Predictions as Covariates (CUPAC). Guo et al.
        (2021), Machine Learning for Variance Reduction in Online Experiments, algorithm 1.
    """
    folds = folds_of(ids, seed=seed)
    return cross_fitted(features, values, ~np.isnan(values), folds, seed=seed, less_mean_of=arms)
