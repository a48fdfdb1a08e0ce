"""The effect on those who were reached, against two-stage least squares written out here."""

import numpy as np
import pytest
from arm_samples import sample
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.sandbox.regression.gmm import IV2SLS

from experiments.statistics.compliers import complier_effect


def _trial(seed, *, units=600, reached=0.5, contaminated=0.0, effect=0.4, accounts=0):
    random = np.random.default_rng(seed)
    sides = []
    for is_arm in (0, 1):
        before = random.normal(size=(units, 1))
        clusters = random.integers(0, accounts, units) + 1000 * is_arm if accounts else ()
        place = random.random(units)
        contacted = (place < (reached if is_arm else contaminated)).astype(float)
        # Those who can be reached do better anyhow: comparing the reached would mislead.
        values = before[:, 0] + (place < reached) + effect * contacted + random.normal(size=units)
        if accounts:
            values = values + random.normal(size=2 * 1000)[clusters]
        sides.append((sample(values, covariates=before, clusters=clusters), contacted))
    (control, of_control), (arm, of_arm) = sides
    return control, arm, of_control, of_arm


def _all(control, arm, of_control, of_arm):
    values = np.concatenate([control.values, arm.values])
    is_arm = np.repeat([0.0, 1.0], [len(control.values), len(arm.values)])
    before = np.concatenate([control.covariates, arm.covariates])
    others = np.column_stack([np.ones(len(values)), before])
    contacted = np.concatenate([of_control, of_arm])
    return values, np.column_stack([contacted, others]), np.column_stack([is_arm, others])


def test_the_effect_is_that_of_two_stage_least_squares_by_statsmodels():
    trial = _trial(1, contaminated=0.1)

    ours = complier_effect(*trial)

    values, regressors, instruments = _all(*trial)
    theirs = IV2SLS(values, regressors, instruments).fit()
    assert ours.effect == pytest.approx(theirs.params[0])


@pytest.mark.parametrize("accounts", [0, 40])
def test_errors_are_the_robust_ones_of_the_moment_conditions(accounts):
    trial = _trial(2, accounts=accounts)

    ours = complier_effect(*trial)

    values, regressors, instruments = _all(*trial)
    first = np.linalg.inv(instruments.T @ regressors)
    coefficients = first @ instruments.T @ values
    scores = instruments * (values - regressors @ coefficients)[:, None]
    if accounts:
        groups = np.concatenate([trial[0].cluster_ids, trial[1].cluster_ids])
        scores = np.array([scores[groups == g].sum(axis=0) for g in np.unique(groups)])
    theirs = (first @ (scores.T @ scores) @ first.T)[0, 0] ** 0.5
    count = 2 * accounts or 1200
    quantile = stats.t.ppf(0.975, count - 1 if accounts else count - 2)
    error = (ours.ci.high - ours.ci.low) / 2 / quantile
    # Ours adds the small-sample factor of each arm.
    assert error == pytest.approx(theirs * (count / 2 / (count / 2 - 1)) ** 0.5)


def test_the_interval_covers_where_contact_is_common_and_where_it_is_rare():
    for reached, contaminated in ((0.6, 0.0), (0.15, 0.09)):
        found = [
            complier_effect(*_trial(seed, reached=reached, contaminated=contaminated))
            for seed in range(300)
        ]
        covered = [e.ci is None or e.ci.low <= 0.4 <= e.ci.high for e in found]
        assert 0.92 <= np.mean(covered) <= 0.98
        assert all(e.is_weak == (contaminated > 0) for e in found if e.effect is not None)


def test_bounds_of_a_weak_first_stage_are_those_that_a_grid_of_tests_keeps():
    trial = _trial(3, units=800, reached=0.3, contaminated=0.2)
    control, arm, of_control, of_arm = trial

    ours = complier_effect(*trial)

    before = np.concatenate([control.covariates, arm.covariates])
    is_arm = np.repeat([0.0, 1.0], 800)
    design = np.column_stack([np.ones(1600), is_arm, before])
    kept = []
    for effect in np.linspace(-6, 6, 1201):
        rest = np.concatenate([control.values - effect * of_control, arm.values - effect * of_arm])
        fit = OLS(rest, design).fit(cov_type="HC0")
        kept += [effect] if abs(fit.tvalues[1]) <= stats.t.ppf(0.975, 1598) else []
    assert ours.is_weak
    assert (ours.ci.low, ours.ci.high) == pytest.approx((min(kept), max(kept)), abs=0.03)


def test_no_number_is_made_where_contact_does_not_follow_the_arm():
    control, arm, *_ = _trial(4)
    half = np.arange(600) % 2.0

    none = complier_effect(control, arm, half, half)
    all_reached = complier_effect(control, arm, np.zeros(600), np.ones(600))

    assert (none.effect, none.ci, none.p_value) == (None, None, None)
    assert all_reached.first_stage_f is None
    assert not all_reached.is_weak
