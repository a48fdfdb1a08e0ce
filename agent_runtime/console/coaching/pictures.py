"""Where dots, lines and circles stand in the pictures of agreement and calibration.

Pictures are inline SVG; horizontal places are per cent of the width, so that text keeps its size.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agent_runtime.coaching.agreement import Agreement
from agent_runtime.coaching.calibration import Bias
from agent_runtime.coaching.rubric import OBJECTION, OBJECTIONS, SCALE

MARGIN = 4.0
"""Per cent left free on either side, so that nothing is cut off."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A value with its interval on a line."""

    at: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Circle:
    """How often two marks came together, as a circle whose area says it."""

    x: float
    y: float
    radius: float
    count: int
    is_same: bool


def place(value: float, least: float, most: float) -> float:
    """Returns where a value stands, in per cent; values beyond an end stand at it.

    >>> place(0.5, 0, 1)
    50.0
    """
    share = (min(max(value, least), most) - least) / (most - least)
    return round(MARGIN + share * (100 - 2 * MARGIN), 2)


def agreement_dot(found: Agreement) -> Dot | None:
    """Returns a kappa on a line from 0 to 1."""
    return None if found.kappa is None else _dot(found.kappa, found.low, found.high, 0, 1)


def bias_dot(bias: Bias) -> Dot:
    """Returns a bias on a line from 2 points too strict to 2 too kind."""
    return _dot(bias.mean, bias.low, bias.high, -2, 2)


def _dot(value: float, low: float, high: float, least: float, most: float) -> Dot:
    ends = [None if math.isnan(end) else place(end, least, most) for end in (low, high)]
    return Dot(place(value, least, most), ends[0], ends[1])


def circles(found: Agreement) -> tuple[tuple[Circle, ...], tuple[str, ...]]:
    """Returns the circles of a table of marks, and the marks along its sides.

    A cell is 40 wide; who scored first means nothing, so that all pairs stand below the diagonal.
    """
    labels = OBJECTIONS if found.dimension == OBJECTION else tuple(map(str, SCALE))
    spot = {label: 40 * number + 20 for number, label in enumerate(labels)}
    most = max((count for *_, count in found.pairs), default=1)
    return tuple(
        Circle(
            spot[low],
            spot[high],
            round(max(9.0, 18 * math.sqrt(count / most)), 1),
            count,
            low == high,
        )
        for low, high, count in found.pairs
    ), labels


def path_of(values: Sequence[float], *, over: int = 5) -> str:
    """Returns the points of a line through moving means, in a box of 300 by 80, zero at 40."""
    if len(values) < 2:
        return ""
    means = [
        sum(values[max(0, n - over + 1) : n + 1]) / len(values[max(0, n - over + 1) : n + 1])
        for n in range(len(values))
    ]
    step = 300 / (len(means) - 1)
    return " ".join(
        f"{round(n * step, 1)},{round(40 - 20 * min(max(one, -2), 2), 1)}"
        for n, one in enumerate(means)
    )
