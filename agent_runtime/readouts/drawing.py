"""Where lines and dots of a panel stand, in percent of its box; pages need no script for them."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agent_runtime.readouts.board import Figure, Row

Point = tuple[float, float]

_ROOM = 3.0
"""Percent that stay free at each end, so that a dot is never cut."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One row as drawn: a dot, or a bar from the left, and a line around it."""

    row: Row
    at: float | None
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A value over time: points from the left, 0 at the top; runs without a gap, and bands."""

    points: tuple[Point, ...]
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    top: str
    """What the upper edge means, in words."""
    foot: str


def marks(rows: Sequence[Row], figure: Figure) -> tuple[Mark, ...]:
    """Returns each row on one scale; that of times is of powers of ten."""
    if figure == "spread":
        return _spread(rows)
    ends = [x for row in rows for x in (row.cell.value, row.cell.low, row.cell.high)]
    known = [0.0, *(x for x in ends if x is not None)]
    low, high = min(known), max(known)
    length = (high - low) or 1.0

    def place(value: float | None) -> float | None:
        if value is None:
            return None
        return round(_ROOM + (value - low) / length * (100 - 2 * _ROOM), 2)

    return tuple(
        Mark(row, place(row.cell.value), place(row.cell.low), place(row.cell.high))
        if figure != "bars"
        else Mark(row, None, place(0), place(row.cell.value))
        for row in rows
    )


def trend(rows: Sequence[Row], *, is_share: bool) -> Trend | None:
    """Returns a line over time with the band of its intervals; None where nothing has a value."""
    known = [row for row in rows if row.cell.value is not None]
    if not known:
        return None
    ends = [x for row in known for x in (row.cell.value, row.cell.low, row.cell.high)]
    most = max(x for x in ends if x is not None)
    top = min(1.0, _round_up(most)) if is_share else _round_up(most)
    step = (100 - 2 * _ROOM) / max(1, len(rows) - 1)

    def point(index: int, value: float) -> Point:
        across = 50.0 if len(rows) == 1 else _ROOM + index * step
        return round(across, 2), round(96 - 92 * (value / top if top else 0), 2)

    runs: list[list[tuple[int, Row]]] = [[]]
    for index, row in enumerate(rows):
        if row.cell.value is None:
            runs.append([])
        else:
            runs[-1].append((index, row))
    whole = [run for run in runs if run]
    return Trend(
        points=tuple(point(i, r.cell.value or 0.0) for run in whole for i, r in run),
        lines=tuple(_joined(point(i, r.cell.value or 0.0) for i, r in run) for run in whole),
        bands=tuple(band for run in whole if (band := _band(run, point))),
        top=f"{100 * top:g}%" if is_share else f"{top:,g}",
        foot="0%" if is_share else "0",
    )


def _band(run: Sequence[tuple[int, Row]], at: Callable[[int, float], Point]) -> str:
    sure = [(i, r.cell.low, r.cell.high) for i, r in run]
    ends = [(i, low, high) for i, low, high in sure if low is not None and high is not None]
    if len(ends) < 2:
        return ""
    return _joined([*(at(i, h) for i, _, h in ends), *(at(i, w) for i, w, _ in reversed(ends))])


def _joined(points: Iterable[Point]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _spread(rows: Sequence[Row]) -> tuple[Mark, ...]:
    values = [
        math.log10(x)
        for row in rows
        for x in (row.cell.value, row.tail.value if row.tail else None)
        if x is not None and x > 0
    ]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    length = (high - low) or 1.0

    def place(value: float | None) -> float | None:
        if value is None or value <= 0:
            return None
        return round(_ROOM + (math.log10(value) - low) / length * (100 - 2 * _ROOM), 2)

    found = []
    for row in rows:
        at = place(row.cell.value)
        found.append(Mark(row, at, at, place(row.tail.value) if row.tail else None))
    return tuple(found)


def _round_up(value: float) -> float:
    """The next round number: not much above, so that a line uses its box."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        m * power for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if m * power >= value * (1 - 1e-9)
    )
