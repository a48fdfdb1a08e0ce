import numpy as np
import pytest

from experiments.errors import PowerError
from experiments.holdout_cost import holdout_costs
from experiments.power import Design, SampleSize, detectable, sample_size
from experiments.power_figure import holdout_cost_figure, holdout_cost_page
from experiments.power_plan import needed_units
from experiments.spec import Spec

QUESTION = {"baseline": 0.05, "mde_relative": 0.5, "power": 0.8, "alpha": 0.05, "share": 0.5}


@pytest.mark.parametrize(
    ("question", "units"),
    [
        ({"baseline": 0.02, "mde_relative": 0.25, "power": 0.8}, 13_809),
        ({"baseline": 0.5, "mde_relative": 0.5, "power": 0.9}, 77),
    ],
)
def test_equal_arms_need_what_the_textbook_says(question, units):
    """R's power.prop.test gives 13808.92 and, as its manual prints, 76.7 per group."""
    assert sample_size(**QUESTION | question) == SampleSize(units, units)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("mde_relative", [0.5, -0.4])
def test_the_promised_power_holds_for_the_test_that_is_run(share, mde_relative):
    size = sample_size(**QUESTION | {"share": share, "mde_relative": mde_relative})
    rng = np.random.default_rng(1)
    arm = rng.binomial(size.n_arm, 0.05 * (1 + mde_relative), 20_000) / size.n_arm
    control = rng.binomial(size.n_control, 0.05, 20_000) / size.n_control

    error = np.sqrt(arm * (1 - arm) / size.n_arm + control * (1 - control) / size.n_control)
    detected = np.mean(np.abs(arm - control) > 1.96 * error)

    assert 0.79 <= detected <= 0.88
    assert size.n_arm / (size.n_arm + size.n_control) == pytest.approx(share, abs=0.001)


def test_a_small_holdout_costs_more_people_than_halves():
    halves, tenth = sample_size(**QUESTION), sample_size(**QUESTION | {"share": 0.9})

    assert tenth.n_arm + tenth.n_control > 2 * (halves.n_arm + halves.n_control)
    assert tenth.n_control < halves.n_control


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"baseline": 0}, "baseline is 0, but"),
        ({"share": 1}, "share is 1, but"),
        ({"alpha": 1.2}, r"alpha is 1\.2, but"),
        ({"power": 0.04}, r"power is 0\.04, but must be above alpha"),
        ({"mde_relative": 0}, "mde_relative is 0, "),
        ({"mde_relative": 25}, r"mde_relative is 25, which makes 1\.3"),
    ],
)
def test_figures_that_no_trial_has_are_refused(change, sentence):
    with pytest.raises(PowerError, match=sentence):
        sample_size(**QUESTION | change)


def test_clusters_inflate_and_covariates_deflate_the_sample():
    """Kish's design effect for 10 people an account with icc 0.05 is 1.45; CUPED keeps 1 - r2."""
    alone = sample_size(**QUESTION | {"mde_relative": 0.25, "baseline": 0.02})
    accounts = Design(cluster_size=10, icc=0.05)
    foretold = Design(r_squared=0.3)

    clustered = sample_size(**QUESTION | {"mde_relative": 0.25, "baseline": 0.02}, design=accounts)
    adjusted = sample_size(**QUESTION | {"mde_relative": 0.25, "baseline": 0.02}, design=foretold)

    assert clustered.n_arm == pytest.approx(1.45 * alone.n_arm, rel=1e-4)
    assert adjusted.n_arm == pytest.approx(0.7 * alone.n_arm, rel=1e-4)


def test_what_a_number_of_units_detects_is_the_question_that_needs_them():
    size = sample_size(**QUESTION | {"share": 0.8})

    found = detectable(baseline=0.05, units=size.total, power=0.8, alpha=0.05, share=0.8)

    assert found == pytest.approx(QUESTION["mde_relative"], rel=0.001)
    with pytest.raises(PowerError, match=r"units is 10, with which no rise of a baseline"):
        detectable(baseline=0.5, units=10, power=0.8, alpha=0.05, share=0.5)


def test_a_tenth_held_out_costs_people_and_spares_outcomes():
    """R169: what a 10% holdout costs against 50:50, and what it spares."""
    costs = {c.holdout: c for c in holdout_costs(baseline=0.02, mde_relative=0.25)}

    assert costs[0.1].times_halves == pytest.approx(2.87, abs=0.01)
    assert costs[0.5].forgone > 1.5 * costs[0.1].forgone
    assert costs[0.5].forgone == pytest.approx(13_809 * 0.02 * 0.25)
    assert costs[0.1].days is None
    timed = holdout_costs(baseline=0.02, mde_relative=0.25, units_per_day=400, shares=(0.5,))
    assert timed[0].days == 70


def test_the_picture_names_a_tenth_and_halves():
    costs = holdout_costs(baseline=0.02, mde_relative=0.25, units_per_day=400)
    said = [note.text for note in holdout_cost_figure(costs).layout.annotations]

    assert any("10%: 199" in text for text in said)
    assert any("50%: 70" in text for text in said)
    page = holdout_cost_page(costs, baseline=0.02, mde_relative=0.25, power=0.8, alpha=0.05)
    assert "A holdout of 10% needs 2.9 times the people of 50%" in page
    assert "https://" not in page.split("<script")[0]


def test_a_spec_says_what_every_arm_needs_for_its_planned_power():
    spec = Spec.model_validate(
        {
            "id": "trial",
            "arms": {"holdout": 0.2, "a": 0.4, "b": 0.4},
            "control": "holdout",
            "primary": {"metric": "meeting"},
            "power": {"baseline": 0.02, "mde_relative": 0.25, "units_per_day": 500},
        }
    )
    needed = needed_units(spec)

    pair = sample_size(baseline=0.02, mde_relative=0.25, power=0.8, alpha=0.05, share=2 / 3)
    assert needed["units"]["a"] == needed["units"]["b"]
    assert needed["units"]["a"] == pytest.approx(pair.n_arm, abs=2)
    assert needed["units"]["holdout"] == pytest.approx(pair.n_control, abs=2)
    assert needed["days"] == -(-sum(needed["units"].values()) // 500)


@pytest.mark.parametrize(
    ("design", "sentence"),
    [
        (Design(cluster_size=0.5), r"cluster_size is 0\.5, but"),
        (Design(icc=1.5), r"icc is 1\.5, but"),
        (Design(r_squared=1), "r_squared is 1, but"),
    ],
)
def test_designs_that_no_trial_has_are_refused(design, sentence):
    with pytest.raises(PowerError, match=sentence):
        sample_size(**QUESTION, design=design)
