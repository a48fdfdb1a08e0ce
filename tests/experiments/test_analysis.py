"""The estimates against other libraries, published figures and arithmetic by hand."""

import json

import numpy as np
import polars as pl
import pytest
import tea_tasting as tt
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW
from trials import clustered_units, counted_units, drawn_units, trial_spec

from experiments.analysis import analyze

REVENUE = {"primary": {"metric": "revenue_usd"}}


def _arm(units, arm, column):
    return units.filter(pl.col("arm") == arm)[column].to_numpy()


def test_a_mean_agrees_with_statsmodels():
    units = drawn_units(1)

    row = analyze(units, trial_spec(**REVENUE)).primary

    groups = [DescrStatsW(_arm(units, arm, "revenue_usd")) for arm in ("agent", "holdout")]
    theirs = CompareMeans(*groups)
    assert (row.ci_low, row.ci_high) == pytest.approx(theirs.tconfint_diff(usevar="unequal"))
    assert row.p_value == pytest.approx(theirs.ttest_ind(usevar="unequal")[1])


def test_a_mean_and_its_relative_effect_agree_with_tea_tasting():
    units = drawn_units(2, base=0.2)

    row = analyze(units, trial_spec()).primary

    theirs = tt.Experiment(meeting=tt.Mean("meeting")).analyze(
        units.select("arm", "meeting").with_columns(variant="arm").drop("arm"), control="holdout"
    )["meeting"]
    assert row.effect == pytest.approx(theirs.effect_size)
    assert row.relative == pytest.approx(theirs.rel_effect_size)
    assert row.relative_ci_low == pytest.approx(theirs.rel_effect_size_ci_lower)
    assert row.relative_ci_high == pytest.approx(theirs.rel_effect_size_ci_upper)


def test_cuped_agrees_with_tea_tasting():
    units = drawn_units(3)

    row = analyze(units, trial_spec(**REVENUE, covariates=["revenue_before_usd"])).primary

    theirs = tt.Experiment(usd=tt.Mean("revenue_usd", "revenue_before_usd")).analyze(
        units.drop("unit_id").rename({"arm": "variant"}), control="holdout"
    )["usd"]
    assert (row.effect, row.ci_low, row.ci_high) == pytest.approx(
        (theirs.effect_size, theirs.effect_size_ci_lower, theirs.effect_size_ci_upper)
    )
    assert row.effect == pytest.approx(row.mean_arm - row.mean_control)


def test_covariates_narrow_the_interval_and_useless_ones_do_no_harm():
    units = drawn_units(4).with_columns(constant=pl.lit(7))

    def width(covariates):
        row = analyze(units, trial_spec(**REVENUE, covariates=covariates)).primary
        return row.ci_high - row.ci_low

    assert width(["revenue_before_usd"]) < 0.5 * width([])
    assert width(["revenue_before_usd", "visits_before", "constant"]) == pytest.approx(
        width(["revenue_before_usd"]), rel=0.01
    )


def test_a_missing_covariate_keeps_its_unit():
    units = drawn_units(5).with_columns(
        pl.when(pl.int_range(pl.len()) % 10 == 0).then(None).otherwise("visits_before").alias("x")
    )

    row = analyze(units, trial_spec(**REVENUE, covariates=["x"])).primary

    assert row.n_arm + row.n_control == units.height


def test_clustered_errors_agree_with_arithmetic_by_hand():
    units = clustered_units(6, accounts=120)

    row = analyze(units, trial_spec(cluster="account_id")).primary

    groups, variance = units["account_id"].n_unique(), 0.0
    for arm in ("agent", "holdout"):
        mine = units.filter(pl.col("arm") == arm)
        residual = mine.with_columns(pl.col("meeting") - pl.col("meeting").mean())
        sums = residual.group_by("account_id").agg(pl.col("meeting").sum())["meeting"]
        variance += float((sums**2).sum()) / mine.height**2
    factor = groups / (groups - 1) * (units.height - 1) / (units.height - 2)
    error = np.sqrt(variance * factor)
    assert row.ci_high - row.ci_low == pytest.approx(2 * 1.980100 * error, rel=1e-6)
    assert row.method.endswith("errors clustered, t with 119 degrees of freedom")


def test_the_sample_ratio_of_a_clustered_trial_counts_clusters():
    readout = analyze(clustered_units(7), trial_spec(cluster="account_id"))

    assert readout.srm.counted == "clusters"
    assert readout.srm.observed == {"agent": 20, "holdout": 20}


