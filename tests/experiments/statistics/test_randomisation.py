"""Randomisation inference against scipy and against brute force."""

from itertools import combinations

import numpy as np
import pytest
from arm_samples import clustered, sample
from scipy import stats

from experiments.statistics.randomisation import randomisation_inference


def test_every_assignment_is_counted_where_there_are_few():
    control, arm = sample([1.0, 2.0, 4.0]), sample([3.0, 6.0, 7.0, 9.0])

    ours = randomisation_inference(control, arm, seed=1)

    theirs = stats.permutation_test(
        (arm.values, control.values),
        lambda a, c: abs(a.mean() - c.mean()),
        n_resamples=np.inf,
        alternative="greater",
    )
    assert ours.effect == pytest.approx(theirs.statistic)
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert "35 assignments, all there are" in ours.method


def test_the_interval_holds_what_a_grid_of_tests_does_not_reject():
    random = np.random.default_rng(3)
    control, arm = clustered(random, 5), clustered(random, 5, mean=1, first=10)

    ours = randomisation_inference(control, arm, seed=1)

    sides = [
        (s.values[s.cluster_ids == c], is_arm)
        for is_arm, s in ((1, arm), (0, control))
        for c in np.unique(s.cluster_ids)
    ]

    def p_value(effect):
        moved = [values - effect * is_arm for values, is_arm in sides]

        def apart(chosen):
            mine, theirs = (
                np.concatenate([m for i, m in enumerate(moved) if (i in chosen) == is_in])
                for is_in in (True, False)
            )
            return abs(mine.mean() - theirs.mean())

        drawn = [apart(set(chosen)) for chosen in combinations(range(10), 5)]
        return np.mean(np.array(drawn) >= apart(set(range(5))) - 1e-12)

    just = 0.01
    assert ours.p_value == pytest.approx(p_value(0))
    assert p_value(ours.ci.low + just) > 0.05 >= p_value(ours.ci.low - just)
    assert p_value(ours.ci.high - just) > 0.05 >= p_value(ours.ci.high + just)


def test_a_seed_gives_the_same_answer_twice():
    random = np.random.default_rng(4)
    control, arm = clustered(random, 20), clustered(random, 20, first=100)

    one, two = (randomisation_inference(control, arm, seed=7) for _ in range(2))

    assert one == two
    assert one != randomisation_inference(control, arm, seed=8)
    assert "10,000 assignments drawn of 40 clusters" in one.method


def test_few_clusters_are_covered_and_false_alarms_stay_at_five_percent():
    found = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        control, arm = clustered(random, 5), clustered(random, 5, mean=0.5, first=10)
        found.append(randomisation_inference(control, arm, seed=1))

    assert np.mean([e.ci.low <= 0.5 <= e.ci.high for e in found]) >= 0.90


def test_so_few_clusters_that_no_draw_can_be_rare_give_no_interval():
    assert randomisation_inference(sample([1.0, 2.0]), sample([8.0, 9.0]), seed=1).ci is None
