"""Effects with their intervals on one scale, as places that a page can draw without a script."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from experiments.report import words

_ROOM = 0.04
"""Part of the width that stays free at each end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One effect; in its own unit, shares as parts of 1."""

    label: str
    note: str = ""
    effect: float | None
    low: float | None
    high: float | None
    margin: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A row as drawn: places in percent of the width, and the same in words."""

    label: str
    note: str
    effect: str
    interval: str
    at: float | None
    low: float | None
    high: float | None
    margin: float | None
    excludes_zero: bool
    in_words: str


@dataclass(frozen=True, slots=True)
class Forest:
    """Bars over one axis, which always shows zero."""

    caption: str
    unit: str
    bars: tuple[Bar, ...]
    zero: float
    ticks: tuple[tuple[float, str], ...]
    """Place in percent, and what stands there."""
    has_margin: bool


def forest(caption: str, rows: Sequence[Row], *, is_share: bool) -> Forest:
    """Returns the rows on one axis, wide enough for all intervals and zero."""
    scale = 100 if is_share else 1
    known = [x for row in rows for x in (row.effect, row.low, row.high, row.margin)]
    values = [x * scale for x in known if x is not None] + [0.0]
    low, high = min(values), max(values)
    width = high - low or 1.0
    start, length = low - _ROOM * width, width * (1 + 2 * _ROOM)

    def place(value: float | None) -> float | None:
        return None if value is None else round((value * scale - start) / length * 100, 3)

    return Forest(
        caption=caption,
        unit=words.unit(is_share=is_share),
        bars=tuple(
            Bar(
                label=row.label,
                note=row.note,
                effect=words.effect(row.effect, is_share=is_share),
                interval=words.interval(row.low, row.high, is_share=is_share),
                at=place(row.effect),
                low=place(row.low),
                high=place(row.high),
                margin=place(row.margin),
                excludes_zero=_excludes_zero(row),
                in_words=_in_words(row, is_share=is_share),
            )
            for row in rows
        ),
        zero=round(-start / length * 100, 3),
        ticks=tuple(
            (round((tick - start) / length * 100, 3), _label(tick))
            for tick in _ticks(start, start + length)
        ),
        has_margin=any(row.margin is not None for row in rows),
    )


def _excludes_zero(row: Row) -> bool:
    return row.low is not None and row.high is not None and (row.low > 0 or row.high < 0)


def _in_words(row: Row, *, is_share: bool) -> str:
    if row.effect is None:
        return f"{row.label}: no estimate"
    place = "the interval excludes zero" if _excludes_zero(row) else "the interval includes zero"
    if row.low is None:
        place = "no interval"
    return (
        f"{row.label}: effect {words.effect(row.effect, is_share=is_share)} "
        f"{words.unit(is_share=is_share)}, 95% interval "
        f"{words.interval(row.low, row.high, is_share=is_share)}; {place}"
    )


def _ticks(low: float, high: float, *, most: int = 5) -> Iterator[float]:
    """Round numbers (1, 2 or 5 times a power of ten) within the axis, zero among them."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    for count in range(math.ceil(low / step), math.floor(high / step) + 1):
        yield count * step


def _label(tick: float) -> str:
    return "0" if abs(tick) < 1e-12 else words.effect(tick, is_share=False)
