"""The figures that perception reaches on a test set in other voices than the training set's."""

from collections import Counter
from pathlib import Path

import pytest

from agent_runtime.library.playbook import INTENTS
from agent_runtime.lone_text import perceive_text
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.models.evaluation import evaluate
from agent_runtime.models.training import read_training

TEST_SET = read_training(Path(__file__).parent / "intents")
LATER = read_training(Path(__file__).parent / "later_intents")


@pytest.fixture(scope="module")
def model():
    return load_embedded_model()


@pytest.fixture(scope="module")
def seen(model):
    return [perceive_text(example.text, model) for example in TEST_SET]


@pytest.fixture(scope="module")
def reading(seen):
    return evaluate(TEST_SET, seen)


def test_the_test_set_is_broad():
    per_intent = Counter(example.intent for example in TEST_SET)
    per_language = Counter(example.language for example in TEST_SET)

    assert len(TEST_SET) >= 500
    assert set(per_intent) == set(INTENTS)
    assert min(per_intent.values()) >= 12
    assert min(per_language.values()) >= 60
    assert sum(bool(example.also) for example in TEST_SET) >= 60


def test_nothing_tested_was_trained_on():
    trained = {example.text.lower().strip(" .!?") for example in read_training()}

    assert not trained & {example.text.lower().strip(" .!?") for example in (*TEST_SET, *LATER)}


def test_the_primary_intent_is_found(reading):
    """R30, R41, R78: macro-F1 of the primary intent over all 32."""
    assert reading.macro_f1 >= 0.85


def test_confidences_are_honest(reading):
    """R70: sure readings are right as often as they say."""
    assert reading.calibration_error <= 0.05


def test_what_is_read_is_right(reading):
    """R70: where it does not abstain it is right, and it does not abstain much."""
    assert reading.accepted_accuracy >= 0.95
    assert reading.coverage >= 0.7


def test_messages_that_were_written_after_the_model_was_are_read_as_well(model):
    """R41, R70, R78: another author, who knew the conventions and not the training set."""
    later = evaluate(LATER, [perceive_text(example.text, model) for example in LATER])

    assert len(LATER) >= 250
    assert later.macro_f1 >= 0.85
    assert later.calibration_error <= 0.05
    assert later.accepted_accuracy >= 0.95
    assert later.coverage >= 0.7


def test_further_intents_are_heard(reading, seen):
    """R41: several at once, the primary one first."""
    several = [pair for pair in zip(TEST_SET, seen, strict=True) if pair[0].also]

    assert reading.micro_f1 >= 0.85
    assert evaluate(*zip(*several, strict=True)).micro_f1 >= 0.85


@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "pt", "it"])
def test_every_language_is_read(seen, language):
    pairs = [pair for pair in zip(TEST_SET, seen, strict=True) if pair[0].language == language]

    assert evaluate(*zip(*pairs, strict=True)).accuracy >= 0.85


def test_a_point_is_heard_through_small_talk(model):
    letter = (
        "Hello Kim,\n\nsorry for being slow to answer. I hope your week went well. We are a bakery "
        "with nine branches. {} Have a nice weekend!\n\nRegards\nJo"
    )
    for point, intent in (
        ("What would that cost us?", "pricing_question"),
        ("Please take me off your list.", "unsubscribe"),
        ("Could we move our call to another day?", "reschedule"),
    ):
        assert perceive_text(letter.format(point), model).primary == intent
