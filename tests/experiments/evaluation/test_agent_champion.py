"""The rule by which a version of the agent becomes champion, condition by condition (R78-R80)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.errors import ExperimentError
from experiments.evaluation.cases import Case, read_cases, write_cases
from experiments.evaluation.figures import differences, figures_of
from experiments.evaluation.rule import judge, load_rule

RULE = load_rule()


def turn(number, **more):
    """A turn of a scenario with two turns; every eighth is on an objection, every tenth a stop."""
    is_stop = number % 10 == 0
    usual = {
        "truth": "unsubscribe" if is_stop else ("interested", "not_now")[number % 2],
        "as_expected": True,
        "is_objection": number % 8 == 0,
        "is_stop": is_stop,
        "heard_stop": is_stop,
        "by_itself": True,
        "words": 30,
        "latency_ms": 20.0 + number % 7,
        "confidence": 0.9,
    }
    fields = {**usual, "said": usual["truth"], **more}
    name = f"turn:{number:03}"
    return Case(id=name, kind="turn", group=f"s{number // 2}", label="x", **fields)


def draft(number, **more):
    is_false = number % 2 == 0
    fields = {"is_false": is_false, "is_caught": is_false, **more}
    return Case(id=f"draft:{number}", kind="draft", group=f"d{number}", label="price", **fields)


CHAMPION = (*(turn(n) for n in range(400)), *(draft(n) for n in range(100)))


def changed(**by_kind):
    """The champion's cases with some of them otherwise: `turns={3: {...}}`."""
    found = {case.id: case for case in CHAMPION}
    for kind, changes in by_kind.items():
        for number, fields in changes.items():
            name = f"turn:{number:03}" if kind == "turns" else f"draft:{number}"
            found[name] = replace(found[name], **fields)
    return tuple(found.values())


def failing(challenger, champion=CHAMPION, **more):
    found = judge(champion, challenger, rule=RULE, **more)
    assert found.may_be_promoted == all(c.holds for c in found.conditions)
    return [c.name for c in found.conditions if not c.holds]


def test_a_version_that_is_as_good_in_everything_may_be_promoted():
    assert failing(CHAMPION) == []


def test_one_lost_stop_refuses_it():
    deaf = changed(turns={0: {"heard_stop": False}})

    assert failing(deaf) == ["stops"]


def test_adherence_may_not_fall_by_more_than_the_margin():
    few = changed(turns={n: {"as_expected": False} for n in (1, 3)})
    many = changed(turns={n: {"as_expected": False} for n in range(1, 40, 3)})

    assert failing(few) == []
    assert "adherence" in failing(many)


def test_lost_objections_are_not_made_up_for_by_the_many_other_turns():
    lost = {n: {"as_expected": False} for n in (8, 24, 40)}

    assert failing(changed(turns=lost)) == ["objections"]


def test_a_claim_without_a_fact_that_would_go_out_refuses_it():
    assert failing(changed(turns={5: {"let_through": 1}})) == ["false claims out"]


def test_drafts_that_stand_on_nothing_refuse_it_though_the_rules_stop_them_all():
    lies = {n: {"claims": 3, "supported": 0, "asked": True} for n in range(1, 400, 4)}

    assert failing(changed(turns=lies)) == ["grounding"]


def test_falsehoods_that_are_no_longer_caught_and_honest_drafts_that_are_blocked():
    assert failing(changed(drafts={2: {"is_caught": False}})) == ["false claims caught"]
    assert failing(changed(drafts={n: {"is_caught": True} for n in (1, 3)})) == [
        "honest drafts blocked"
    ]


def test_a_server_that_often_gives_no_answer_refuses_it():
    gone = {n: {"asked": True, "failure": "too_slow" if n % 10 else ""} for n in range(1, 99)}

    assert failing(changed(turns=gone)) == ["answered"]


def test_tokens_without_a_price_are_no_tokens_for_nothing():
    dear = changed(turns={n: {"output_tokens": 500} for n in range(400)})
    judgement = judge(CHAMPION, dear, rule=RULE)

    (cost,) = [c for c in judgement.conditions if c.name == "cost"]
    assert not cost.holds
    assert "pricing.yaml" in cost.figure
    assert failing(dear, usd=lambda case: case.output_tokens * 1e-6 + 1e-4) == []
    assert failing(dear, usd=lambda case: case.output_tokens * 1e-3) == ["cost"]


def test_only_what_is_slow_by_itself_is_too_slow():
    slower = changed(turns={n: {"latency_ms": 900.0} for n in range(400)})
    slow = changed(turns={n: {"latency_ms": 9_000.0} for n in range(400)})

    assert failing(slower) == []
    assert failing(slow) == ["latency"]


def test_a_set_that_says_nothing_of_objections_promotes_nobody():
    few = [case for case in CHAMPION if not case.is_objection]

    assert failing(few, champion=few) == ["objections"]


def test_a_few_cases_do_not_show_that_nothing_is_lost():
    assert "adherence" in failing(CHAMPION[:40], champion=CHAMPION[:40])


def test_versions_are_compared_on_the_same_cases_and_labels_only():
    for other in (CHAMPION[1:], changed(turns={1: {"wanted": "otherwise"}})):
        with pytest.raises(ExperimentError, match="on one set"):
            judge(CHAMPION, other, rule=RULE)


def test_cases_are_read_back_as_they_were_written(tmp_path):
    cases = (replace(CHAMPION[3], slips=("a", "b"), shown="naïve — “yes”"), *CHAMPION)

    assert read_cases(write_cases(tmp_path / "cases.jsonl", cases)) == cases


@settings(max_examples=30)
@given(st.lists(st.booleans(), min_size=4, max_size=60), st.randoms())
def test_figures_lie_in_their_intervals_and_hang_on_no_order(rights, random):
    cases = [turn(n, as_expected=right) for n, right in enumerate(rights)]
    shuffled = list(cases)
    random.shuffle(shuffled)
    figures = figures_of(cases)

    for one in figures:
        if None not in (one.low, one.value, one.high):
            assert one.low - 1e-9 <= one.value <= one.high + 1e-9, one
    assert {f.name: f.value for f in figures} == pytest.approx(
        {f.name: f.value for f in figures_of(shuffled)}
    )
    (adherence,) = [f for f in figures if f.name == "adherence"]
    assert adherence.high > adherence.low, "never of zero width"


def test_the_interval_of_a_paired_difference_holds_the_truth():
    """95% wanted; 120 trials of 100 scenarios with two turns that hang together."""
    rng, held, trials = np.random.default_rng(5), 0, 120
    for _ in range(trials):
        shared = rng.random(100) < 0.1  # scenarios in which the challenger loses both turns
        alone = rng.random(200) < 0.03
        lost = np.repeat(shared, 2) | alone
        before = [turn(n) for n in range(200)]
        after = [turn(n, as_expected=not lost[n]) for n in range(200)]
        found = differences(before, after)["adherence"]
        held += found.low <= -(0.1 + 0.9 * 0.03) <= found.high
    assert 0.9 <= held / trials <= 1.0
