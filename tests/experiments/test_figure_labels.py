"""Figures: what they show, and that no label covers another or leaves the figure."""

from datetime import date, timedelta

import pytest

from experiments.figures import COLOURS, daily_figure, interval_figure
from experiments.readout import MetricReadout

SHARE = {
    "metric": "meeting",
    "role": "primary",
    "arm": "agent",
    "control": "holdout",
    "n_arm": 1000,
    "n_control": 1000,
    "n_missing": 0,
    "is_share": True,
    "mean_arm": 0.05,
    "mean_control": 0.02,
    "effect": 0.03,
    "ci_low": 0.014,
    "ci_high": 0.046,
    "relative": 1.5,
    "relative_ci_low": 0.4,
    "relative_ci_high": 2.6,
    "total": 30.0,
    "total_ci_low": 14.0,
    "total_ci_high": 46.0,
    "p_value": 0.001,
    "method": "difference of means, Welch t interval",
    "margin": None,
    "verdict": "shown",
}


def readout(**changes: object) -> MetricReadout:
    return MetricReadout.model_validate({**SHARE, **changes})


def texts(figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_shares_are_drawn_in_points_with_their_interval():
    figure = interval_figure(readout())
    line, dot = figure.data
    assert list(line.x) == pytest.approx([1.4, 4.6])
    assert list(dot.x) == pytest.approx([3.0])
    assert texts(figure) == ["<b>measured +3.0</b><br>(+1.4 to +4.6)"]


def test_the_truth_stands_below_and_the_estimate_above():
    above, below = interval_figure(readout(), truth=0.03).layout.annotations
    assert above.yshift > 0 > below.yshift
    assert below.text == "planted truth +3.0"


@pytest.mark.parametrize("truth", [0.0, 0.3, -0.3])
def test_everything_that_is_marked_lies_inside_the_axis(truth):
    figure = interval_figure(readout(), truth=truth)
    low, high = figure.layout.xaxis.range
    marks = [x for trace in figure.data for x in trace.x]
    assert all(low < x < high for x in (*marks, 0))


def test_a_label_near_an_edge_grows_inwards():
    low, high = interval_figure(readout(), truth=-0.3).layout.annotations
    assert (low.xanchor, high.xanchor) == ("right", "left")


def test_an_effect_without_an_interval_says_so():
    figure = interval_figure(readout(ci_low=None, ci_high=None))
    assert texts(figure) == ["<b>measured +3.0</b><br>(no interval)"]


def test_daily_counts_begin_at_zero_and_tell_the_arms_apart():
    """The dash and not only the colour says which arm a line is."""
    days = [date(2026, 1, 12) + timedelta(days=n) for n in range(3)]
    figure = daily_figure(days, {"agent": [5, 9, 2], "holdout": [0, 1, 0]}, control="holdout")
    agent, holdout = figure.data
    assert figure.layout.yaxis.range[0] == 0
    assert (agent.line.dash, holdout.line.dash) == ("solid", "dot")
    assert (agent.meta, holdout.meta) == ("agent", "holdout")


def test_a_campaign_without_days_is_an_empty_figure():
    assert daily_figure([], {"agent": [], "holdout": []}, control="holdout").data[0].x == ()


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("role", sorted(set(COLOURS) - {"grid"}))
def test_colours_can_be_read_on_white(role):
    """WCAG 2.2, 1.4.3: contrast of at least 4.5."""
    assert 1.05 / (_luminance(COLOURS[role]) + 0.05) >= 4.5
