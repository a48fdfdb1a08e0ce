"""Sequential trials: what holds at every look, and nothing else."""

import numpy as np
import polars as pl
import pytest
from trials import clustered_units, counted_units, drawn_units, trial_spec

from experiments.analysis import analyze
from experiments.errors import ExperimentError

SEQUENTIAL = {"analysis": {"mode": "sequential"}}
REVENUE = {"primary": {"metric": "revenue_usd"}}


def _width(row):
    return row.ci_high - row.ci_low


def test_a_sequential_trial_shows_a_sequence_and_never_a_fixed_interval():
    """R176: looking at any time is allowed where the spec said so before."""
    units = drawn_units(13, units=6_000, base=0.2)
    spec = trial_spec(**SEQUENTIAL, secondary=["revenue_usd"], covariates=["revenue_before_usd"])

    readout = analyze(units, spec)

    fixed = analyze(units, trial_spec(secondary=["revenue_usd"], covariates=["revenue_before_usd"]))
    assert readout.mode == "sequential"
    for row, once in zip(readout.metrics, fixed.metrics, strict=True):
        assert row.method.endswith("valid at every look")
        assert row.effect == pytest.approx(once.effect)
        assert 1.4 < _width(row) / _width(once) < 2
        assert row.relative_ci_low < once.relative_ci_low < once.relative_ci_high


def test_covariates_narrow_a_sequence():
    units = drawn_units(14)

    def width(covariates):
        spec = trial_spec(**SEQUENTIAL, **REVENUE, covariates=covariates)
        return _width(analyze(units, spec).primary)

    assert width(["revenue_before_usd"]) < 0.5 * width([])


def test_a_sequence_is_narrowest_at_the_sample_that_the_spec_names():
    units = drawn_units(15, units=4_000)

    def width(tightest_at):
        plan = {"mode": "sequential", "tightest_at": tightest_at}
        return _width(analyze(units, trial_spec(**REVENUE, analysis=plan)).primary)

    assert width(2_000) < min(width(100), width(60_000))


def test_the_planned_sample_tunes_a_sequence_where_the_spec_names_none():
    units = drawn_units(16, units=1_000)
    plan = {"baseline": 0.02, "mde_relative": 0.05}

    def width(**changes):
        return _width(analyze(units, trial_spec(**REVENUE, **SEQUENTIAL, **changes)).primary)

    assert width(power=plan) > 1.5 * width()


@pytest.mark.parametrize(
    ("agent", "holdout"), [((0, 30), (0, 25)), ((1, 400), (0, 380)), ((9, 900), (3, 1_000))]
)
def test_a_share_has_a_sequence_from_the_first_event_on(agent, holdout):
    row = analyze(counted_units(agent, holdout), trial_spec(**SEQUENTIAL)).primary

    assert "exact" in row.method
    assert row.ci_low < row.effect < row.ci_high
    assert row.p_value > 0.05


def test_few_events_that_all_fall_into_one_arm_are_shown():
    row = analyze(counted_units((30, 4_000), (0, 4_000)), trial_spec(**SEQUENTIAL)).primary

    assert row.ci_low > 0
    assert row.p_value < 0.001


def test_where_events_are_the_rule_the_exceptions_tell_the_same_the_other_way_round():
    units = counted_units((12, 900), (25, 1_000))
    turned = units.with_columns((1 - pl.col("meeting")).alias("meeting"))

    row, other = (analyze(u, trial_spec(**SEQUENTIAL)).primary for u in (units, turned))

    assert (other.ci_low, other.ci_high) == pytest.approx((-row.ci_high, -row.ci_low))
    assert other.p_value == row.p_value


@pytest.mark.parametrize("events", range(0, 160, 8))
def test_the_p_value_and_the_sequence_never_contradict_each_other(events):
    row = analyze(counted_units((events, 2_000), (40, 1_800)), trial_spec(**SEQUENTIAL)).primary

    assert (row.p_value < 0.05) == (row.ci_low > 0 or row.ci_high < 0)
    assert row.ci_low < row.effect < row.ci_high


