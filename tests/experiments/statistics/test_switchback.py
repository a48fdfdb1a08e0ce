"""Switchbacks: which periods count, errors over time, and orders drawn anew."""

from itertools import permutations

import numpy as np
import pytest
from arm_samples import sample

from experiments.errors import UnitsError
from experiments.statistics.switchback import (
    cosine_waves,
    difference_between_periods,
    kept_periods,
    switchback_p_value,
)


def _day(seed, *, periods=60, carry_over=1, effect=1.0, alike=0.5):
    """Periods that resemble those before, and an effect half of which comes one period late."""
    random = np.random.default_rng(seed)
    mood = np.zeros(periods)
    for period in range(periods):
        mood[period] = alike * mood[period - 1] + random.normal() if period else random.normal()
    arms = random.permutation(np.arange(periods) % 2)
    late = np.concatenate([arms[:1], arms[:-1]])
    ids = np.repeat(np.arange(periods), random.integers(10, 30, periods))
    acting = (arms + late) / 2 if carry_over else arms
    values = mood[ids] + effect * acting[ids] + random.normal(size=len(ids))
    return arms, ids, values, kept_periods(arms, carry_over)


def _samples(arms, ids, values, kept):
    masks = [(arms[ids] == arm) & kept[ids] for arm in (0, 1)]
    return [sample(values[mask], clusters=ids[mask]) for mask in masks]


def test_periods_right_after_a_switch_are_left_out():
    arms = np.array([0, 0, 1, 1, 1, 0, 1, 1])

    assert kept_periods(arms, 0).all()
    assert list(kept_periods(arms, 1)) == [True, True, False, True, True, False, False, True]
    assert list(kept_periods(arms, 2)) == [True, True, False, False, True, False, False, False]


def test_the_cosines_are_orthogonal_and_as_many_as_recommended():
    waves = cosine_waves(100)

    # Lazarus et al. (2018), section 4: 0.41 * T^(2/3), here 8.8.
    assert waves.shape == (8, 100)
    assert waves @ waves.T == pytest.approx(100 * np.eye(8), abs=1e-9)


def test_the_interval_covers_where_periods_are_alike_and_effects_come_late():
    for carry_over in (0, 1):
        found = [
            difference_between_periods(*_samples(*_day(seed, carry_over=carry_over)))
            for seed in range(300)
        ]
        assert 0.91 <= np.mean([e.ci.low <= 1 <= e.ci.high for e in found]) <= 0.98
        assert np.mean([e.effect for e in found]) == pytest.approx(1, abs=0.1)


def test_with_carry_over_kept_the_effect_would_be_too_small():
    arms, ids, values, _ = _day(1, effect=10.0)
    everything = np.ones(len(arms), bool)

    assert difference_between_periods(*_samples(arms, ids, values, everything)).effect < 9


def test_drawn_orders_agree_with_all_orders():
    arms = np.array([1, 0, 0, 1, 1, 0, 1, 0])
    totals, sizes = np.arange(8.0) * [1, 5, 2, 8, 1, 2, 9, 1], np.full(8, 4.0)

    def apart(order):
        mine = [(np.array(order) == value) & kept_periods(np.array(order), 1) for value in (1, 0)]
        if not all(m.any() for m in mine):
            return None
        return abs(
            totals[mine[0]].sum() / 4 / mine[0].sum() - totals[mine[1]].sum() / 4 / mine[1].sum()
        )

    every = [a for order in set(permutations(arms)) if (a := apart(order)) is not None]
    ours = switchback_p_value(totals, sizes, arms, carry_over=1, seed=1)
    assert ours == pytest.approx(np.mean(np.array(every) >= apart(arms) - 1e-9), abs=0.02)


def test_an_arm_of_one_period_is_refused():
    one = sample([1.0, 2.0, 4.0], clusters=[0, 0, 0])
    two = sample([1.0, 2.0, 4.0], clusters=[1, 2, 2])

    with pytest.raises(UnitsError, match="fewer than two periods"):
        difference_between_periods(one, two)
