"""Units that can be turned into each other: 24 hours are a day, 12 months a year."""

from collections.abc import Mapping
from fractions import Fraction

from agent_runtime.grounding.phrases import word_set

BASES: Mapping[str, tuple[str, Fraction]] = {
    **{name: (name, Fraction(1)) for name in ("business_day", "percent", "percentage_point")},
    "second": ("second", Fraction(1)),
    "minute": ("second", Fraction(60)),
    "hour": ("second", Fraction(3_600)),
    "day": ("second", Fraction(86_400)),
    "week": ("second", Fraction(604_800)),
    "month": ("month", Fraction(1)),
    "quarter": ("month", Fraction(3)),
    "year": ("month", Fraction(12)),
    "gram": ("gram", Fraction(1)),
    "kilogram": ("gram", Fraction(1_000)),
    "tonne": ("gram", Fraction(1_000_000)),
    "micrometre": ("micrometre", Fraction(1)),
    "millimetre": ("micrometre", Fraction(1_000)),
    "centimetre": ("micrometre", Fraction(10_000)),
    "metre": ("micrometre", Fraction(1_000_000)),
    "kilometre": ("micrometre", Fraction(10**9)),
    "inch": ("inch", Fraction(1)),
    "foot": ("inch", Fraction(12)),
    "millilitre": ("millilitre", Fraction(1)),
    "litre": ("millilitre", Fraction(1_000)),
    "cubic_metre": ("millilitre", Fraction(1_000_000)),
    "pound": ("ounce", Fraction(16)),
    "ounce": ("ounce", Fraction(1)),
    "kilobyte": ("kilobyte", Fraction(1)),
    "megabyte": ("kilobyte", Fraction(1_000)),
    "gigabyte": ("kilobyte", Fraction(10**6)),
    "terabyte": ("kilobyte", Fraction(10**9)),
    "watt": ("watt", Fraction(1)),
    "kilowatt": ("watt", Fraction(1_000)),
    "megawatt": ("watt", Fraction(10**6)),
}
"""SI prefixes and the calendar; a month is no fixed number of days, a working day no 24 hours."""

TIME = word_set("second minute hour day week month quarter year business_day")
MONEY = word_set("eur usd gbp chf sek pln jpy inr")


def in_base(value: Fraction, unit: str) -> tuple[str, Fraction]:
    """Returns a unit's base and the value in it; a unit without others is its own base."""
    base, factor = BASES.get(unit, (unit, Fraction(1)))
    return base, value * factor