def test_amounts_that_few_units_bring_have_no_sequence_yet():
    units = counted_units((20, 1_000), (60, 1_000)).with_columns(pl.col("meeting") * 950.5)

    readout = analyze(units, trial_spec(**SEQUENTIAL))

    row = readout.primary
    assert (row.ci_low, row.p_value) == (None, None)
    assert (row.effect, row.mean_arm, row.total) == (None, None, None)
    assert readout.verdict.startswith("not shown yet: no confidence sequence yet, which starts")


def test_the_sequence_of_clusters_is_wider_than_that_of_units_taken_one_by_one():
    units = clustered_units(17, accounts=60)

    clustered = analyze(units, trial_spec(**SEQUENTIAL, cluster="account_id")).primary

    alone = analyze(units, trial_spec(**SEQUENTIAL)).primary
    assert _width(clustered) > 1.5 * _width(alone)
    assert "errors clustered" in clustered.method


def test_too_few_clusters_have_no_sequence_yet():
    units = clustered_units(18, accounts=12)

    row = analyze(units, trial_spec(**SEQUENTIAL, cluster="account_id")).primary

    assert row.ci_low is None
    assert "10 telling clusters" in row.method


def test_a_small_holdout_has_a_sequence_that_holds_its_effect():
    """R169: a holdout of a tenth, looked at ten times; the planted effect is never excluded."""
    spec = trial_spec(**SEQUENTIAL, arms={"agent": 0.9, "holdout": 0.1})
    missed = 0
    for seed in range(40):
        units = drawn_units(seed, units=4_000, base=0.02, effect=0.03, share=0.9)
        rows = [analyze(units.head(n), spec).primary for n in np.arange(400, 4_001, 900)]
        missed += any(not row.ci_low <= 0.03 <= row.ci_high for row in rows)

    assert missed <= 4


def test_a_sequential_trial_has_no_section_and_no_test_that_holds_only_once():
    units = drawn_units(19, base=0.2).with_columns(unsubscribed=pl.col("meeting"))
    changes = {
        "guardrails": {"unsubscribed": {"margin": 0.2}},
        "secondary": ["revenue_usd"],
        "money": "revenue_usd",
        "winsorise": {"revenue_usd": 0.99},
        "quantiles": {"revenue_usd": [0.5]},
        "covariates": ["visits_before"],
    }

    content = analyze(units, trial_spec(**SEQUENTIAL, **changes)).model_dump(mode="json")

    fixed = analyze(units, trial_spec(**changes)).model_dump(mode="json")
    assert set(fixed) - set(content) >= {"money", "quantiles", "sensitivity", "balance"}
    assert fixed["metrics"][2]["p_margin"] is not None
    assert content["metrics"][2]["p_margin"] is None
    assert content["metrics"][2]["verdict"].startswith("holds")


def test_a_ratio_has_a_sequence_too():
    units = drawn_units(20, units=4_000).with_columns(deals=pl.col("visits_before") + 1)
    ratios = {"usd_a_deal": {"numerator": "revenue_usd", "denominator": "deals"}}
    spec = {"primary": {"metric": "usd_a_deal"}, "ratios": ratios}

    row = analyze(units, trial_spec(**SEQUENTIAL, **spec)).primary

    once = analyze(units, trial_spec(**spec)).primary
    assert row.effect == pytest.approx(once.effect)
    assert 1.4 < _width(row) / _width(once) < 2
    assert row.method.startswith("difference of ratios, delta method, asymptotic")


def test_a_switchback_is_refused_in_sequential_mode():
    units = drawn_units(21).with_columns(day=pl.int_range(pl.len()) % 9)

    with pytest.raises(ExperimentError, match="a switchback can only be analysed as 'fixed'"):
        analyze(units, trial_spec(**SEQUENTIAL, switchback={"period": "day"}))
