"""Ratios against tea-tasting and against the delta method on sums by cluster, written out here."""

import numpy as np
import polars as pl
import pytest
import tea_tasting as tt
from scipy import stats

from experiments.errors import UnitsError
from experiments.statistics.ratios import RatioSample, difference_of_ratios


def _samples(seed, *, units=400, covariates=0, accounts=0):
    rng = np.random.default_rng(seed)
    samples = []
    for effect in (0.0, 0.4):
        before = rng.normal(size=(units, max(covariates, 1)))
        meetings = rng.poisson(3, units) + 1.0
        revenue = meetings * (5 + effect + before[:, 0] + rng.normal(size=units))
        clusters = rng.integers(0, accounts, units) + int(1000 * effect) if accounts else []
        samples.append(
            RatioSample(revenue, meetings, before[:, :covariates], np.array(clusters, np.int64))
        )
    return samples


def _theirs(control, arm, *columns):
    frames = [
        pl.DataFrame({"n": s.numerators, "d": s.denominators, "variant": name}).with_columns(
            pl.Series(f"x{i}", s.covariates[:, i]) for i in range(s.covariates.shape[1])
        )
        for name, s in (("control", control), ("arm", arm))
    ]
    metric = tt.RatioOfMeans("n", "d", *columns)
    return tt.Experiment(r=metric).analyze(pl.concat(frames), control="control")["r"]


@pytest.mark.parametrize("covariates", [0, 1])
def test_ratios_agree_with_tea_tasting(covariates):
    control, arm = _samples(1, covariates=covariates)

    ours = difference_of_ratios(control, arm)

    theirs = _theirs(control, arm, *["x0"][:covariates])
    assert (ours.mean_arm, ours.mean_control) == pytest.approx((theirs.treatment, theirs.control))
    assert ours.ci == pytest.approx((theirs.effect_size_ci_lower, theirs.effect_size_ci_upper))
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert ours.relative_ci == pytest.approx(
        (theirs.rel_effect_size_ci_lower, theirs.rel_effect_size_ci_upper)
    )
    assert ("CUPED" in ours.method) == bool(covariates)


def test_clustered_ratios_are_the_delta_method_on_sums_by_cluster():
    control, arm = _samples(2, accounts=240)

    ours = difference_of_ratios(control, arm)

    units, clusters, variance = 0, 0, 0.0
    for sample in (control, arm):
        _, ids = np.unique(sample.cluster_ids, return_inverse=True)
        n, d = np.bincount(ids, sample.numerators), np.bincount(ids, sample.denominators)
        variance += ((n - sample.ratio * d) ** 2).sum() / d.sum() ** 2
        units, clusters = units + len(ids), clusters + len(n)
    variance *= clusters / (clusters - 1) * (units - 1) / (units - 2)
    reach = stats.t.ppf(0.975, clusters - 1) * variance**0.5
    assert ours.effect == pytest.approx(arm.ratio - control.ratio)
    assert ours.ci == pytest.approx((ours.effect - reach, ours.effect + reach))


def test_intervals_of_ratios_cover_the_truth_with_and_without_clusters():
    for accounts in (0, 40):
        estimates = [
            difference_of_ratios(*_samples(seed, units=200, covariates=1, accounts=accounts))
            for seed in range(200)
        ]
        covered = np.mean([e.ci.low <= 0.4 <= e.ci.high for e in estimates])
        assert 0.91 <= covered <= 0.985


def test_a_ratio_that_is_the_same_for_every_unit_has_no_interval():
    parts = np.array([1.0, 2.0, 3.0, 7.0]), np.empty((4, 0)), np.empty(0, np.int64)
    control, arm = (RatioSample(parts[0] * k, *parts) for k in (0.1, 0.3))

    estimate = difference_of_ratios(control, arm)

    assert estimate.ci is None
    assert estimate.effect == pytest.approx(0.2)


def test_denominators_that_are_zero_or_few_give_no_interval():
    zeros, covariates, clusters = np.zeros(50), np.empty((50, 0)), np.empty(0, np.int64)
    one = zeros.copy()
    one[0] = 1.0
    few = RatioSample(one, one, covariates, clusters)

    assert difference_of_ratios(few, few).ci is None
    with pytest.raises(UnitsError, match="control arm sum to 0"):
        difference_of_ratios(RatioSample(one, zeros, covariates, clusters), few)
