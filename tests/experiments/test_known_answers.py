"""Figures against those that others have published or that follow by another way."""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import statsmodels
import statsmodels.api as sm
import tea_tasting as tt
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize
from trials import drawn_units, trial_spec

from experiments.analysis import analyze
from experiments.health import sample_ratio
from experiments.power import sample_size
from experiments.statistics.cluster_sums import ClusterSums, SideSums


@pytest.mark.parametrize(
    ("counts", "shares", "printed"),
    [
        ((821_588, 815_482), (0.5, 0.5), "1.8e-06"),
        ((315, 101, 108, 32), (9 / 16, 3 / 16, 3 / 16, 1 / 16), "0.9254"),
        ((89, 37, 30, 28, 2), (0.40, 0.20, 0.20, 0.15, 0.05), "0.04059"),
    ],
    ids=["Kohavi, Tang & Xu 2020, chapter 3", "Mendel 1866, peas", "R, chisq.test's example"],
)
def test_sample_ratios_are_as_published(counts, shares, printed):
    names = [f"arm-{i}" for i in range(len(counts))]

    found = sample_ratio(
        dict(zip(names, counts, strict=True)), dict(zip(names, shares, strict=True))
    )

    digits = len(printed.split("e")[0].lstrip("0.").replace(".", ""))
    assert format(found.p_value, f".{digits}g") == printed


def test_a_mismatch_of_half_a_million_to_one_is_that():
    """Fabijan et al. (2019): 821,588 and 815,482 users is an event of less than 1 in 500,000."""
    found = sample_ratio({"a": 821_588, "b": 815_482}, {"a": 0.5, "b": 0.5})

    assert found.p_value < 1 / 500_000


@pytest.mark.parametrize(
    ("baseline", "changed", "power", "alpha", "printed"),
    [
        (0.5, 0.75, 0.9, 0.05, 76.7),
        (0.5, 0.75, 0.9, 0.1, 62.6),
        (0.02, 0.025, 0.8, 0.05, 13_808.92),
    ],
)
def test_sample_sizes_are_those_that_r_prints(baseline, changed, power, alpha, printed):
    """The examples of power.prop.test: 76.7 units a group, and 62.6 of the one-sided 5% test."""
    size = sample_size(
        baseline=baseline, mde_relative=changed / baseline - 1, power=power, alpha=alpha, share=0.5
    )

    assert size.n_arm == size.n_control == math.ceil(printed)


@pytest.mark.parametrize(("baseline", "mde"), [(0.2, 0.25), (0.1, 0.2), (0.5, 0.1)])
def test_sample_sizes_are_near_those_of_cohens_arcsines(baseline, mde):
    """Cohen (1988), chapter 6, by statsmodels: another approximation of the same question."""
    effect = proportion_effectsize(baseline * (1 + mde), baseline)
    theirs = NormalIndPower().solve_power(effect, power=0.8, alpha=0.05, ratio=1)

    size = sample_size(baseline=baseline, mde_relative=mde, power=0.8, alpha=0.05, share=0.5)

    assert size.n_arm == pytest.approx(theirs, rel=0.01)


def _sums(design, values, groups):
    """Sums by cluster of any regression: the arm's place is that of the first regressor."""
    products, responses = [], []
    mean = values.mean()
    for group in np.unique(groups):
        mine = groups == group
        products.append(design[mine].T @ design[mine])
        responses.append(design[mine].T @ (values[mine] - mean))
    square = float(((values - mean) ** 2).sum())
    whole = np.eye(design.shape[1])
    side = SideSums(np.stack(products, axis=2), np.stack(responses, axis=1), square, whole)
    return ClusterSums((side,), float(mean))


def _errors(fit):
    return np.sqrt(np.diag(fit.covariance))


def test_clustered_errors_are_those_of_petersens_data():
    """Petersen (2009) publishes, for his data of 500 firms: 1.0348 (0.0506), 0.0297 (0.0670)."""
    place = Path(statsmodels.__file__).parent / "stats/tests/test_data.txt"
    firm, _, x, y = np.loadtxt(place).T
    fit = _sums(np.column_stack([np.ones_like(x), x]), y, firm).textbook()

    assert [round(fit.base, 4), round(fit.effect, 4)] == [0.0297, 1.0348]
    assert _errors(fit).round(4).tolist() == [0.0670, 0.0506]


def _waves():
    """The data by which R's dfadjust is checked against Stata."""
    step = np.arange(1, 11)
    x = np.concatenate([np.sin(step), np.sin(step + 1)])
    values = np.concatenate([np.cos(step - 1), np.tan(step)])
    return np.column_stack([np.ones(20), x]), values


def test_clustered_errors_are_those_of_stata():
    """`reg y x, cluster(clusters)` as printed in the tests of dfadjust (Kolesar)."""
    groups = np.tile([2, 1, 3, 2, 2, 3, 3, 1, 1, 2], 2)
    fit = _sums(*_waves(), groups).textbook()

    assert (fit.base, fit.effect) == pytest.approx((-0.4456202905, 0.3241183110), abs=1e-9)
    assert _errors(fit) == pytest.approx([0.4827602183, 0.1814501834], abs=1e-9)


