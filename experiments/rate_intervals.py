"""How well a share is known: its Wilson interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.metrics import MetricReading
from experiments.semantic_layer import MetricDefinition


@dataclass(frozen=True, slots=True)
class Interval:
    """The two ends of an interval, in the unit of its value."""

    low: float
    high: float


def rate_interval(
    numerator: float, denominator: float, *, confidence: float = 0.95
) -> Interval | None:
    """Returns the Wilson interval of a share; None where there is nothing to divide by.

    It takes what is counted as independent, so where one buyer counts many times (turns,
    proposals) it is somewhat too narrow.

    Source: Wilson, E. B. (1927), JASA 22(158), 209-212.
    """
    (interval,) = rate_intervals([numerator], [denominator], confidence=confidence)
    return interval


def rate_intervals(
    numerators: Sequence[float | None],
    denominators: Sequence[float | None],
    *,
    confidence: float = 0.95,
) -> tuple[Interval | None, ...]:
    """Returns the Wilson intervals of many shares at once; None where a pair is no share."""
    from statsmodels.stats.proportion import proportion_confint

    pairs = tuple(zip(numerators, denominators, strict=True))
    known = [(top, whole) for top, whole in pairs if _is_share(top, whole)]
    if not known:
        return tuple(None for _ in pairs)
    tops, wholes = zip(*known, strict=True)
    found: Any = proportion_confint(tops, wholes, alpha=1 - confidence, method="wilson")
    ends = iter(zip(*found, strict=True))
    return tuple(
        Interval(*map(float, next(ends))) if _is_share(top, whole) else None for top, whole in pairs
    )


def intervals_of(
    readings: Sequence[MetricReading], definitions: Mapping[str, MetricDefinition]
) -> tuple[Interval | None, ...]:
    """Returns the interval of each reading whose metric is the share of one count in another."""
    are_rates = [is_rate(definitions[r.metric], definitions) for r in readings]
    return rate_intervals(
        [r.numerator if ok else None for r, ok in zip(readings, are_rates, strict=True)],
        [r.denominator if ok else None for r, ok in zip(readings, are_rates, strict=True)],
    )


def is_rate(definition: MetricDefinition, definitions: Mapping[str, MetricDefinition]) -> bool:
    """Returns whether a metric is a share of things counted in things counted."""
    parts = (definition.numerator, definition.denominator)
    return definition.unit == "share" and all(p and definitions[p].is_count for p in parts)


def _is_share(top: float | None, whole: float | None) -> bool:
    return top is not None and whole is not None and whole > 0 and 0 <= top <= whole
