import numpy as np
import pytest

from experiments.errors import PowerError
from experiments.power import SampleSize, sample_size

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
