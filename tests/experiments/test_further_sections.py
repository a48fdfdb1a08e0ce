"""The sections of a readout through `analyze`, as an analyst's spec asks for them."""

import json

import numpy as np
import polars as pl
import pytest
from trials import clustered_units, drawn_units, trial_spec

from experiments.analysis import analyze
from experiments.errors import UnitsError

SECTIONS = {"balance", "compliers", "segments", "quantiles", "uplift", "sensitivity", "money"}
EVERYTHING = {
    "primary": {"metric": "revenue_usd"},
    "secondary": ["meeting", "usd_per_visit"],
    "ratios": {"usd_per_visit": {"numerator": "revenue_usd", "denominator": "visits"}},
    "covariates": ["revenue_before_usd"],
    "cupac": ["plan", "visits_before"],
    "contacted": "was_reached",
    "money": "revenue_usd",
    "winsorise": {"revenue_usd": 0.95},
    "quantiles": {"revenue_usd": [0.5, 0.9]},
    "segments": ["plan"],
}


def _units(seed=1, units=1_200):
    random = np.random.default_rng(seed)
    drawn = drawn_units(seed, units=units, base=0.2)
    return drawn.with_columns(
        plan=pl.Series(random.choice(["free", "team"], units)),
        visits=pl.Series(random.poisson(3, units) + 1),
        was_reached=pl.Series(random.random(units) < 0.6) & (pl.col("arm") == "agent"),
    )


@pytest.fixture(scope="module")
def readout():
    return analyze(_units(), trial_spec(**EVERYTHING))


def test_a_minimal_spec_has_no_further_sections():
    content = json.loads(analyze(drawn_units(1), trial_spec()).model_dump_json())

    assert not SECTIONS & content.keys()


def test_a_full_spec_has_every_section_in_its_json(readout):
    content = json.loads(readout.model_dump_json())

    assert content.keys() >= SECTIONS
    assert type(readout).model_validate(content) == readout


def test_the_effect_on_those_reached_is_the_effect_over_the_share_reached(readout):
    [row] = readout.compliers

    assert row.reached_control == 0
    assert row.effect.effect * row.reached_arm == pytest.approx(4, abs=1.5)
    assert row.verdict.startswith(f"{row.reached_arm:.1%} of agent were reached; on those")


def test_contacts_in_the_control_are_said_to_be_contamination():
    """R169: a holdout that was contacted all the same is never passed over in silence."""
    some = pl.int_range(pl.len()) % 7 == 0
    units = _units().with_columns(was_reached=pl.col("was_reached") | some)

    [row] = analyze(units, trial_spec(contacted="was_reached")).compliers

    assert f"contamination: {row.reached_control:.1%} of holdout were contacted" in row.verdict


def test_secondary_metrics_are_corrected_together_and_the_primary_stands_alone(readout):
    primary, *secondary = readout.metrics
    smallest, largest = sorted(secondary, key=lambda row: row.p_value)

    assert primary.p_adjusted == primary.p_value
    assert smallest.p_adjusted == pytest.approx(min(2 * smallest.p_value, 1))
    assert largest.p_adjusted >= largest.p_value


def test_a_secondary_metric_that_fails_after_correction_is_not_shown():
    random = np.random.default_rng(1)
    others = {f"m{i}": random.normal(size=2_000) for i in range(30)}
    units = drawn_units(3).with_columns(pl.Series(k, v) for k, v in others.items())

    rows = analyze(units, trial_spec(secondary=list(others))).metrics[1:]

    alone = [row for row in rows if row.p_value < 0.05 <= row.p_adjusted]
    assert alone
    assert all(row.verdict.startswith("not shown: alone it would be") for row in alone)


def test_a_ratios_total_is_its_effect_times_what_it_is_a_ratio_of(readout):
    row = next(row for row in readout.metrics if row.metric == "usd_per_visit")
    mine = _units().filter(pl.col("arm") == "agent")

    assert row.mean_arm == pytest.approx(mine["revenue_usd"].sum() / mine["visits"].sum(), rel=0.02)
    assert row.total == pytest.approx(row.effect * mine["visits"].sum())


def test_money_is_the_headlines_total_with_the_winsorised_one_beside_it(readout):
    """R151: incremental revenue of the arm, with its interval, and without a few huge deals."""
    [row] = readout.money

    assert row.total.effect == pytest.approx(readout.primary.total)
    assert row.winsorised_at == pytest.approx(_units()["revenue_usd"].quantile(0.95), rel=0.01)
    assert row.winsorised_total.excludes_zero


def test_sensitivity_repeats_the_headline_without_covariates_and_cut(readout):
    rows = {row.check: row for row in readout.sensitivity}

    assert set(rows) == {"winsorised", "unadjusted"}
    assert all(row.agrees for row in rows.values())
    headline = readout.primary.ci_high - readout.primary.ci_low
    assert rows["unadjusted"].effect.ci_high - rows["unadjusted"].effect.ci_low > headline


