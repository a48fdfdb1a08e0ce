from datetime import UTC, datetime

import polars as pl
from trials import counted_units, drawn_units, trial_spec

from experiments.analysis import analyze
from experiments.figures import interval_figure


def _by_role(figure):
    return {trace.meta: list(trace.x) for trace in figure.data}


def test_the_figure_shows_interval_estimate_and_truth_in_percentage_points():
    row = analyze(counted_units((120, 1_000), (60, 1_000)), trial_spec()).primary

    shown = _by_role(interval_figure(row, truth=0.05))

    assert shown["interval"] == [row.ci_low * 100, row.ci_high * 100]
    assert shown["agent"] == [row.effect * 100]
    assert shown["truth"] == [5.0]


def test_where_there_is_no_interval_the_figure_claims_none():
    units = drawn_units(1).with_columns(meeting=0.0)

    figure = interval_figure(analyze(units, trial_spec()).primary)

    assert _by_role(figure) == {"interval": [], "agent": [0.0]}
    assert "(no interval)" in figure.layout.annotations[0].text


def test_while_effects_are_hidden_the_figure_shows_none():
    units = drawn_units(1).with_columns(assigned_at=pl.lit("2026-03-02"))
    spec = trial_spec(primary={"metric": "meeting", "window_days": 9}, assigned_at="assigned_at")

    hidden = analyze(units, spec, now=datetime(2026, 3, 9, tzinfo=UTC)).primary

    assert _by_role(interval_figure(hidden)) == {"interval": []}
