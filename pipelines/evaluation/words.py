"""Puts figures of an evaluation into words."""

from experiments.evaluation.figures import Difference, Figure
from experiments.evaluation.measures import Unit

_MINUS = "\u2212"


def value(number: float | None, unit: Unit) -> str:
    """Returns a value in its unit."""
    if number is None:
        return "–"
    if unit == "share":
        return f"{number * 100:.1f}%"
    if unit == "score":
        return f"{number:.3f}"
    if unit == "usd":
        return f"{number:.5f} USD"
    if unit == "ms":
        return f"{number:,.0f} ms" if number >= 10 else f"{number:.1f} ms"
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def interval(figure: Figure) -> str:
    """Returns the two ends of an interval, and over how many cases it is."""
    if figure.low is None or figure.high is None:
        return f"{figure.n:,} cases" if figure.n else ""
    ends = f"{value(figure.low, figure.unit)} to {value(figure.high, figure.unit)}"
    return f"{ends}, n\u00a0{figure.n:,}"


def moved(found: Difference, unit: Unit) -> str:
    """Returns a difference with its sign, shares in percentage points."""
    return "" if found.value is None else _signed(found.value, unit)


def moved_interval(found: Difference, unit: Unit) -> str:
    """Returns the interval of a difference."""
    if found.low is None or found.high is None:
        return ""
    return f"{_signed(found.low, unit)} to {_signed(found.high, unit)}"


def _signed(number: float, unit: Unit) -> str:
    shown = {"share": f"{number * 100:+.1f}", "usd": f"{number:+.5f}"}.get(unit, f"{number:+,.1f}")
    return shown.replace("-", _MINUS)
