"""Places of intervals on an axis."""

from hypothesis import given
from hypothesis import strategies as st

from experiments.report.forest import Row, forest

NUMBERS = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)


@st.composite
def rows(draw):
    low, effect, high = sorted(draw(st.lists(NUMBERS, min_size=3, max_size=3)))
    return Row(label="arm", effect=effect, low=low, high=high, margin=draw(st.none() | NUMBERS))


@given(found=st.lists(rows(), min_size=1, max_size=8), is_share=st.booleans())
def test_all_intervals_zero_and_margins_lie_within_the_picture_and_in_order(found, is_share):
    drawn = forest("metric", found, is_share=is_share)

    assert 0 <= drawn.zero <= 100
    assert all(0 <= place <= 100 for place, _ in drawn.ticks)
    assert 1 <= len(drawn.ticks) <= 7
    for row, bar in zip(found, drawn.bars, strict=True):
        assert 0 <= bar.low <= bar.at <= bar.high <= 100
        assert bar.margin is None or 0 <= bar.margin <= 100
        assert bar.excludes_zero == (row.low > 0 or row.high < 0)


@given(found=rows())
def test_ticks_are_evenly_spaced_and_zero_is_among_them(found):
    drawn = forest("metric", [found], is_share=False)

    assert "0" in [label for _, label in drawn.ticks]
    assert any(abs(place - drawn.zero) < 0.01 for place, label in drawn.ticks if label == "0")


def test_what_has_no_estimate_is_drawn_as_nothing_and_said():
    [bar] = forest("metric", [Row(label="a", effect=None, low=None, high=None)], is_share=True).bars

    assert (bar.at, bar.low, bar.high) == (None, None, None)
    assert bar.in_words == "a: no estimate"
