"""How the value of a metric is written, wherever people read it."""

from collections.abc import Callable, Mapping
from datetime import date

from experiments.metrics import MetricReading
from experiments.rate_intervals import Interval
from experiments.semantic_layer import MetricDefinition

DASH = "–"
NOTHING = "nothing to count"
_ACRONYMS = {"icp": "ICP", "crm": "CRM", "id": "ID", "sms": "SMS", "api": "API"}


def value_text(value: float | None, unit: str) -> str:
    """Returns a value with its unit, as people write it; a dash where there is none."""
    if value is None:
        return DASH
    write = _WRITTEN.get(unit)
    if write is not None:
        return write(value)
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def interval_text(interval: Interval | None) -> str:
    """Returns the ends of a share's interval in percent; nothing where there is none."""
    if interval is None:
        return ""
    return f"{100 * interval.low:.1f}–{100 * interval.high:.1f}%"


def difference_text(number: float, unit: str, *, is_whole: bool = False) -> str:
    """Returns a difference with its sign; one of shares is in points, which no value is."""
    if unit == "share":
        size = f"{100 * abs(number):.1f} points"
    else:
        size = value_text(float(round(abs(number))) if is_whole else abs(number), unit)
    return f"{'−' if number < 0 else '+'}{size}"


def basis_text(numerator: float | None, denominator: float | None, n: int, unit: str) -> str:
    """Returns what a value rests on: a part of a whole, or how many things."""
    if numerator is None or denominator is None:
        return f"n = {n:,}"
    if unit == "share":
        joined = "of" if numerator <= denominator else "against"
        return f"{_count(numerator)} {joined} {_count(denominator)}"
    top = f"${numerator:,.2f}" if unit == "USD" else f"{numerator:,.0f}"
    return f"{top} / {denominator:,.0f}"


def reading_text(
    reading: MetricReading,
    interval: Interval | None,
    definitions: Mapping[str, MetricDefinition],
) -> str:
    """Returns a reading in one line: its value with interval or n, or why there is no value."""
    definition = definitions[reading.metric]
    unit = definition.unit
    if reading.value is None:
        return reason_text(reading, definitions)
    value = value_text(reading.value, unit)
    if interval is not None:
        return f"{value} ({interval_text(interval)})"
    if is_amount(definition):
        return value
    return f"{value}, n = {reading.n:,}"


def is_amount(definition: MetricDefinition) -> bool:
    """Returns whether a metric counts or sums up, so that it rests on nothing but itself."""
    is_sum = definition.unit in _SUMS and definition.numerator is None
    return definition.is_count or is_sum


def reason_text(reading: MetricReading, definitions: Mapping[str, MetricDefinition]) -> str:
    """Returns why a reading has no value, for people who do not know the metrics' names."""
    if reading.reason.startswith(NOTHING):
        return f"{NOTHING}: no {_lower(definitions[definitions[reading.metric].n].label)}"
    return reading.reason


def group_text(name: str | None, dimension: str) -> str:
    """Returns the value of a dimension as words: `icp-midmarket-data@1` is ICP midmarket data."""
    if name is None:
        return f"No {dimension}"
    if name in _NAMES.get(dimension, {}):
        return _NAMES[dimension][name]
    words = name.partition("@")[0].replace("-", " ").replace("_", " ").split()
    text = " ".join(_ACRONYMS.get(word.lower(), word) for word in words)
    return text[:1].upper() + text[1:]


def day_text(day: date) -> str:
    """Returns a day without its year."""
    return f"{day:%-d %b}"


def _count(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"


def _lower(label: str) -> str:
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


_WRITTEN: Mapping[str, Callable[[float], str]] = {
    "share": lambda x: f"{100 * x:.1f}%",
    "share of words": lambda x: f"{100 * x:.0f}% of words",
    "USD": lambda x: f"${x:,.3f}" if 0 < abs(x) < 1 else f"${x:,.2f}",
    "minutes": lambda x: f"{x / 60:,.1f} h" if x >= 120 else f"{x:,.1f} min",
    "ms": lambda x: f"{x / 1000:,.1f} s" if x >= 1000 else f"{x:,.1f} ms",
    "points of 5": lambda x: f"{x:.2f} of 5",
    "days": lambda x: f"{x:,.0f} days" if x == int(x) else f"{x:,.1f} days",
    "hours": lambda x: f"{x:,.1f} h",
}
_NAMES = {
    "decision": {
        "allow": "Allowed at once",
        "revise": "Sent back to be rewritten",
        "defer": "Deferred",
        "block": "Blocked",
        "escalate": "Handed to a person",
        "end": "Thread ended",
    },
    "item": {
        "human_minute": "Minutes of people",
        "model_turn": "Turns of the model",
        "message": "Messages",
        "licence": "Licences",
        "infrastructure": "Infrastructure",
    },
}
_SUMS = frozenset({"USD", "hours"})
