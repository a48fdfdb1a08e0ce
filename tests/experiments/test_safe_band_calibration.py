"""Confidence against what came true, on answers whose truth is known."""

import numpy as np
import polars as pl
import pytest

from experiments.calibration import (
    JUDGED,
    answer,
    at_thresholds,
    reliability,
    safe_threshold,
    simulated_answers,
)
from experiments.number_figures import multiples_figure, reliability_figure


def judged(confidence, is_right):
    return pl.DataFrame({"confidence": confidence, "is_right": is_right}, schema=JUDGED)


def honest(seed, count):
    draw = np.random.default_rng(seed)
    confidence = draw.uniform(0.5, 1.0, count)
    return judged(confidence, draw.random(count) < confidence)


def test_bands_hold_equally_many_answers_and_say_what_came_true():
    found = reliability(judged([0.9] * 4 + [0.6] * 4, [True] * 4 + [True, False] * 2), bands=2)
    assert found["n"].to_list() == [4, 4]
    assert found["said"].to_list() == pytest.approx([0.6, 0.9])
    assert found["came_true"].to_list() == [0.5, 1.0]
    assert (found["ci_low"] < found["came_true"]).all()


def test_intervals_of_an_honest_agent_hold_what_it_said():
    held = [
        low <= said <= high
        for seed in range(20)
        for said, low, high in reliability(honest(seed, 2_000))
        .select("said", "ci_low", "ci_high")
        .rows()
    ]
    assert 0.92 <= np.mean(held) <= 0.98


def test_thresholds_say_what_is_sent_and_what_of_it_is_wrong():
    found = at_thresholds(
        judged([0.95, 0.9, 0.8, 0.6], [True, False, True, True]), [0.5, 0.9, 0.99]
    )
    assert found["sent"].to_list() == [4, 2, 0]
    assert found["coverage"].to_list() == [1.0, 0.5, 0.0]
    assert found["error"].to_list() == [0.25, 0.5, None]
    assert found["error_at_most"][2] is None


def test_the_chosen_band_errs_more_than_it_may_in_at_most_one_run_of_twenty():
    """R72, R227: the true error of the chosen band is known here."""
    broken = 0
    for seed in range(200):
        threshold = safe_threshold(at_thresholds(honest(seed, 800)), most_errors=0.1)
        true_error = 0.0 if threshold is None else 1 - (threshold + 1) / 2
        broken += true_error > 0.1
    assert broken <= 10


def test_the_lowest_threshold_that_is_shown_is_taken():
    found = at_thresholds(honest(1, 20_000))
    assert safe_threshold(found, most_errors=0.1) == 0.85
    assert answer(found, most_errors=0.1).startswith(
        "Send without a person from a confidence of 0.8"
    )


def test_with_few_answers_no_threshold_is_shown():
    found = at_thresholds(honest(1, 20))
    assert safe_threshold(found, most_errors=0.02) is None
    assert "let a person approve everything" in answer(found, most_errors=0.02)


def test_without_answers_there_is_nothing_to_choose():
    found = at_thresholds(judged([], []))
    assert found["coverage"].null_count() == found.height
    assert safe_threshold(found, most_errors=0.1) is None
    assert reliability(judged([], [])).is_empty()


def test_made_up_answers_are_a_little_too_sure():
    bands = reliability(simulated_answers(count=20_000))
    assert (bands["came_true"] < bands["said"]).all()


def test_figures_draw_every_band_and_every_multiple():
    bands = reliability(honest(1, 500))
    assert list(reliability_figure(bands).data[1].x) == bands["said"].to_list()
    figure = multiples_figure([1, 10], [2.0, None], unit="USD")
    assert list(figure.data[0].x) == ["1x", "10x"]
    assert list(figure.data[0].y) == [2.0, None]
