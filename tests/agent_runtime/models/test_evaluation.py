import pytest

from agent_runtime.domain import Guess, Perception
from agent_runtime.models.evaluation import evaluate
from agent_runtime.models.training import Example


def example(intent, *also):
    return Example("words", intent, "en", also)


def seen(intent, confidence, *further, abstain=False):
    intents = (Guess(intent, confidence), *(Guess(name, 0.6) for name in further))
    return Perception(intent, confidence, abstain, intents)


def test_figures_of_known_readings():
    """R78: worked by hand."""
    examples = [example("angry"), example("angry"), example("unclear"), example("not_now")]
    reading = evaluate(
        examples,
        [seen("angry", 0.95), seen("unclear", 0.45), seen("unclear", 0.95), seen("not_now", 0.85)],
    )

    assert reading.accuracy == 0.75
    assert reading.f1 == pytest.approx({"angry": 2 / 3, "unclear": 2 / 3, "not_now": 1.0})
    assert reading.macro_f1 == pytest.approx(7 / 9)
    assert reading.calibration_error == pytest.approx(0.5 * 0.05 + 0.25 * 0.45 + 0.25 * 0.15)


def test_what_it_abstains_from_is_not_held_against_it():
    examples = [example("angry"), example("angry")]
    reading = evaluate(examples, [seen("angry", 0.9), seen("unclear", 0.3, abstain=True)])

    assert (reading.coverage, reading.accepted_accuracy) == (0.5, 1.0)


def test_the_curve_gives_accuracy_by_coverage():
    examples = [example("angry"), example("angry")]
    reading = evaluate(examples, [seen("angry", 0.9), seen("unclear", 0.3)])
    by_confidence = {point.confidence: point for point in reading.curve}

    assert (by_confidence[0.0].coverage, by_confidence[0.0].accuracy) == (1.0, 0.5)
    assert (by_confidence[0.5].coverage, by_confidence[0.5].accuracy) == (0.5, 1.0)


def test_further_intents_count_whatever_their_order():
    right = evaluate([example("angry", "unsubscribe")], [seen("unsubscribe", 0.9, "angry")])
    missed = evaluate([example("angry", "unsubscribe")], [seen("angry", 0.9)])
    made_up = evaluate([example("angry")], [seen("angry", 0.9, "not_now")])

    assert right.micro_f1 == 1.0
    assert missed.micro_f1 == made_up.micro_f1 == pytest.approx(2 / 3)


def test_when_it_always_abstains_nothing_is_right():
    reading = evaluate([example("angry")], [seen("unclear", 0.1, abstain=True)])

    assert (reading.coverage, reading.accepted_accuracy) == (0.0, 0.0)
