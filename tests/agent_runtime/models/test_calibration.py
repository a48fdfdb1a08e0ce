import numpy as np

from agent_runtime.models.calibration import (
    ACCEPTED_RIGHT,
    SaidCurve,
    best_temperature,
    softmax,
    threshold,
)


def drawn(seed=0, rows=4000, labels=4):
    """Returns probabilities, and labels that were drawn by them."""
    random = np.random.default_rng(seed)
    probabilities = softmax(random.normal(scale=2.0, size=(rows, labels)))
    index = np.array([random.choice(labels, p=row) for row in probabilities])
    return probabilities, index


def test_the_temperature_that_made_the_labels_is_found():
    probabilities, index = drawn()

    assert abs(best_temperature(np.log(probabilities), index) - 1.0) < 0.1
    assert abs(best_temperature(0.2 * np.log(probabilities), index) - 0.2) < 0.02


def test_from_the_threshold_on_enough_is_right():
    probabilities, index = drawn()
    accepted = probabilities.max(axis=1) >= threshold(probabilities, index)
    right = probabilities.argmax(axis=1) == index

    assert accepted.any()
    assert right[accepted].mean() >= ACCEPTED_RIGHT
    assert right.mean() < ACCEPTED_RIGHT


def test_where_nothing_is_right_hardly_anything_is_accepted():
    probabilities = np.full((10, 2), [0.95, 0.05])

    assert threshold(probabilities, np.ones(10, dtype=int)) == 0.99


def test_a_higher_score_is_more_likely_said():
    random = np.random.default_rng(0)
    scores = random.normal(size=(2000, 3))
    said = (random.random(scores.shape) < 1 / (1 + np.exp(-3 * scores + 1))).astype(float)
    curve = SaidCurve.fitted(scores, said, beside=np.zeros(2000, dtype=int))

    assert abs(curve.slope - 3) < 0.4
    assert abs(curve.start + 1) < 0.3


def test_nothing_further_is_heard_where_no_text_says_more():
    said = np.eye(3)[[0, 1, 2]]
    curve = SaidCurve.fitted(np.ones((3, 3)), said, beside=np.array([0, 1, 2]))

    assert curve.probability(np.array([5.0]))[0] < 1e-6