def test_segments_add_up_to_the_arms_and_uplift_calls_itself_exploratory(readout):
    """R82: where the impact differs is looked at by segments that were named before."""
    assert sum(row.n_arm for row in readout.segments.levels) == readout.primary.n_arm
    assert [row.segment for row in readout.segments.interactions] == ["plan"]
    assert all(row.verdict.startswith("exploratory") for row in readout.uplift)
    assert readout.uplift[0].features == ("plan", "revenue_before_usd", "visits_before")


def test_a_guardrail_says_the_chance_that_it_had():
    units = drawn_units(5, units=300).with_columns(left=pl.int_range(pl.len()) % 2)

    row = analyze(units, trial_spec(guardrails={"left": {"margin": 0.02}})).metrics[1]

    assert row.p_margin > 0.025
    assert row.margin_power < 0.1
    assert f"the chance to show it was {row.margin_power:.0%}" in row.verdict


def test_few_clusters_are_shown_with_randomisation_inference_and_many_without():
    few = analyze(clustered_units(1, accounts=20), trial_spec(cluster="account_id"))
    many = analyze(clustered_units(1, accounts=100), trial_spec(cluster="account_id"))

    assert [row.check for row in few.sensitivity] == ["randomisation"]
    assert many.sensitivity is None


def _hours(seed=1):
    random = np.random.default_rng(seed)
    hours = pl.DataFrame({"hour": range(60), "arm": random.permutation(["agent", "holdout"] * 30)})
    drawn = drawn_units(seed, units=1_200).drop("arm")
    return drawn.with_columns(hour=pl.Series(random.integers(0, 60, 1_200))).join(hours, on="hour")


def test_a_switchback_compares_periods_and_draws_their_order_anew():
    spec = trial_spec(switchback={"period": "hour", "carry_over": 1})
    hours = _hours()

    readout = analyze(hours, spec)

    assert readout.srm.counted == "periods"
    assert readout.primary.n_arm + readout.primary.n_control < hours.height
    assert "periods" in readout.primary.method
    assert [row.check for row in readout.sensitivity] == ["randomisation"]


@pytest.mark.parametrize(
    ("changes", "spoil", "sentence"),
    [
        (
            {"contacted": "was_reached"},
            lambda u: u.with_columns(was_reached=pl.lit(2)),
            "'was_reached' .* holds 2.0, but must hold 0 or 1",
        ),
        (
            {"segments": ["unit"]},
            lambda u: u.with_columns(unit=pl.col("unit_id")),
            "'unit' holds 1200 values, but at most 50",
        ),
        ({"segments": ["region"]}, lambda u: u, r"'region' \(segment\) is missing"),
        (
            {"switchback": {"period": "plan"}},
            lambda u: u,
            "period 'team|period 'free' .* in the arms agent, holdout",
        ),
        (
            {
                "secondary": ["r"],
                "ratios": {"r": {"numerator": "meeting", "denominator": "none"}},
            },
            lambda u: u.with_columns(none=pl.lit(0)),
            "'r' cannot be analysed; the denominators of the control arm sum to 0",
        ),
    ],
)
def test_what_no_section_can_be_made_of_is_one_sentence(changes, spoil, sentence):
    with pytest.raises(UnitsError, match=sentence):
        analyze(spoil(_units()), trial_spec(**changes))


@pytest.mark.parametrize("known", [0, 1])
def test_a_secondary_metric_without_values_is_not_measured_and_stops_nothing(known):
    """R151: no deals in the CRM are no reason to have no answer about meetings."""
    units = _units()
    amounts = [5.0] * known + [None] * (units.height - known)
    bare = units.with_columns(pipeline_usd=pl.Series(amounts, dtype=pl.Float64))
    spec = EVERYTHING | {"secondary": ["pipeline_usd"], "money": "pipeline_usd", "ratios": {}}
    spec |= {"cupac": [], "winsorise": {"pipeline_usd": 0.95}, "quantiles": {"pipeline_usd": [0.5]}}

    found = analyze(bare, trial_spec(**spec))

    whole = analyze(_units(), trial_spec(**EVERYTHING | {"cupac": []}))
    assert found.primary.effect == pytest.approx(whole.primary.effect)
    [row] = [row for row in found.metrics if row.metric == "pipeline_usd"]
    assert (row.effect, row.total, row.p_value) == (None, None, None)
    assert row.n_missing == units.height - known
    assert row.verdict.startswith("not measured: pipeline_usd has ")
    assert row.method == "none without values"
    assert found.money is None
    assert found.quantiles is None


def test_a_primary_metric_without_values_is_an_error_still():
    bare = _units().with_columns(revenue_usd=pl.lit(None, pl.Float64))
    with pytest.raises(UnitsError, match="holds no value at all"):
        analyze(bare, trial_spec(**EVERYTHING))
