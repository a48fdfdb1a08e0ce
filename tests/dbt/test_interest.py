"""What buyers show of themselves, and whether anybody of us answers it."""

import pytest
from interest_by_hand import interest_by_hand

from experiments.metrics import read_metric


@pytest.mark.parametrize("name", ["signals_seen", "signal_follow_up_rate", "accounts_active"])
def test_signals_and_use_equal_the_count_by_hand(name, built, world):
    """R55: intent and usage reach the warehouse, and a sign of interest is followed up or not."""
    hand = interest_by_hand(world)[name]
    (reading,) = read_metric(name, warehouse=built.warehouse)
    assert hand.value
    assert reading.value == pytest.approx(hand.value)
    if hand.numerator is not None:
        assert 0 < hand.numerator < hand.denominator
        assert (reading.numerator, reading.denominator) == (hand.numerator, hand.denominator)
