"""Interactions against statsmodels' Wald test and on effects that do not differ."""

import numpy as np
import pytest
from arm_samples import sample
from statsmodels.regression.linear_model import OLS

from experiments.statistics.heterogeneity import interaction_p_value


def _levels(seed, effects, *, units=100, accounts=0):
    random = np.random.default_rng(seed)
    # An account has people in every level: levels are not independent of each other.
    shared = random.normal(size=1_000)

    def arm(effect, first):
        ids = random.integers(0, accounts, units) + first if accounts else ()
        values = effect + random.normal(size=units) + (shared[ids] if accounts else 0)
        return sample(values, clusters=ids)

    return [(arm(0, 0), arm(effect, 500)) for effect in effects]


def test_the_joint_test_is_that_of_a_regression_with_interactions():
    levels = _levels(1, (0.2, 0.5, 0.0))

    ours = interaction_p_value(levels)

    values = np.concatenate([s.values for level in levels for s in level])
    level, is_arm = np.repeat(np.arange(3), 200), np.tile(np.repeat([0.0, 1.0], 100), 3)
    dummies = np.eye(3)[level]
    fit = OLS(values, np.column_stack([dummies, dummies * is_arm[:, None]])).fit(cov_type="HC2")
    contrast = np.zeros((2, 6))
    contrast[0, [3, 4]], contrast[1, [3, 5]] = (-1, 1), (-1, 1)
    theirs = fit.wald_test(contrast, use_f=True, scalar=True)
    assert ours == pytest.approx(float(theirs.pvalue), abs=1e-3)


@pytest.mark.parametrize("accounts", [0, 20])
def test_equal_effects_are_rarely_called_different_and_unequal_ones_are_found(accounts):
    equal = [
        interaction_p_value(_levels(seed, (0.3, 0.3, 0.3), accounts=accounts))
        for seed in range(300)
    ]

    assert np.mean(np.array(equal) < 0.05) <= 0.085
    assert interaction_p_value(_levels(1, (0.0, 1.5, 0.0), accounts=accounts)) < 0.001


def test_one_level_has_nothing_to_differ_from():
    assert interaction_p_value(_levels(1, (0.5,))) is None
