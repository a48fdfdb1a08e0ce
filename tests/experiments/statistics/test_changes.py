"""Changes between two periods against published methods and simulated truth."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from experiments.statistics.changes import (
    PeriodSums,
    count_change,
    quantile_change,
    ratio_change,
    share_change,
)
from experiments.statistics.estimate import Sample
from experiments.statistics.means import difference_of_means
from experiments.statistics.quantiles import difference_of_quantiles


def apart(first, second):
    """Two periods that share no cluster."""
    empty = np.zeros
    return (
        PeriodSums(np.append(first, empty(len(second))), np.append(first >= 0, empty(len(second)))),
        PeriodSums(np.append(empty(len(first)), second), np.append(empty(len(first)), second >= 0)),
    )


def events(count, total):
    return (np.arange(total) < count) * 1.0


def test_of_independent_persons_a_share_has_newcombes_interval():
    change = share_change(*apart(events(40, 2_000), events(64, 2_000)))
    low, high = confint_proportions_2indep(64, 2_000, 40, 2_000, method="newcomb")
    assert change.interval == pytest.approx((low, high), rel=0.01)
    assert (change.p_value < 0.05) == (low > 0)


def test_persons_who_resemble_each_other_widen_the_interval():
    alone = share_change(*apart(events(100, 500), events(150, 500)))
    before, after = apart(events(100, 500), events(150, 500))
    fives = [
        PeriodSums(side.numerators.reshape(-1, 5).sum(1), side.denominators.reshape(-1, 5).sum(1))
        for side in (before, after)
    ]
    together = share_change(*fives)
    width = together.interval.high - together.interval.low
    assert width == pytest.approx(5**0.5 * (alone.interval.high - alone.interval.low), rel=0.05)


def test_without_any_event_a_share_still_has_an_interval():
    change = share_change(*apart(events(0, 300), events(0, 300)))
    assert change.interval.low < 0 < change.interval.high
    assert change.is_within(0.02, level=0.05)
    assert not change.is_within(0.005, level=0.05)


def test_a_mean_of_independent_units_is_welchs():
    draw = np.random.default_rng(4)
    first, second = draw.gamma(4, 1, 400), draw.gamma(4, 1.1, 500)
    change = ratio_change(*apart(first, second))
    nothing = np.empty(0, dtype=np.int64)
    welch = difference_of_means(
        Sample(first, np.empty((400, 0)), nothing), Sample(second, np.empty((500, 0)), nothing)
    )
    assert change.effect == pytest.approx(welch.effect)
    assert change.interval == pytest.approx(welch.ci, rel=0.01)
    assert change.p_value == pytest.approx(welch.p_value, rel=0.1)


def test_who_is_in_both_periods_is_compared_with_themselves():
    own = np.random.default_rng(5).normal(10, 3, 200)
    whole = np.ones(200)
    change = ratio_change(PeriodSums(own, whole), PeriodSums(own + 0.1, whole))
    assert change.interval.low > 0


def test_a_cost_that_belongs_to_nobody_moves_the_ratio_and_not_its_error():
    top, whole = np.full(50, 1.0), np.append(np.ones(25), np.zeros(25))
    plain = ratio_change(PeriodSums(top, whole), PeriodSums(top[::-1], whole))
    with_licence = ratio_change(PeriodSums(top, whole, 100.0), PeriodSums(top, whole, 150.0))
    assert plain.effect == 0
    assert with_licence.effect == pytest.approx(2.0)


def test_a_count_of_lone_events_has_the_poisson_interval():
    change = count_change(*(events(n, 400) for n in (60, 100)))
    error = stats.norm.ppf(0.975) * (60 + 100) ** 0.5
    assert change.effect == 40
    assert change.interval == pytest.approx((40 - error, 40 + error), abs=3)
    assert change.interval.low > 0


def test_ten_events_of_one_account_count_less_than_ten_of_ten():
    lone = count_change(events(20, 100), np.roll(events(40, 100), 50))
    few = count_change(events(2, 100) * 10, np.roll(events(4, 100), 50) * 10)
    assert few.interval.low < 0 < lone.interval.low


def test_a_median_has_the_interval_of_the_experiments():
    draw = np.random.default_rng(6)
    sides = [
        Sample(draw.lognormal(3, 0.5, 300), np.empty((300, 0)), np.arange(300)) for _ in range(2)
    ]
    change = quantile_change(*sides, 0.5)
    estimate = difference_of_quantiles(*sides, 0.5)
    assert change.interval == pytest.approx(estimate.ci)
    assert change.p_value == pytest.approx(estimate.p_value, rel=1e-3)
