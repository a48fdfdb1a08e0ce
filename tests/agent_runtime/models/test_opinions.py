"""The opinions that ship come from the texts beside them."""

import numpy as np
import pytest

from agent_runtime.models.embedding import HashingEmbedder
from agent_runtime.models.opinions import (
    MATTERS,
    Lesson,
    fingerprint_of,
    learn,
    lessons_of,
    meaning_of,
    opinion_on,
    plain,
    shipped_fingerprint,
)

ASKS = [f"please take {who} off your list" for who in ("me", "us", "our office", "my boss")]
OTHERS = [f"please send {what} over today" for what in ("the price", "an offer", "it", "slides")]


@pytest.mark.parametrize("matter", MATTERS)
def test_the_shipped_opinion_was_learnt_from_the_shipped_texts(matter):
    """After a change of training texts: parley playbook train --ship."""
    assert shipped_fingerprint(matter) == fingerprint_of(lessons_of())


def test_the_shipped_weights_agree_with_the_labels_of_their_texts():
    """A twentieth of the texts: weights of other texts, or none, would agree far less."""
    sample = [lesson for lesson in lessons_of() if lesson.weight > 1][::80]
    opinion = opinion_on("opt_out")
    likely = [
        opinion.joined(
            opinion.of_wording(plain(lesson.text)),
            float(opinion.of_meaning(meaning_of(lesson.text))[0]),
        )
        for lesson in sample
    ]
    right = [
        (p > 0.5) == (lesson.kind == "opt_out") for p, lesson in zip(likely, sample, strict=True)
    ]

    assert len(sample) > 35
    assert np.mean(right) >= 0.95


def test_learning_twice_gives_the_same_and_tells_what_it_was_taught_apart():
    taught = (
        *(Lesson(text, "opt_out", 1.0) for text in ASKS),
        *(Lesson(text, "reply", 1.0) for text in OTHERS),
    )
    first, again = (learn("opt_out", taught, HashingEmbedder()) for _ in range(2))
    said = [first.of_wording(plain(lesson.text)) for lesson in taught]

    assert np.array_equal(first.weights, again.weights)
    assert np.array_equal(first.support, again.support)
    assert min(said[: len(ASKS)]) > max(said[len(ASKS) :])