def test_errors_for_few_clusters_are_those_of_stata_and_dfadjust():
    """With clusters of one: `reg y x, vce(hc2)`, and dfadjust's 3.90754737 degrees of freedom."""
    stata = _sums(*_waves(), np.arange(20)).for_few_clusters()
    step = np.arange(1, 11)
    design = np.column_stack([np.ones(10), np.sin(step), np.sin(step + 1)])
    dfadjust = _sums(design, step.astype(float), step).for_few_clusters()

    assert _errors(stata) == pytest.approx([0.4227339762, 0.4421048122], abs=1e-9)
    assert dfadjust.freedom == pytest.approx(3.90754737, abs=1e-8)


def test_a_ratios_error_is_that_of_weighted_least_squares():
    """A ratio of sums is a mean weighted by denominators; White's error is the delta method's."""
    rng = np.random.default_rng(5)
    deals = rng.integers(1, 9, 900)
    units = pl.DataFrame(
        {
            "unit_id": np.arange(900),
            "arm": np.where(rng.random(900) < 0.5, "agent", "holdout"),
            "amount": deals * (2 + rng.normal(size=900)),
            "deals": deals,
        }
    )
    ratio = {"rate": {"numerator": "amount", "denominator": "deals"}}

    ours = analyze(units, trial_spec(primary={"metric": "rate"}, ratios=ratio)).primary

    theirs = {}
    for arm in ("agent", "holdout"):
        mine = units.filter(arm=arm)
        of_unit, weights = (mine["amount"] / mine["deals"]).to_numpy(), mine["deals"].to_numpy()
        fit = sm.WLS(of_unit, np.ones(len(mine)), weights=weights).fit(cov_type="HC1")
        theirs[arm] = fit.params[0], fit.bse[0] ** 2, len(mine)
    (top, of_top, n_top), (base, of_base, n_base) = theirs["agent"], theirs["holdout"]
    freedom = (of_top + of_base) ** 2 / (of_top**2 / (n_top - 1) + of_base**2 / (n_base - 1))
    reach = stats.t.ppf(0.975, freedom) * math.sqrt(of_top + of_base)
    assert ours.effect == pytest.approx(top - base)
    assert (ours.ci_low, ours.ci_high) == pytest.approx(
        (top - base - reach, top - base + reach), rel=1e-6
    )


def test_cuped_is_what_deng_and_others_derive():
    """Deng et al. (2013), equations 2 to 5: theta is cov(y, x) / var(x)."""
    units = drawn_units(7)
    spec = trial_spec(primary={"metric": "revenue_usd"}, covariates=["revenue_before_usd"])

    ours = analyze(units, spec).primary

    y, x = (units[name].to_numpy() for name in ("revenue_usd", "revenue_before_usd"))
    theta = np.cov(y, x)[0, 1] / x.var(ddof=1)
    is_agent = (units["arm"] == "agent").to_numpy()
    sides = [(y - theta * x)[mask] for mask in (is_agent, ~is_agent)]
    theirs = stats.ttest_ind(*sides, equal_var=False)
    assert ours.effect == pytest.approx(sides[0].mean() - sides[1].mean())
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert (ours.ci_low, ours.ci_high) == pytest.approx(theirs.confidence_interval())


def test_cuped_of_ratios_agrees_with_tea_tasting_to_the_digits_that_it_prints():
    """Its documented example: orders per session, and with the covariates before."""
    users = pl.from_arrow(tt.make_users_data(rng=42, covariates=True))
    units = users.select(
        pl.col("user").alias("unit_id"),
        pl.col("variant").replace_strict({0: "holdout", 1: "agent"}).alias("arm"),
        pl.exclude("user", "variant"),
    )
    ratio = {"rate": {"numerator": "orders", "denominator": "sessions"}}
    spec = trial_spec(
        primary={"metric": "revenue"},
        secondary=["rate"],
        ratios=ratio,
        covariates=["revenue_covariate"],
        analysis={"correction": "none"},
    )
    theirs = tt.Experiment(
        rate=tt.RatioOfMeans("orders", "sessions", "revenue_covariate"),
        revenue=tt.Mean("revenue", "revenue_covariate"),
    ).analyze(users)

    found = {row.metric: row for row in analyze(units, spec).metrics}

    for name, row in found.items():
        for ours, printed in (
            (row.mean_control, theirs[name].control),
            (row.mean_arm, theirs[name].treatment),
            (row.effect, theirs[name].effect_size),
            (row.ci_low, theirs[name].effect_size_ci_lower),
            (row.ci_high, theirs[name].effect_size_ci_upper),
            (row.p_value, theirs[name].pvalue),
        ):
            assert ours == pytest.approx(printed, rel=1e-6)
