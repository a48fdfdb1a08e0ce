"""Balance against statsmodels' Hotelling test and on arms that differ by chance alone."""

import numpy as np
import pytest
from arm_samples import sample
from statsmodels.stats.multivariate import test_mvmean_2indep as hotelling

from experiments.statistics.balance import covariate_balance


def _arm(random, units=80, *, shift=0.0, columns=3, accounts=0, first=0):
    covariates = random.normal(size=(units, columns)) + [shift] * columns
    clusters = ()
    if accounts:
        clusters = np.arange(units) % accounts + first
        covariates = covariates + random.normal(size=(200, columns))[clusters]
    return sample(np.zeros(units), covariates=covariates, clusters=clusters)


def test_the_joint_test_is_hotellings_where_arms_are_equally_large():
    random = np.random.default_rng(1)
    control, arm = _arm(random), _arm(random, shift=0.2)

    ours = covariate_balance(control, arm)

    theirs = hotelling(arm.covariates, control.covariates)
    assert ours.p_value == pytest.approx(theirs.pvalue)
    first = [s.covariates[:, 0] for s in (control, arm)]
    spread = ((first[0].var(ddof=1) + first[1].var(ddof=1)) / 2) ** 0.5
    assert ours.standardised[0] == pytest.approx((first[1].mean() - first[0].mean()) / spread)


@pytest.mark.parametrize("accounts", [0, 20])
def test_alarms_are_as_rare_as_they_say(accounts):
    p_values = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        arms = (_arm(random, accounts=accounts, first=f) for f in (0, 100))
        p_values.append(covariate_balance(*arms).p_value)

    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.09


def test_covariates_that_follow_from_others_or_do_not_vary_change_nothing():
    random = np.random.default_rng(2)
    control, arm = _arm(random), _arm(random)

    def p_value(*extras):
        sides = [
            sample(s.values, covariates=np.column_stack([s.covariates, *(e(s) for e in extras)]))
            for s in (control, arm)
        ]
        return covariate_balance(*sides).p_value

    follows, still = (lambda s: 1e6 * s.covariates.sum(axis=1)), (lambda s: np.full(80, 7.0))
    assert p_value(follows, still) == pytest.approx(p_value())


def test_what_never_varies_is_not_tested():
    still = sample([0.0, 0.0, 0.0], covariates=[[1.0], [1.0], [1.0]])

    found = covariate_balance(still, still)

    assert found.p_value is None
    assert list(found.standardised) == [0.0]
