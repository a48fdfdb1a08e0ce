"""Agreement and calibration of reviewers, on marks whose truth is known."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from agent_runtime.coaching.agreement import FEWEST, agreement
from agent_runtime.coaching.calibration import calibrations
from agent_runtime.coaching.scoring import Agreed, Given, are_apart
from agent_runtime.feedback.events import Score

AT = datetime(2026, 1, 13, tzinfo=UTC)


def marks(count, chance):
    """Two readings of a truth, each a point off two times in five."""
    truth = chance.choice([1, 2, 3, 4, 5], p=[0.05, 0.1, 0.2, 0.3, 0.35], size=count)
    read = [
        np.clip(truth + chance.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=count), 1, 5)
        for _ in range(2)
    ]
    return [(str(one), str(other)) for one, other in zip(*read, strict=True)]


def by_hand(found, labels, *, is_rated):
    """One minus the seen by the expected distance (Cohen 1968), each pair counted both ways."""
    place = [labels.index(mark) for pair in found for mark in pair]
    seen = np.array([(place[n], place[n + 1]) for n in range(0, len(place), 2)])
    both = np.concatenate([seen, seen[:, ::-1]])

    def distance(one, other):
        return (one - other) ** 2 if is_rated else one != other

    expected = distance(both[:, 0][:, None], both[:, 1][None, :]).mean()
    return 1 - distance(both[:, 0], both[:, 1]).mean() / expected


def test_kappa_is_what_the_definition_says_with_both_orders_counted():
    """R206: quadratic weights for marks with an order, none for objections."""
    found = marks(60, np.random.default_rng(3))
    wanted = by_hand(found, list("12345"), is_rated=True)
    assert agreement("tone", found).kappa == pytest.approx(wanted)
    said = [("handled", "none"), ("none", "none"), ("missed", "handled"), ("none", "none")] * 4
    wanted = by_hand(said, ["handled", "missed", "none"], is_rated=False)
    assert agreement("objection", said).kappa == pytest.approx(wanted)
    assert wanted == pytest.approx(1 / 17), "8 of 16 the same, 15 of 32 by chance"


def test_the_interval_of_kappa_holds_the_truth_as_often_as_it_says():
    chance = np.random.default_rng(7)
    truth = agreement("tone", marks(50_000, chance)).kappa
    found = [agreement("tone", marks(40, chance)) for _ in range(200)]
    held = sum(one.low <= truth <= one.high for one in found) / len(found)
    assert 0.89 <= held <= 0.98


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ([], "no pairs"),
        ([("5", "4")] * (FEWEST - 1), "too few"),
        ([("5", "5")] * 30, "chance agrees as often"),
    ],
)
def test_no_kappa_is_given_where_nothing_follows(found, why):
    one = agreement("accuracy", found)
    assert one.kappa is None
    assert why in one.reason


def test_a_perfect_kappa_claims_no_interval():
    one = agreement("accuracy", [("5", "5"), ("3", "3")] * 10)
    assert one.kappa == 1
    assert math.isnan(one.low)


def scores(count, *, leaning=lambda _: 0):
    """Three reviewers on the same threads; the first leans, as `leaning` says of each thread."""
    chance = np.random.default_rng(5)
    for number in range(count):
        truth = int(chance.choice([2, 3, 4]))
        for slot, name in enumerate(("ana", "ben", "eva"), 1):
            own = leaning(number) if name == "ana" else 0
            noise = int(chance.choice([0, 0, 0, 1, -1]))
            tone = min(5, max(1, truth + noise + own))
            score = Score(truth, tone, truth, "none")
            yield Given(f"s{number:03}", name, slot, score, "", AT + timedelta(hours=number))


def test_whoever_leans_is_off_on_that_field_alone_and_the_others_are_not():
    """R206, R246: how far each reviewer is from the consensus, and in which direction."""
    ana, ben, eva = calibrations(scores(40, leaning=lambda _: -1), {})
    tone = {bias.dimension: bias for bias in ana.biases}["tone"]
    assert -1.3 < tone.mean < -0.7
    assert tone.low < tone.mean < tone.high < 0
    assert [bias.dimension for bias in ana.biases if bias.is_off] == ["tone"]
    assert not ana.is_drifting
    for other in (ben, eva):
        assert 0 < {bias.dimension: bias for bias in other.biases}["tone"].mean < 0.8


def test_a_settled_mark_is_the_consensus_whatever_the_others_gave():
    two = [
        Given("s", "ana", 1, Score(2, 2, 2, "none"), "", AT),
        Given("s", "ben", 2, Score(5, 5, 5, "missed"), "", AT),
    ]
    assert are_apart(two) == ("accuracy", "tone", "adherence", "objection")
    settled = {"s": Agreed("s", Score(5, 5, 5, "missed"), "", "ana", AT)}
    ana, ben = calibrations(two, settled)
    assert [bias.mean for bias in ana.biases] == [-3, -3, -3]
    assert [bias.mean for bias in ben.biases] == [0, 0, 0]
    assert (ana.objections, ben.objections) == (0, 1)


def test_whoever_grows_stricter_is_seen_to_drift():
    ana, ben, _ = calibrations(scores(60, leaning=lambda n: -2 if n >= 30 else 0), {})
    assert ana.is_drifting
    assert ana.drift < -0.3
    assert len(ana.path) == 60
    short, *_ = calibrations(scores(8), {})
    assert short.drift is None
    assert ben.drift > 0, "beside somebody who grows stricter"
