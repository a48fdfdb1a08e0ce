"""The rule by which a challenger becomes champion, condition by condition."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.champion import Answer, calibration_error, judge, load_rule, macro_f1
from experiments.errors import ExperimentError

RULE = load_rule()
QUICK = RULE.model_copy(update={"macro_f1": RULE.macro_f1.model_copy(update={"resamples": 100})})
LABELS = ("interested", "not_now", "pricing_question", "unsubscribe")


def answers(n=400, *, wrong=(), lost=()):
    """Texts of four labels in turn; `wrong` are misread, `lost` are stops that go unheard.

    As sure of itself as it is right.
    """
    confidence = 1 - len({*wrong, *lost}) / n
    read = {}
    for i in range(n):
        truth = LABELS[i % 4]
        said = LABELS[(i + 1) % 4] if i in wrong or i in lost else truth
        read[f"t{i}"] = Answer(
            truth=truth,
            said=said,
            confidence=confidence,
            is_stop=truth == "unsubscribe",
            heard_stop=truth == "unsubscribe" and i not in lost,
        )
    return read


CHAMPION = answers(wrong=range(0, 160, 4))
BETTER = answers(wrong=range(0, 40, 4))


def holds(champion, challenger, *, latency_ratio=1.0, rule=RULE):
    judgement = judge(champion, challenger, latency_ratio=latency_ratio, rule=rule)
    return {c.name: c.holds for c in judgement.conditions}, judgement.may_be_promoted


def test_a_challenger_that_is_clearly_better_and_loses_no_stop_may_become_champion():
    conditions, may = holds(CHAMPION, BETTER)

    assert set(conditions) == {"stops", "macro-F1", "calibration", "latency"}
    assert may, conditions


def test_one_lost_stop_is_enough_to_refuse_however_much_better_the_rest_is():
    conditions, may = holds(CHAMPION, answers(lost=(399,)))

    assert conditions == {"stops": False, "macro-F1": True, "calibration": True, "latency": True}
    assert not may


def test_a_lost_stop_is_not_made_up_for_by_another_that_is_found():
    before = answers(wrong=range(0, 160, 4), lost=(3,))
    after = answers(lost=(7,))

    assert not holds(before, after)[0]["stops"]


def test_a_difference_that_chance_explains_is_no_reason():
    """The whole interval must lie above zero: one text more in four hundred is not enough."""
    conditions, may = holds(CHAMPION, answers(wrong=range(4, 160, 4)))

    assert not conditions["macro-F1"]
    assert not may


def test_a_challenger_that_is_equal_is_not_better():
    assert holds(CHAMPION, CHAMPION) == (
        {"stops": True, "macro-F1": False, "calibration": True, "latency": True},
        False,
    )


def test_one_that_is_sure_of_what_it_gets_wrong_is_refused():
    sure = {k: replace(a, confidence=0.6) for k, a in BETTER.items()}

    assert calibration_error(list(sure.values())) > calibration_error(list(CHAMPION.values()))
    assert not holds(CHAMPION, sure)[0]["calibration"]


@pytest.mark.parametrize(("ratio", "may"), [(1.25, True), (1.26, False)])
def test_a_quarter_slower_is_the_most(ratio, may):
    assert holds(CHAMPION, BETTER, latency_ratio=ratio)[1] is may


def test_two_that_read_other_texts_are_not_compared():
    with pytest.raises(ExperimentError, match="register both on one frozen set"):
        judge(CHAMPION, answers(n=396), latency_ratio=1.0, rule=RULE)


def test_the_refusal_names_what_fails_with_its_figures():
    said = judge(CHAMPION, answers(lost=(399,)), latency_ratio=3.0, rule=RULE).said

    assert "stops: 1 of 100 lost, at most 0; recall 0.990 after 1.000" in said
    assert "latency: 3.00 times the champion's, at most 1.25" in said
    assert "macro-F1" not in said


def test_macro_f1_is_what_scikit_learn_says():
    from sklearn.metrics import f1_score

    rows = list(CHAMPION.values())
    known = f1_score([a.truth for a in rows], [a.said for a in rows], average="macro")

    assert macro_f1(rows) == pytest.approx(known)


@given(
    lost=st.sets(st.integers(0, 24).map(lambda i: 4 * i + 3), min_size=1),
    wrong=st.sets(st.integers(0, 99)),
)
def test_whoever_loses_a_stop_never_becomes_champion(lost, wrong):
    """Whatever else it reads better."""
    champion = answers(100, wrong=wrong)
    challenger = answers(100, lost=lost)

    assert not holds(champion, challenger, rule=QUICK)[1]
