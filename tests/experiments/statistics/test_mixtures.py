"""Boundaries that hold at every look, against formulas and exact probabilities."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.mixtures import (
    as_normal,
    as_student,
    binomial_sequence,
    log_binomial_evidence,
    normal_p_value,
    normal_quantile,
    tightest_scale,
)


@pytest.mark.parametrize(("units", "rho"), [(50, 0.2), (2_000, 0.05), (40_000, 0.004)])
def test_the_normal_boundary_is_that_of_the_paper(units, rho):
    """Waudby-Smith et al. (2024), theorem 2.2, times the square root of the units."""
    v = units * rho**2
    paper = math.sqrt(2 * (v + 1) / (units**2 * rho**2) * math.log(math.sqrt(v + 1) / 0.05))

    ours = normal_quantile(v / tightest_scale(0.05), 0.05)

    assert ours == pytest.approx(paper * math.sqrt(units))


def test_the_boundary_is_narrowest_where_it_is_tuned():
    """Both for one sample over tunings, which is what a planner chooses."""
    progress = np.geomspace(0.1, 10, 401)

    widths = [normal_quantile(p, 0.05) for p in progress]

    assert progress[int(np.argmin(widths))] == pytest.approx(1, abs=0.15)
    assert min(widths) == pytest.approx(3.03, abs=0.01)


@given(st.floats(0, 12), st.floats(0.01, 100))
def test_the_p_value_falls_below_alpha_exactly_where_zero_is_excluded(z, progress):
    is_excluded = z > normal_quantile(progress, 0.05) * (1 + 1e-12)

    assert (normal_p_value(z, progress, 0.05) < 0.05) == is_excluded


@given(st.floats(0.1, 8), st.floats(3, 500))
def test_students_quantile_and_the_normal_one_have_one_tail(quantile, freedom):
    t = as_student(quantile, freedom)

    assert stats.t.sf(t, freedom) == pytest.approx(stats.norm.sf(quantile), rel=1e-6)
    assert as_normal(t, freedom) == pytest.approx(quantile, rel=1e-6)


@pytest.mark.parametrize("theta", [0.5, 0.9, 0.02])
def test_the_binomial_boundary_is_ever_crossed_by_at_most_alpha(theta):
    """The exact probability over 300 looks, by adding up all paths that have not crossed."""
    alive, crossed = np.array([1.0]), 0.0
    for n in range(1, 301):
        alive = np.convolve(alive, [1 - theta, theta])
        for hits in np.nonzero(alive > 1e-15)[0]:
            if log_binomial_evidence(theta, int(hits), int(n - hits), 12) >= math.log(20):
                crossed += alive[hits]
                alive[hits] = 0

    assert 0.005 < crossed <= 0.05


@given(st.integers(0, 60), st.integers(0, 400), st.floats(1, 50))
def test_the_binomial_sequence_holds_all_that_the_evidence_does_not_exclude(hits, misses, prior):
    low, high = binomial_sequence(hits, misses, prior, 0.05)

    for theta in np.linspace(0.001, 0.999, 97):
        evidence = log_binomial_evidence(theta, hits, misses, prior)
        if evidence < math.log(20) - 1e-6:
            assert low <= theta <= high
    if hits + misses:
        assert low <= hits / (hits + misses) <= high
