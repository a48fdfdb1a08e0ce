"""Figures in words."""

import pytest

from pipelines.readouts import words
from pipelines.readouts.report import Figure


def figure(value: float | None, *parts: float, n: int = 1, reason: str = "") -> Figure:
    top, bottom = parts if parts else (None, None)
    return Figure(value=value, numerator=top, denominator=bottom, n=n, reason=reason)


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.1234, "share", "12.3%"),
        (0.1432, "USD", "$0.143"),
        (1234.5, "USD", "$1,234.50"),
        (7.26, "minutes", "7.3 min"),
        (288.0, "minutes", "4.8 h"),
        (3.216, "turns", "3.22"),
        (4223.0, "messages", "4,223"),
        (None, "share", "–"),
    ],
)
def test_values_are_written_with_their_unit(value, unit, written):
    assert words.value(figure(value), unit) == written


def test_a_value_is_followed_by_what_it_rests_on():
    assert words.basis(figure(0.5, 2, 4), "share") == "2 of 4"
    assert words.basis(figure(7.0, n=91), "minutes") == "n = 91"
    assert words.basis(figure(None, reason="a price is unknown"), "USD") == "a price is unknown"
    assert words.basis(None, "share") == "nothing to count"


def test_differences_carry_their_sign():
    assert words.points(0.0286) == "+2.9"
    assert words.points(-0.0286) == "−2.9"


def test_a_share_of_nothing_is_a_dash():
    assert words.percent(0, 0) == "–"
    assert words.percent(0, 10) == "0%"
    assert words.percent(1, 3) == "33.3%"


def test_long_texts_are_cut():
    assert len(words.redacted("a" * 2000)) == 902


def test_what_moved_is_said_with_its_interval_and_its_days():
    line = {"unit": "share", "change": -0.05, "ci_low": -0.064, "ci_high": -0.037}
    assert words.change(line) == "−5.0 points (−6.4 to −3.7)"
    assert words.change(line | {"ci_low": None}) == "−5.0 points"
    people = {"unit": "persons", "change": -35.0, "ci_low": -52.99, "ci_high": -18.39}
    assert words.change(people) == "−35 (−53 to −18)"
    waits = {"unit": "minutes", "change": 1.5, "ci_low": -0.2, "ci_high": 3.2}
    assert words.change(waits) == "+1.5 min (−0.2 min to +3.2 min)"
    assert words.stretch(["2026-01-19", "2026-01-25"]) == "19 to 25 January 2026"
    assert words.stretch(["2026-01-26", "2026-02-01"]) == "26 January to 1 February 2026"