@pytest.mark.parametrize(
    ("agent", "holdout", "low", "high"),
    [((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0)],
)
def test_few_events_give_newcombes_published_interval(agent, holdout, low, high):
    """Newcombe (1998), table II, method 10, cases e and g."""
    row = analyze(counted_units(agent, holdout), trial_spec()).primary

    assert (row.ci_low, row.ci_high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("agent", "holdout"), [((0, 900), (0, 1_000)), ((5, 1_000), (0, 900)), ((0, 90), (6, 90))]
)
def test_an_arm_without_events_never_gives_certainty(agent, holdout):
    row = analyze(counted_units(agent, holdout), trial_spec()).primary

    assert row.ci_low < row.effect < row.ci_high
    assert (row.p_value < 0.05) == (row.ci_low > 0 or row.ci_high < 0)
    assert (row.relative is None) == (holdout[0] == 0)


@pytest.mark.parametrize("events", range(0, 26))
def test_p_value_and_interval_never_contradict_each_other(events):
    row = analyze(counted_units((events, 200), (8, 180)), trial_spec()).primary

    assert (row.p_value < 0.05) == (row.ci_low > 0 or row.ci_high < 0)


def test_amounts_that_only_one_arm_has_borrow_its_variance():
    """With its own variance of zero the control would halve the interval's square."""
    units = counted_units((30, 500), (0, 500)).with_columns(pl.col("meeting") * 1_250.5)

    row = analyze(units, trial_spec()).primary

    own = _arm(units, "agent", "meeting").var(ddof=1) / 500
    assert (row.ci_high - row.ci_low) / 2 == pytest.approx(1.9624 * own**0.5, rel=1e-3)
    assert "pooled" in row.method


def test_amounts_that_nobody_has_give_no_interval_and_no_number():
    units = counted_units((0, 500), (0, 500)).with_columns(pl.col("meeting") * 0.0)

    row = analyze(units, trial_spec()).primary

    assert (row.effect, row.ci_low, row.p_value) == (0, None, None)
    assert row.verdict == "not shown: meeting does not vary, so nothing follows for agent"


def test_a_still_arm_of_clusters_borrows_the_others_variance():
    units = clustered_units(8)
    still = units.with_columns(
        pl.when(pl.col("arm") == "holdout").then(0.0).otherwise("meeting").alias("meeting")
    )

    row = analyze(still, trial_spec(cluster="account_id")).primary

    whole = analyze(units, trial_spec(cluster="account_id")).primary
    assert row.ci_high - row.ci_low == pytest.approx(whole.ci_high - whole.ci_low, rel=0.25)


def test_a_metric_around_zero_has_an_effect_but_nothing_relative():
    units = drawn_units(9).with_columns(pl.col("revenue_usd") - 104)

    row = analyze(units, trial_spec(**REVENUE)).primary

    assert (row.relative, row.relative_ci_low) == (None, None)
    assert row.ci_low < row.effect < row.ci_high


def test_the_total_is_the_effect_over_the_treated_units():
    """R151: incremental meetings are those above the holdout."""
    row = analyze(counted_units((120, 1_000), (40, 500)), trial_spec()).primary

    assert row.total == pytest.approx(40)
    assert (row.total_ci_low, row.total_ci_high) == pytest.approx(
        (row.ci_low * 1_000, row.ci_high * 1_000)
    )


def test_every_treated_arm_is_compared_with_the_control():
    """R82: two playbooks and a holdout in one trial."""
    units = drawn_units(10, units=3_000, base=0.2).with_columns(
        arm=pl.Series(["a", "b", "holdout"] * 1_000)
    )
    spec = trial_spec(arms={"a": 1 / 3, "b": 1 / 3, "holdout": 1 / 3}, secondary=["revenue_usd"])

    readout = analyze(units, spec)

    assert [(row.metric, row.arm, row.control) for row in readout.metrics] == [
        ("meeting", "a", "holdout"),
        ("meeting", "b", "holdout"),
        ("revenue_usd", "a", "holdout"),
        ("revenue_usd", "b", "holdout"),
    ]
    assert readout.verdict.count("shown") == 2


def test_units_without_a_value_are_counted():
    units = drawn_units(11).with_columns(
        pl.when(pl.int_range(pl.len()) < 40).then(None).otherwise("meeting").alias("meeting")
    )

    row = analyze(units, trial_spec()).primary

    assert row.n_missing == 40
    assert row.n_arm + row.n_control == units.height - 40


@pytest.mark.parametrize(
    ("agent", "holdout", "verdict"),
    [
        (
            (120, 1_000),
            (60, 1_000),
            "shown: agent raises meeting by 6 percentage points per unit against holdout "
            "(interval +3.5 to +8.5), +60 over its 1,000 units",
        ),
        (
            (60, 1_000),
            (120, 1_000),
            "shown: agent lowers meeting by 6 percentage points per unit against holdout "
            "(interval -8.5 to -3.5), -60 over its 1,000 units",
        ),
        (
            (62, 1_000),
            (60, 1_000),
            "not shown: the interval includes zero; effects above +2.3 and below -1.9 "
            "percentage points are excluded (meeting, agent against holdout)",
        ),
    ],
)
def test_the_verdict_says_in_plain_words_what_is_shown(agent, holdout, verdict):
    assert analyze(counted_units(agent, holdout), trial_spec()).verdict == verdict


def test_nothing_is_shown_where_the_arms_are_not_comparable():
    readout = analyze(counted_units((300, 1_000), (60, 1_400)), trial_spec())

    assert readout.srm.is_mismatch
    assert readout.verdict.startswith("not shown: the arms may not be comparable")


@pytest.mark.parametrize(
    ("events", "verdict"),
    [(0, "holds: "), (14, "not shown to hold: "), (60, "broken: ")],
)
def test_a_guardrail_holds_only_where_the_interval_stays_below_its_margin(events, verdict):
    """R176: what may not get worse is said before."""
    units = counted_units((events, 1_000), (0, 1_000)).with_columns(unsubscribed="meeting")
    spec = trial_spec(guardrails={"unsubscribed": {"margin": 0.02}}, primary={"metric": "other"})

    row = analyze(units.with_columns(other=pl.col("meeting")), spec).metrics[1]

    assert row.verdict.startswith(verdict)
    assert (row.role, row.margin) == ("guardrail", 0.02)


def test_the_json_has_the_fields_that_others_rely_on():
    content = json.loads(analyze(drawn_units(12), trial_spec()).model_dump_json())

    assert content["spec_hash"] == trial_spec().spec_hash
    assert set(content["srm"]) >= {"p_value", "observed"}
    assert set(content["metrics"][0]) >= {
        *("metric", "arm", "control", "n_arm", "n_control", "mean_arm", "mean_control"),
        *("effect", "ci_low", "ci_high", "relative", "relative_ci_low", "relative_ci_high"),
        *("p_value", "method"),
    }


def _three_arms():
    values = {"agent": [0, 1, 2, 3] * 50, "other": [1, 2, 3, 4] * 50, "holdout": [0, 0, 1, 1] * 25}
    return pl.concat(
        pl.DataFrame({"unit_id": [f"{arm}{i}" for i in range(len(v))], "arm": arm, "meeting": v})
        for arm, v in values.items()
    )


THREE = {
    "arms": {"agent": 0.4, "other": 0.4, "holdout": 0.2},
    "contrasts": [["other", "agent"]],
}


def test_treated_arms_are_compared_with_one_another_where_the_spec_says_so():
    """R170: two playbooks inside the treated share, and each against the holdout."""
    units = _three_arms()

    rows = analyze(units, trial_spec(**THREE)).metrics

    assert [(row.arm, row.control) for row in rows] == [
        ("agent", "holdout"),
        ("other", "holdout"),
        ("other", "agent"),
    ]
    groups = [DescrStatsW(_arm(units, arm, "meeting")) for arm in ("other", "agent")]
    theirs = CompareMeans(*groups)
    assert (rows[2].ci_low, rows[2].ci_high) == pytest.approx(
        theirs.tconfint_diff(usevar="unequal")
    )
    assert rows[2].effect == 1
    assert "shown: other raises meeting by 1 per unit against agent" in rows[2].verdict


def test_a_contrast_that_is_looked_at_often_has_a_sequence():
    row = analyze(_three_arms(), trial_spec(**THREE, analysis={"mode": "sequential"})).metrics[2]

    assert "sequence" in row.method
    assert row.ci_low < 1 < row.ci_high
