import pytest
import tea_tasting as tt

from experiments.health import sample_ratio

HALF = {"agent": 0.5, "holdout": 0.5}


def test_a_published_mismatch_is_found():
    """Kohavi, Tang & Xu (2020), chapter 3: 821,588 and 815,482 users give p = 1.8e-6."""
    found = sample_ratio({"agent": 821_588, "holdout": 815_482}, HALF)

    assert found.p_value == pytest.approx(1.8e-6, abs=0.05e-6)
    assert found.is_mismatch
    assert found.verdict.startswith("not shown: the arms may not be comparable")


def test_it_agrees_with_tea_tasting(drawn):
    counts = dict(drawn["arm"].value_counts().iter_rows())

    theirs = tt.SampleRatio(method="norm", correction=False).analyze(
        drawn, "holdout", "agent", variant="arm"
    )

    assert sample_ratio(counts, HALF).p_value == pytest.approx(theirs.pvalue)


@pytest.fixture
def drawn():
    from trials import drawn_units

    return drawn_units(3)


def test_three_arms_are_tested_at_once():
    """Statistic by hand: 4^2/20 + 4^2/30 + 0 = 1.3333 with 2 degrees of freedom."""
    found = sample_ratio({"a": 24, "b": 26, "c": 50}, {"a": 0.2, "b": 0.3, "c": 0.5})

    assert found.p_value == pytest.approx(0.513417, abs=1e-6)
    assert found.expected == pytest.approx({"a": 20, "b": 30, "c": 50})
    assert not found.is_mismatch
