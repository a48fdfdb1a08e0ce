"""Sums by cluster against statsmodels, dense matrices, and the t test of cluster means."""

import numpy as np
import pytest
import scipy.linalg
import statsmodels.api as sm
from scipy import stats

from experiments.statistics.cluster_sums import ClusterSums
from experiments.statistics.clusters import difference_between_clusters
from experiments.statistics.estimate import Sample


def _trial(seed, *, sizes, in_arm, covariates=0):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    is_arm = rng.permutation(np.arange(len(sizes)) < in_arm)[group]
    known = rng.normal(size=(len(group), covariates)) + rng.normal(size=(len(sizes), 1))[group]
    values = 5 + known.sum(axis=1) + rng.normal(size=len(sizes))[group]
    values += rng.normal(size=len(group))
    samples = [Sample(values[m], known[m], group[m]) for m in (~is_arm, is_arm)]
    design = np.column_stack([np.ones(len(group)), is_arm, known - known.mean(axis=0)])
    return samples, values, design, group


@pytest.mark.parametrize("covariates", [0, 2])
def test_the_textbooks_errors_agree_with_statsmodels(covariates):
    sizes = np.random.default_rng(1).integers(1, 12, 30)
    samples, values, design, group = _trial(2, sizes=sizes, in_arm=12, covariates=covariates)

    fit = ClusterSums.of(*samples).textbook()

    theirs = sm.OLS(values, design).fit(cov_type="cluster", cov_kwds={"groups": group}, use_t=True)
    assert (fit.base, fit.effect) == pytest.approx(theirs.params[:2])
    assert fit.covariance == pytest.approx(theirs.cov_params()[:2, :2])
    assert fit.freedom == 29


@pytest.mark.parametrize("covariates", [0, 2])
def test_errors_for_few_clusters_agree_with_dense_matrices(covariates):
    """Imbens & Kolesar (2016), equations 10, 17 and 18, written out unit by unit."""
    sizes = np.random.default_rng(3).integers(1, 12, 14)
    samples, values, design, group = _trial(4, sizes=sizes, in_arm=6, covariates=covariates)

    fit = ClusterSums.of(*samples).for_few_clusters()

    count, bread = len(values), np.linalg.inv(design.T @ design)
    hat, residuals = design @ bread @ design.T, values - design @ bread @ design.T @ values
    same = group[:, None] == group[None, :]
    shared = max(0, np.outer(residuals, residuals)[same & ~np.eye(count, dtype=bool)].mean())
    omega = (residuals @ residuals / count - shared) * np.eye(count) + shared * same
    meat, rows = np.zeros_like(bread), []
    for cluster in range(14):
        mine = group == cluster
        left = np.eye(count) - hat
        blown_up = np.linalg.inv(scipy.linalg.sqrtm(left[np.ix_(mine, mine)]))
        score = design[mine].T @ blown_up @ residuals[mine]
        meat += np.outer(score, score)
        rows.append(left[:, mine] @ blown_up @ design[mine] @ bread[:, 1])
    spread = np.array(rows) @ omega @ np.array(rows).T
    assert fit.covariance == pytest.approx((bread @ meat @ bread)[:2, :2])
    assert fit.freedom == pytest.approx(np.trace(spread) ** 2 / np.trace(spread @ spread))


def test_few_clusters_of_one_size_are_compared_by_students_t_on_their_means():
    (control, arm), *_ = _trial(5, sizes=[6] * 16, in_arm=8)

    found = difference_between_clusters(control, arm)

    means = [s.values.reshape(-1, 6).mean(axis=1) for s in (arm, control)]
    theirs = stats.ttest_ind(*means)
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found.ci == pytest.approx(tuple(theirs.confidence_interval()))
    assert found.method.endswith("errors clustered (CR2), t with 14 degrees of freedom")


def test_a_cluster_that_is_nearly_its_whole_arm_leaves_little_freedom():
    (control, arm), *_ = _trial(6, sizes=[400, 2, 2, 300, 2, 2], in_arm=3)

    fit = ClusterSums.of(control, arm).for_few_clusters()

    assert 1 <= fit.freedom < 3
    assert np.isfinite(fit.covariance).all()


def test_twenty_accounts_of_very_unlike_sizes_are_covered():
    """The textbook's interval covers 91% here."""
    held, trials = 0, 300
    for seed in range(trials):
        sizes = 1 + np.random.default_rng(seed).geometric(1 / 8, 20)
        (control, arm), *_ = _trial(seed, sizes=sizes, in_arm=10)
        ci = difference_between_clusters(control, arm).ci
        held += ci.low <= 0 <= ci.high

    assert 0.925 <= held / trials <= 0.985


@pytest.mark.parametrize("scale", [1e-9, 1e9, 1e12])
def test_the_unit_of_a_covariate_changes_nothing(scale):
    """Turnover in cents beside a share of meetings: products differ by far more than rounding."""
    samples, *_ = _trial(5, sizes=[8] * 60, in_arm=30, covariates=2)
    scaled = [Sample(s.values, s.covariates * scale, s.cluster_ids) for s in samples]

    ours, theirs = (difference_between_clusters(*pair) for pair in (samples, scaled))

    assert ours.effect == pytest.approx(theirs.effect)
    assert ours.ci == pytest.approx(theirs.ci)
