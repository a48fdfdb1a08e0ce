"""One dashboard as it was published: its questions, and a cell for each choice of filters."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from agent_runtime.readouts.experiment import Forest

Figure = Literal["trend", "groups", "bars", "spread"]
"""Over time; a dot with its interval by group; counts as bars; from the median to the 95th
percentile."""

RUN = "run"
"""Key of the period that is everything."""


class Cell(NamedTuple):
    """A value as it was read, and how it is written; the order in which a page holds it."""

    value: float | None
    low: float | None
    high: float | None
    numerator: float | None
    denominator: float | None
    n: int
    text: str
    interval: str
    basis: str
    said: str


class Row(NamedTuple):
    """One line or point of a panel: what it is called, and its cell."""

    at: str
    label: str
    cell: Cell
    tail: Cell | None = None
    """The 95th percentile, beside a median."""

    @property
    def said(self) -> str:
        """The value in words, or why there is none."""
        if self.tail is None or self.cell.value is None or self.tail.value is None:
            return self.cell.said
        return f"{self.cell.text} · {self.tail.text}"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Value(_Part):
    """A value of a filter or of a split, and its words."""

    value: str
    label: str


class Filter(_Part):
    """What a dashboard can be narrowed by."""

    name: str
    label: str
    values: tuple[Value, ...]


class Period(_Part):
    """A stretch of time: `run`, `month 2026-01-01`, or `week 2026-01-12` by its Monday."""

    key: str
    label: str
    short: str


class Metric(_Part):
    """What a metric means, from the one set of definitions."""

    label: str
    description: str
    formula: str
    unit: str
    grain: str
    owner: str
    requirement: str
    guard_rails: str
    null_when: str
    able: tuple[str, ...]
    """Filters by which it can be told."""
    empty: Cell
    """What it reads where there was nothing to count."""
    caveat: str
    """What to know of it when a filter is set."""


class Pair(_Part):
    """Median and 95th percentile of the same thing."""

    label: str
    median: str
    tail: str


class Panel(_Part):
    """One question and the figure that answers it."""

    title: str
    figure: Figure
    metrics: tuple[str, ...] = ()
    by: str = ""
    by_label: str = ""
    is_split: bool = False
    """Whether `by` is no filter; then `parts` are its values."""
    parts: tuple[Value, ...] = ()
    pairs: tuple[Pair, ...] = ()
    note: str = ""


class Section(_Part):
    """Panels and tiles under one heading."""

    title: str
    note: str = ""
    tiles: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()


class Unmeasured(_Part):
    """A metric without any value, why, and what it takes."""

    metric: str
    why: str
    takes: str


class Change(_Part):
    """A metric that moved, in words."""

    label: str
    before: str
    after: str
    change: str


class Finding(_Part):
    """What moved together, how sure that is, and what to do."""

    headline: str
    evidence: tuple[Change, ...]
    certainty: str
    advice: str


class Moved(_Part):
    """What changed between two periods."""

    between: str
    findings: tuple[Finding, ...]
    quiet: str
    """What is said where nothing did."""


class Lift(_Part):
    """What the experiment says, for who reads the dashboard only."""

    experiment: str
    verdict: str
    sentence: str
    said: tuple[tuple[str, str, str], ...]
    """Figures: what, how many, and its interval or what it rests on."""
    effect: Forest | None
    """The primary metric of each arm against the control; None while it is hidden."""


class Board(_Part):
    """One published dashboard."""

    format: Literal[1] = 1
    name: str
    label: str
    question: str
    audience: str
    made_at: datetime | None
    """Of the run's readout, in campaign time."""
    data_version: str
    filters: tuple[Filter, ...]
    periods: tuple[Period, ...]
    metrics: dict[str, Metric]
    sections: tuple[Section, ...]
    missing: tuple[Unmeasured, ...]
    moved: Moved | None
    lift: Lift | None
    cells: dict[str, dict[str, Cell]]
    """Metric, or `metric/split`, to its cells by period, filters and part."""

    @cached_property
    def weeks(self) -> tuple[Period, ...]:
        """The weeks, in order."""
        return tuple(p for p in self.periods if p.key.startswith("week "))

    def chosen(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Returns what of a wish can be chosen: filters that there are, with values of theirs."""
        known = {one.name: {v.value for v in one.values} for one in self.filters}
        return {name: v for name, v in wanted.items() if v in known.get(name, ())}

    def period(self, key: str) -> Period:
        """Returns a period; everything, where there is none of that key."""
        return next((p for p in self.periods if p.key == key), self.periods[0])

    def cell(self, metric: str, period: str, chosen: Mapping[str, str]) -> Cell:
        """Returns the cell of a metric for a choice; its words say why there is no value."""
        told = self.metrics[metric]
        if unable := [name for name in chosen if name not in told.able]:
            why = f"cannot be told by {' or '.join(unable)}"
            return Cell(None, None, None, None, None, 0, "–", "", why, why)
        return self.cells.get(metric, {}).get(self._key(period, chosen), told.empty)

    def rows(self, panel: Panel, period: str, chosen: Mapping[str, str]) -> tuple[Row, ...]:
        """Returns what a panel shows for a choice."""
        if panel.figure == "spread":
            return tuple(
                Row(p.label, p.label, *(self.cell(m, period, chosen) for m in (p.median, p.tail)))
                for p in panel.pairs
            )
        [first, *_] = panel.metrics
        if panel.figure == "trend":
            return tuple(
                Row(week.key[5:], week.short, self.cell(first, week.key, chosen))
                for week in self.weeks
            )
        if panel.is_split:
            return _ranked(self._parts(panel, first, period, chosen))
        if panel.figure == "groups":
            return _ranked(self._groups(panel, first, period, chosen))
        return tuple(
            Row(name, self.metrics[name].label, self.cell(name, period, chosen))
            for name in panel.metrics
        )

    def _groups(
        self, panel: Panel, metric: str, period: str, chosen: Mapping[str, str]
    ) -> list[Row]:
        values = next((one.values for one in self.filters if one.name == panel.by), ())
        if not values:
            return [Row("all", "All", self.cell(metric, period, chosen))]
        return [
            Row(v.value, v.label, self.cell(metric, period, {**chosen, panel.by: v.value}))
            for v in values
            if chosen.get(panel.by, v.value) == v.value
        ]

    def _parts(
        self, panel: Panel, metric: str, period: str, chosen: Mapping[str, str]
    ) -> list[Row]:
        told = self.metrics[metric]
        if any(name not in told.able for name in chosen):
            return []
        found = self.cells.get(f"{metric}/{panel.by}", {})
        return [
            Row(p.value, p.label, found.get(self._key(period, chosen, p.value), told.empty))
            for p in panel.parts
        ]

    def _key(self, period: str, chosen: Mapping[str, str], part: str = "") -> str:
        """How the cell of a choice is called, as it was published."""
        places = (
            str([v.value for v in one.values].index(chosen[one.name])) if one.name in chosen else ""
            for one in self.filters
        )
        return "|".join((period, *places, part))


def _ranked(rows: list[Row]) -> tuple[Row, ...]:
    """The highest value first, those without one last."""
    return tuple(sorted(rows, key=lambda r: (r.cell.value is None, -(r.cell.value or 0))))
