"""Quantiles against the exact binomial interval and on simulated truth."""

import numpy as np
import pytest
from arm_samples import clustered, sample
from scipy import stats

from experiments.statistics.quantiles import difference_of_quantiles


@pytest.mark.parametrize(("level", "accounts"), [(0.5, 0), (0.9, 0), (0.5, 30)])
def test_the_interval_covers_the_true_difference(level, accounts):
    def draw(seed):
        random = np.random.default_rng(seed)
        if accounts:
            return clustered(random, accounts), clustered(random, accounts, mean=0.5, first=100)
        return sample(random.lognormal(size=150)), sample(random.lognormal(0.3, size=300))

    truth = np.exp(0.3 + stats.norm.ppf(level)) - np.exp(stats.norm.ppf(level))
    found = [difference_of_quantiles(*draw(seed), level) for seed in range(400)]

    truth = 0.5 if accounts else truth
    assert 0.92 <= np.mean([e.ci.low <= truth <= e.ci.high for e in found]) <= 0.985
    assert np.mean([e.p_value < 0.05 for e in found]) == pytest.approx(
        np.mean([not e.ci.low <= 0 <= e.ci.high for e in found]), abs=0.011
    )


def test_one_arm_without_spread_leaves_the_other_arms_own_interval():
    values = np.sort(np.random.default_rng(1).exponential(size=1_001))

    ours = difference_of_quantiles(sample(np.zeros(9)), sample(values), 0.5)

    low, high = stats.binom.ppf([0.025, 0.975], 1_001, 0.5).astype(int)
    assert ours.effect == pytest.approx(np.median(values))
    assert ours.ci.low == pytest.approx(values[low], abs=0.01)
    assert ours.ci.high == pytest.approx(values[high], abs=0.01)


def test_clusters_widen_the_interval():
    random = np.random.default_rng(2)
    control, arm = clustered(random, 40), clustered(random, 40, first=100)

    def width(*samples):
        ci = difference_of_quantiles(*samples, 0.5).ci
        return ci.high - ci.low

    assert width(control, arm) > 1.5 * width(sample(control.values), sample(arm.values))


def test_too_few_values_beyond_the_quantile_give_no_interval():
    few = sample(np.arange(40.0))

    assert difference_of_quantiles(few, few, 0.99).ci is None
    assert difference_of_quantiles(few, few, 0.5).p_value == 1.0


def test_a_quantile_where_all_values_are_equal_does_not_differ():
    mostly_zero = sample(np.arange(500) // 450)

    found = difference_of_quantiles(mostly_zero, mostly_zero, 0.5)

    assert (found.effect, found.ci.low, found.ci.high) == (0, 0, 0)
