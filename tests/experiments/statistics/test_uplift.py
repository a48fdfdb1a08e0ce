"""Qini against arithmetic by hand, and whether uplift is found where it is and only there."""

import numpy as np
import polars as pl
import pytest

from experiments.statistics.features import features_of
from experiments.statistics.uplift import qini_curve, uplift


def test_the_curve_and_its_area_are_those_by_hand():
    found = qini_curve(np.array([3.0, 1.0, 2.0, 0.0]), np.array([8.0, 0.0, 4.0, 0.0]), np.arange(4))

    by_share = dict(zip(found.shares.round(2), found.gains, strict=True))
    assert (by_share[0.25], by_share[0.5], by_share[1.0]) == (2, 3, 3)
    # Trapezoids under 0, 2, 3, 3, 3 less the triangle under the straight line to 3.
    assert found.qini == pytest.approx((1 + 2.5 + 3 + 3) / 4 - 1.5)


def test_equal_scores_rank_nobody():
    found = qini_curve(np.zeros(6), np.arange(6.0), np.arange(6))

    assert found.qini == pytest.approx(0)
    assert found.ci is None


def test_the_interval_of_the_coefficient_covers_it():
    # Gains are score plus noise; the area between x - x^2/2 and x/2 on [0, 1] is 1/12.
    found = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        scores = random.random(300)
        found.append(qini_curve(scores, scores + random.normal(size=300), np.arange(300)))

    assert 0.92 <= np.mean([e.ci.low <= 1 / 12 <= e.ci.high for e in found]) <= 0.98


def _found(seed, effect):
    random = np.random.default_rng(seed)
    frame = pl.DataFrame({"size": random.normal(size=1_000), "other": random.normal(size=1_000)})
    size = frame["size"].to_numpy()
    is_arm = random.random(1_000) < 0.5
    values = size + effect * is_arm * (size > 0) + random.normal(size=1_000)
    return uplift(features_of(frame), values, is_arm, np.arange(1_000), share=0.5, seed=1)


def test_uplift_is_found_where_it_differs_and_rarely_elsewhere():
    differs, same = _found(1, 2.0), _found(1, 0.0)

    assert differs.ci.low > 0
    assert differs.gains[-1] == pytest.approx(1.0, abs=0.15)
    assert same.ci.low < 0
