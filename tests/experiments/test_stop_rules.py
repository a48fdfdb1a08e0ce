"""R176: thresholds that were promised before stop a campaign; nothing else does."""

import pytest

from experiments.errors import ExperimentError
from experiments.metrics import MetricReading
from experiments.spec import Spec
from experiments.stop_rules import check_rules
from experiments.stop_rules import judge as judge_with_units


def judge(promised, read, counts):
    """Without a rule on a guardrail nobody asks for units."""
    return judge_with_units(promised, read, counts, units=lambda: pytest.fail("asked for units"))


def spec(*rules):
    return Spec.model_validate(
        {
            "id": "trial",
            "arms": {"agent": 0.5, "holdout": 0.5},
            "control": "holdout",
            "primary": {"metric": "meeting"},
            "stop_rules": list(rules),
        }
    )


def reads(value, *, n=1000, arm="agent", reason=""):
    def read(name, *, by_arm):
        keys = {"arm": arm} if by_arm else {}
        return (MetricReading("m", value, None, n, n, keys=keys, reason=reason),)

    return read


HALVES = {"agent": 500, "holdout": 500}


@pytest.mark.parametrize(
    ("rule", "value", "n", "is_broken"),
    [
        ({"metric": "complaint_rate", "above": 0.003}, 0.004, 1000, True),
        ({"metric": "complaint_rate", "above": 0.003}, 0.003, 1000, False),
        ({"metric": "complaint_rate", "above": 0.003, "after": 2000}, 0.2, 1000, False),
        ({"metric": "compliance_pass_rate", "below": 0.9}, 0.85, 1000, True),
        ({"metric": "compliance_pass_rate", "below": 0.9}, 0.95, 1000, False),
    ],
)
def test_a_rule_breaks_beyond_its_bound_once_enough_is_counted(rule, value, n, is_broken):
    (found,) = judge(spec(rule), reads(value, n=n), HALVES)

    assert found.is_broken is is_broken
    assert found.said.startswith(f"{rule['metric']} of agent is")


@pytest.mark.parametrize(("value", "is_broken"), [(501.0, True), (499.0, False), (None, False)])
def test_a_budget_is_held_against_all_that_the_program_costs(value, is_broken):
    """Platform and licences belong to no arm, and are spent all the same."""
    (found,) = judge(spec({"metric": "budget_usd", "above": 500}), reads(value, n=3), HALVES)

    assert (found.arm, found.is_broken) == ("all arms", is_broken)


def test_what_cannot_be_computed_breaks_nothing_and_is_said():
    rule = {"metric": "unsubscribe_rate", "above": 0.01}

    (unknown,) = judge(spec(rule), reads(None, reason="nothing to count"), HALVES)
    (absent,) = judge(spec(rule), reads(0.5, arm="holdout"), HALVES)

    assert (unknown.is_broken, absent.is_broken) == (False, False)
    assert "unknown (nothing to count)" in unknown.said
    assert "unknown (the arm has no row)" in absent.said


def test_arms_of_other_sizes_than_promised_break_the_sample_ratio():
    rule = {"metric": "sample_ratio", "below": 0.0005}

    (even,) = judge(spec(rule), reads(0), {"agent": 510, "holdout": 490})
    (odd,) = judge(spec(rule), reads(0), {"agent": 620, "holdout": 380})
    (nobody,) = judge(spec(rule), reads(0), {"agent": 0, "holdout": 0})

    assert [f.is_broken for f in (even, odd, nobody)] == [False, True, False]


def test_a_rule_on_a_metric_that_nobody_computes_is_refused():
    with pytest.raises(ExperimentError, match="a stop rule's metric is 'happiness'"):
        check_rules(spec({"metric": "happiness", "above": 1}), ["unsubscribe_rate"])
    check_rules(spec({"metric": "unsubscribe_rate", "above": 1}), ["unsubscribe_rate"])


def test_a_rule_needs_one_bound():
    with pytest.raises(ValueError, match="needs either 'above' or 'below'"):
        spec({"metric": "complaint_rate"})
