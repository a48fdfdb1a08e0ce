"""Guardrails against statsmodels' one-sided tests."""

import numpy as np
import pytest
from arm_samples import sample
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from experiments.statistics.means import difference_of_means
from experiments.statistics.noninferiority import margin_test
from experiments.statistics.shares import difference_of_shares


def test_the_p_value_is_the_one_sided_t_test_against_the_margin():
    random = np.random.default_rng(1)
    control, arm = random.normal(0, 1, 300), random.normal(0.05, 2, 200)

    ours = margin_test(
        difference_of_means(sample(control), sample(arm)), 0.4, n_arm=200, n_control=300
    )

    theirs = CompareMeans(DescrStatsW(arm), DescrStatsW(control)).ttest_ind(
        alternative="smaller", usevar="unequal", value=0.4
    )
    assert ours.p_value == pytest.approx(theirs[1])


def test_of_rare_events_the_p_value_is_a_half_of_five_percent_where_the_interval_ends():
    control, arm = sample(np.arange(400) < 6), sample(np.arange(500) < 9)
    estimate = difference_of_shares(control, arm)

    def p_value(margin):
        return margin_test(estimate, margin, n_arm=500, n_control=400).p_value

    assert p_value(estimate.ci.high) == pytest.approx(0.025, abs=1e-6)
    assert p_value(estimate.ci.low) == pytest.approx(0.975, abs=1e-6)
    assert p_value(0.05) < p_value(0.03) < 0.5 < p_value(-0.01)


def test_the_power_is_how_often_such_a_trial_shows_the_guardrail_to_hold():
    random = np.random.default_rng(2)
    found = []
    for _ in range(300):
        estimate = difference_of_means(*(sample(random.normal(size=100)) for _ in range(2)))
        found.append((estimate.ci.high < 0.4, margin_test(estimate, 0.4, n_arm=100, n_control=100)))

    promised = np.mean([test.power for _, test in found])
    assert np.mean([holds for holds, _ in found]) == pytest.approx(promised, abs=0.07)
    assert promised == pytest.approx(stats.norm.cdf(0.4 / 0.02**0.5 - 1.97), abs=0.01)


def test_a_guardrail_that_never_varies_has_no_test():
    still = difference_of_means(sample([1, 1, 1]), sample([1, 1]))

    assert margin_test(still, 0.1, n_arm=2, n_control=3) is None
