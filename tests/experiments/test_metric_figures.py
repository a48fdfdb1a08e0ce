"""Figures of metrics: intervals, rows, and that each number is where it was put."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.figure_rows import Row, fill, ranked
from experiments.figure_svg import figure_svg
from experiments.metric_figures import define, funnel_figure, group_figure, time_figure
from experiments.metric_words import group_text, value_text
from experiments.rate_intervals import rate_interval, rate_intervals


def row(at, value, low=None, high=None):
    return Row(at, at, value, low, high, "said")


def test_wilson_intervals_are_those_of_the_textbook():
    """Newcombe (1998), Statistics in Medicine 17, table I: 81/263, 15/148, 0/20, 1/29."""
    known = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605)}
    known |= {(0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718)}
    for (top, whole), (low, high) in known.items():
        found = rate_interval(top, whole)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_what_is_no_share_has_no_interval():
    assert rate_intervals([1, None, 3, 0], [0, 4, 2, None]) == (None, None, None, None)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_between_none_and_all(pair):
    top, whole = pair
    found = rate_interval(top, whole)
    assert -1e-12 <= found.low <= top / whole + 1e-12
    assert top / whole - 1e-12 <= found.high <= 1 + 1e-12


def test_a_line_has_a_gap_where_there_is_no_value_and_the_band_ends_there():
    days = ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"]
    rows = [
        row(days[0], 0.2, 0.1, 0.3),
        row(days[1], 0.4, 0.3, 0.5),
        row(days[2], None),
        row(days[3], 0.5, 0.2, 0.8),
    ]
    band, _, line = time_figure(rows, unit="share").data
    assert list(line.y) == [0.2, 0.4, None, 0.5]
    assert list(band.y) == [0.1, 0.3, 0.5, 0.3, None, 0.2, 0.8, None]
    assert list(band.x)[:4] == [days[0], days[1], days[1], days[0]]


def test_groups_stand_from_the_highest_to_the_lowest_and_those_without_a_value_last():
    rows = [row("low", 0.1, 0.0, 0.2), row("none", None), row("high", 0.9, 0.8, 1.0)]
    assert [r.at for r in ranked(rows)] == ["high", "low", "none"]
    whiskers, dots = group_figure(rows, unit="share").data
    assert list(whiskers.x) == [0.8, 1.0, None, 0.0, 0.2, None]
    assert list(dots.x) == [0.9, 0.1, None]


def test_a_figure_grows_with_its_rows_and_says_the_name_and_value_of_each():
    few = funnel_figure([row("a", 2), row("b", 1)])
    many = funnel_figure([row(str(n), n) for n in range(9)])
    assert many.layout.height > few.layout.height
    assert [note.text for note in few.layout.annotations] == ["a", "said", "b", "said"]


def test_definitions_hold_no_number():
    for kind in ("trend", "groups", "bars", "spread"):
        for trace in define(kind, "share").data:
            assert trace.x is None
            assert trace.y is None


def test_the_svg_draws_every_dot_and_its_words_and_escapes_names():
    rows = [row("<b>&", 0.4, 0.3, 0.5), row("two", 0.6, 0.5, 0.7)]
    svg = str(figure_svg(fill(define("groups", "share"), rows), title='a "b"'))
    assert svg.count("<circle") == 2
    assert svg.count("<polyline") == 2
    assert "&lt;b&gt;&amp;" in svg or "&amp;" in svg
    assert "<b>" not in svg
    assert "<script" not in svg


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [(58.2, "ms", "58.2 ms"), (1200, "ms", "1.2 s"), (0, "USD", "$0.00"), (62, "days", "62 days")],
)
def test_values_carry_their_unit(value, unit, written):
    assert value_text(value, unit) == written


def test_dimension_values_are_words():
    assert group_text("icp-midmarket-data@1", "segment") == "ICP midmarket data"
    assert group_text("defer", "decision") == "Deferred"
    assert group_text(None, "segment") == "No segment"
