"""R176: a guardrail stops a campaign for what is certain at any look, and hardly ever by chance."""

import numpy as np
import polars as pl
import pytest

from experiments.errors import ExperimentError
from experiments.guardrail_rises import rises
from experiments.spec import Spec
from experiments.stop_rules import check_rules, judge

MARGIN = 0.01


def spec(**changes):
    content = {
        "id": "trial",
        "arms": {"agent": 0.5, "holdout": 0.5},
        "control": "holdout",
        "primary": {"metric": "meeting"},
        "guardrails": {"unsubscribed": {"margin": MARGIN}},
        "stop_rules": [{"metric": "unsubscribed", "above": MARGIN}],
    }
    return Spec.model_validate(content | changes)


def units_of(agent, holdout):
    """Units from (opt-outs, units) an arm."""
    arms = (("agent", agent), ("holdout", holdout))
    rows = [(f"{a}{i}", a, int(i < hits)) for a, (hits, n) in arms for i in range(n)]
    return pl.DataFrame(rows, schema=["unit_id", "arm", "unsubscribed"], orient="row")


def found_in(units, promised=None):
    return judge(promised or spec(), lambda *_, **__: pytest.fail("read"), {}, lambda: units)


def test_a_rise_that_is_certain_stops_and_one_that_may_be_chance_does_not():
    (harm,) = found_in(units_of((90, 1_000), (20, 1_000)))
    (chance,) = found_in(units_of((33, 1_000), (20, 1_000)))

    assert harm.is_broken
    assert harm.value > MARGIN
    assert "unsubscribed of agent against holdout: +7 percentage points, at least +" in harm.said
    assert "the campaign stops above +1 percentage points" in harm.said
    assert not chance.is_broken
    assert "would stop" in chance.said


def test_a_rule_speaks_once_enough_units_are_counted():
    late = spec(stop_rules=[{"metric": "unsubscribed", "above": MARGIN, "after": 2_000}])

    (found,) = found_in(units_of((90, 1_000), (20, 1_000)), late)

    assert not found.is_broken
    assert "the rule speaks from 2,000 on" in found.said


def test_every_treated_arm_is_held_against_the_control():
    arms = {"mild": 0.25, "harsh": 0.25, "holdout": 0.5}
    units = units_of((90, 1_000), (20, 1_000)).with_columns(pl.col("arm").replace("agent", "harsh"))
    mild = units_of((20, 1_000), (0, 0)).with_columns(
        pl.lit("mild").alias("arm"), pl.col("unit_id") + "m"
    )

    found = found_in(pl.concat([units, mild]), spec(arms=arms))

    assert [(one.arm, one.is_broken) for one in found] == [("mild", False), ("harsh", True)]


@pytest.mark.parametrize(
    ("units", "why"),
    [
        (units_of((1, 1), (0, 1)), "but needs two"),
        (units_of((9, 90), (0, 90)).drop("unsubscribed"), "'unsubscribed' .* is missing"),
        (units_of((0, 90), (0, 90)).with_columns(unsubscribed=None), "holds no value at all"),
    ],
)
def test_what_cannot_be_measured_breaks_nothing_and_is_said(units, why):
    (found,) = found_in(units)

    assert (found.is_broken, found.value) == (False, None)
    assert "unknown" in found.said
    assert pytest.raises(AssertionError, match=why).matches(AssertionError(found.said))


def test_other_columns_need_not_be_there_yet():
    """The primary metric, covariates and segments of a running trial may still be empty."""
    full = spec(covariates=["before"], segments=["size"], secondary=["revenue"])

    (found,) = found_in(units_of((90, 1_000), (20, 1_000)), full)

    assert found.is_broken


def test_units_of_an_account_are_counted_together():
    """Ninety opt-outs in three accounts of thirty are three angry customers."""
    units = units_of((90, 900), (9, 900)).with_columns(
        account=pl.col("arm") + (pl.int_range(pl.len()) // 30).cast(pl.String)
    )

    (alone,), (together,) = found_in(units), found_in(units, spec(cluster="account"))

    assert alone.is_broken
    assert not together.is_broken


def test_a_guardrail_that_may_not_fall_is_refused():
    rule = {"metric": "unsubscribed", "below": 0.5}

    with pytest.raises(ExperimentError, match="the guardrail 'unsubscribed' has 'below'"):
        check_rules(spec(stop_rules=[rule]), [])
    check_rules(spec(), [])


def _stopped_at(random, shares, bound, *, looks, units=2_000):
    """The look at which a campaign stops whose opt-outs come in over time; None if it never does.

    Everybody is assigned at once, as a batch campaign does it, and each opt-out has its own day.
    """
    is_arm = random.random(units) < 0.5
    day = np.where(
        random.random(units) < np.where(is_arm, *shares), random.random(units) * looks, np.inf
    )
    arms = np.where(is_arm, "agent", "holdout")
    table = pl.DataFrame({"unit_id": np.arange(units), "arm": arms})
    for look in range(1, looks + 1):
        so_far = table.with_columns(unsubscribed=pl.Series((day <= look).astype(int)))
        (rise,) = rises(so_far, spec(), "unsubscribed")
        if rise.at_least is not None and rise.at_least > bound:
            return look
    return None


def test_looking_often_hardly_ever_stops_a_harmless_campaign():
    """R176: at most 2.5% of those without harm ever stop; issue_5_guardrails.py runs thousands."""
    random = np.random.default_rng(11)

    stopped = [_stopped_at(random, (0.05, 0.05), 0.0, looks=10) for _ in range(40)]

    assert sum(look is not None for look in stopped) <= 4


def test_a_harmful_campaign_is_stopped_long_before_its_end():
    random = np.random.default_rng(12)

    stopped = [_stopped_at(random, (0.12, 0.03), MARGIN, looks=20) for _ in range(10)]

    assert all(look is not None for look in stopped)
    assert np.median([look for look in stopped if look]) <= 13
