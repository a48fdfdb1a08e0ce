"""A cross-fitted forecast as covariate: narrower, honest, and the same each time."""

import numpy as np
import polars as pl
import pytest
from arm_samples import sample

from experiments.statistics.cupac import forecast_covariate
from experiments.statistics.features import features_of
from experiments.statistics.means import difference_of_means


def _trial(seed, units=600):
    random = np.random.default_rng(seed)
    visits, plan = random.normal(size=units), random.choice(["free", "team", "firm"], units)
    arms = random.integers(0, 2, units)
    level = np.select([plan == "free", plan == "team"], [-2.0, 0.0], 3.0)
    values = level + np.abs(visits) * 3 + 0.3 * arms + random.normal(size=units)
    frame = pl.DataFrame({"visits": visits, "plan": plan})
    return frame, values, arms


def _forecast(frame, values, arms, ids=None):
    ids = np.arange(len(values)) if ids is None else ids
    return forecast_covariate(features_of(frame), values, arms, ids, seed=5)


def _estimate(values, arms, forecast=None):
    sides = [
        sample(values[m], covariates=None if forecast is None else forecast[m][:, None])
        for m in (arms == 0, arms == 1)
    ]
    return difference_of_means(*sides)


def test_the_forecast_narrows_the_interval_which_still_covers():
    widths, covered = [], []
    for seed in range(3):
        frame, values, arms = _trial(seed)
        plain, with_it = (
            _estimate(values, arms),
            _estimate(values, arms, _forecast(frame, values, arms)),
        )
        widths.append((with_it.ci.high - with_it.ci.low) / (plain.ci.high - plain.ci.low))
        covered.append(with_it.ci.low <= 0.3 <= with_it.ci.high)

    assert np.median(widths) < 0.6
    assert np.mean(covered) >= 2 / 3


def test_a_units_own_value_and_that_of_its_cluster_have_no_part_in_its_forecast():
    frame, values, arms = _trial(1, units=400)
    ids = np.arange(400) // 4
    before = _forecast(frame, values, arms, ids)

    changed = values.copy()
    changed[8:12] += 1_000
    after = _forecast(frame, changed, arms, ids)

    assert after[8:12] == pytest.approx(before[8:12])
    assert not np.allclose(after, before)


def test_the_same_units_get_the_same_forecast_and_missing_values_one_too():
    frame, values, arms = _trial(2, units=300)
    values[3] = np.nan
    frame = frame.with_columns(plan=pl.when(pl.int_range(300) == 7).then(None).otherwise("plan"))

    one, two = _forecast(frame, values, arms), _forecast(frame, values, arms)

    assert (one == two).all()
    assert np.isfinite(one).all()
