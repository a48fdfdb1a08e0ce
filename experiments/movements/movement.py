"""One metric in two periods: up, down, flat, or why nobody can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from experiments.movements.document import Movement, State
from experiments.movements.periods import Days, Periods
from experiments.movements.rules import Watch
from experiments.movements.units import NO_UNITS, UnitValues, aligned, sample_of
from experiments.semantic_layer import MetricDefinition
from experiments.statistics.changes import (
    FEWEST_CLUSTERS,
    Change,
    clusters_worth,
    count_change,
    quantile_change,
    ratio_change,
    share_change,
)
from experiments.statistics.multiplicity import adjusted

LEVEL = 0.05
"""Chance that anything is called up or down where nothing changed; and that of a false `flat`."""

FEWEST_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Side:
    """A metric in one period: the reading that everybody sees, and what it is made of."""

    value: float | None
    n: int
    reason: str = ""
    units: UnitValues | None = None


NOTHING = Side(None, 0, "nothing to count")


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric before and after; `change` is None where `reason` says why."""

    definition: MetricDefinition
    watch: Watch
    keys: Mapping[str, str | None]
    before: Side
    after: Side
    periods: Periods | None
    change: Change | None
    reason: str = ""

    @property
    def margin(self) -> float | None:
        """The least change that matters, in the metric's unit."""
        return None if self.before.value is None else self.watch.margin_at(self.before.value)


def compare(
    definition: MetricDefinition,
    watch: Watch,
    before: Side,
    after: Side,
    periods: Periods | None,
    *,
    keys: Mapping[str, str | None] | None = None,
) -> Compared:
    """Returns the comparison of a metric in two periods."""
    compared = Compared(definition, watch, keys or {}, before, after, periods, None)
    for when, side in (("in the period before", before), ("in the last period", after)):
        if side.value is None:
            return replace(compared, reason=f"{side.reason}, {when}")
        if side.units is None and not definition.is_count:
            return replace(compared, reason=f"the values of single units are not known, {when}")
    change = _change(definition, before, after)
    return replace(compared, **{"reason" if isinstance(change, str) else "change": change})


def told(compared: Sequence[Compared]) -> list[Movement]:
    """Returns what may be said of each, when all of them are looked at together.

    Directions hold together at 5%, by Holm; each `flat` is an equivalence test at 5% of its own.
    """
    p_values = adjusted([c.change.p_value if c.change else None for c in compared], "holm")
    return [_movement(c, p) for c, p in zip(compared, p_values, strict=True)]


def _change(definition: MetricDefinition, before: Side, after: Side) -> Change | str:
    units = (before.units or NO_UNITS, after.units or NO_UNITS)
    if definition.level is not None:
        worth = min(len(set(side.clusters)) for side in units)
        if worth < FEWEST_CLUSTERS:
            return _too_few(worth)
        change = quantile_change(sample_of(units[0]), sample_of(units[1]), definition.level)
        return change if change.interval else "too few values lie beyond the quantile"
    first, second = aligned(*units)
    if definition.is_count:
        events = first.numerators.sum() + second.numerators.sum()
        if events < FEWEST_EVENTS:
            return f"{events:.0f} in both periods together, and {FEWEST_EVENTS} are the least"
        return count_change(first.numerators, second.numerators)
    worth = clusters_worth(first, second)
    if worth < FEWEST_CLUSTERS:
        return _too_few(worth)
    of_its_kind = share_change if definition.unit == "share" else ratio_change
    change = of_its_kind(first, second)
    return change if change.interval else "it does not vary"


def _too_few(worth: float) -> str:
    return (
        f"too few accounts for their size: worth {worth:.0f}, and {FEWEST_CLUSTERS} are the least"
    )


def _movement(compared: Compared, p_value: float | None) -> Movement:
    definition, change, margin = compared.definition, compared.change, compared.margin
    state, reason = _state(change, margin, p_value)
    interval = change.interval if change else None
    before, after = compared.before, compared.after
    is_known = before.value is not None and after.value is not None
    return Movement(
        metric=definition.name,
        label=definition.label,
        unit=definition.unit,
        keys=dict(compared.keys),
        state=state,
        before=before.value,
        after=after.value,
        change=(after.value or 0) - (before.value or 0) if is_known else None,
        ci_low=interval.low if interval else None,
        ci_high=interval.high if interval else None,
        p_adjusted=p_value,
        margin=margin,
        n_before=before.n,
        n_after=after.n,
        before_days=_ends(compared.periods.before) if compared.periods else None,
        after_days=_ends(compared.periods.after) if compared.periods else None,
        reason=compared.reason or reason,
    )


def _state(change: Change | None, margin: float | None, p_value: float | None) -> tuple[State, str]:
    if change is None or margin is None or p_value is None:
        return "cannot tell", ""
    if margin and change.is_within(margin, level=LEVEL):
        return "flat", ""
    if p_value > LEVEL:
        return "cannot tell", "what changed may be chance, and may be more than the margin"
    if abs(change.effect) < margin:
        return "cannot tell", "it changed, perhaps by less than matters"
    return ("up" if change.effect > 0 else "down"), ""


def _ends(days: Days) -> tuple:
    return (days.since, days.until)
