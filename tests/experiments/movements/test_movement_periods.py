from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.movements.periods import Days, periods_of

FIRST = date(2026, 1, 5)


def run(days):
    return Days(FIRST, FIRST + timedelta(days=days - 1))


@pytest.mark.parametrize(
    ("days_known", "settles", "length"),
    [(60, 0, 14), (28, 0, 14), (27, 0, 7), (28, 7, 7), (13, 0, 6), (6, 0, 3), (5, 0, None)],
)
def test_periods_have_whole_weeks_and_fit_into_the_run(days_known, settles, length):
    found = periods_of(run(days_known), days=14, settles_days=settles)
    assert (found and found.after.count) == length


@given(st.integers(1, 400), st.integers(1, 60), st.integers(0, 30))
def test_both_periods_are_alike_side_by_side_and_inside(known, days, settles):
    whole = run(known)
    found = periods_of(whole, days=days, settles_days=settles)
    if found is None:
        return
    before, after = found.before, found.after
    assert before.count == after.count <= days
    assert after.since - before.until == timedelta(days=1)
    assert whole.since <= before.since
    assert after.until == whole.until - timedelta(days=settles)
    if before.count > 7:
        assert before.since.weekday() == after.since.weekday()
