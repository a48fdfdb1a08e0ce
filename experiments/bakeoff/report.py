"""All that a bake-off says: trial, scorecard, measures, review, cost, and what blurs them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl

from experiments.analysis import analyze
from experiments.bakeoff.agreement import Agreement, agreements
from experiments.bakeoff.answers import Answers
from experiments.bakeoff.config import BakeOff
from experiments.bakeoff.enrolment import Reach, reaches
from experiments.bakeoff.outcomes import Outcomes
from experiments.bakeoff.resampling import (
    Sampled,
    difference,
    sampled_measures,
    sampled_review,
)
from experiments.bakeoff.scorecard import Card, scorecard
from experiments.readout import MetricReadout, Readout
from experiments.statistics.estimate import Interval


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure or a field of the rubric, of one candidate."""

    value: float
    count: int
    ci: Interval | None


@dataclass(frozen=True, slots=True)
class Gap:
    """How far a figure of one candidate lies above another's."""

    arm: str
    base: str
    difference: float
    ci: Interval | None

    @property
    def is_told_apart(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.ci is not None and not self.ci.low <= 0 <= self.ci.high


@dataclass(frozen=True, slots=True)
class Row:
    """One measure or field of the rubric, of every candidate that has it."""

    name: str
    figures: dict[str, Figure]
    gaps: tuple[Gap, ...]
    is_share: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """What a candidate cost; None where nobody said, or where a part of it is unknown."""

    total_usd: float | None
    conversations: int | None
    """Contacts that answered at least once."""

    @property
    def per_conversation_usd(self) -> float | None:
        """Total over conversations; None where either is unknown or nobody answered."""
        if self.total_usd is None or not self.conversations:
            return None
        return self.total_usd / self.conversations


@dataclass(frozen=True, slots=True)
class Report:
    """The whole, as the page and the JSON show it."""

    plan: BakeOff
    as_of: datetime
    deviations: tuple[str, ...]
    counts: dict[str, int]
    readout: Readout
    reaches: tuple[Reach, ...]
    card: Card
    measures: tuple[Row, ...]
    review: tuple[Row, ...]
    threads_read: dict[str, int]
    agreement: tuple[Agreement, ...]
    costs: dict[str, Cost]

    @property
    def verdict(self) -> str:
        """The answer in plain words: who is out, and who can be told from whom."""
        told = [
            f"{self.plan.label(name)} is out: it misses {', '.join(missed)}."
            for name, missed in self.card.missed.items()
            if missed
        ]
        label = self.plan.label
        for versus in self.card.versus:
            if not any(self.card.missed[name] for name in (versus.arm, versus.base)):
                pair = f"{label(versus.arm)} and {label(versus.base)}"
                told.append(f"Scorecard, {pair}: {versus.verdict}.")
        if self.readout.srm.is_mismatch:
            return " ".join([*told, f"{self.plan.primary.metric}: {self.readout.verdict}."])
        for row in self.between:
            told.append(f"{row.metric}, {label(row.arm)} and {label(row.control)}: {apart(row)}.")
        return " ".join(told)

    @property
    def between(self) -> tuple[MetricReadout, ...]:
        """The primary metric of every two candidates."""
        return tuple(
            row
            for row in self.readout.metrics
            if row.role == "primary" and row.control in self.plan.candidates
        )

    def as_dict(self) -> dict[str, Any]:
        """Returns all of it as plain data."""
        card = asdict(self.card)
        return {
            "id": self.plan.id,
            "version": self.plan.version,
            "kind": self.plan.kind,
            "plan_digest": self.plan.digest,
            "as_of": self.as_of.isoformat(),
            "deviations": list(self.deviations),
            "verdict": self.verdict,
            "counts": self.counts,
            "scorecard": card,
            "trial": self.readout.model_dump(mode="json"),
            "reach": [asdict(reach) | {"told": reach.sentence} for reach in self.reaches],
            "measures": [asdict(row) for row in self.measures],
            "review": {
                "threads": self.threads_read,
                "dimensions": [asdict(row) for row in self.review],
                "agreement": [asdict(one) for one in self.agreement],
            },
            "cost": {
                name: asdict(cost) | {"per_conversation_usd": cost.per_conversation_usd}
                for name, cost in self.costs.items()
            },
        }


def apart(row: MetricReadout) -> str:
    """Returns what the primary metric says of two candidates, in plain words."""
    if row.ci_low is None or row.ci_high is None or row.effect is None:
        return row.verdict
    scale, unit = (100, " percentage points") if row.is_share else (1, "")
    told = (
        f"{row.effect * scale:+.1f}{unit}, interval {row.ci_low * scale:+.1f} to "
        f"{row.ci_high * scale:+.1f}"
    )
    if row.ci_low <= 0 <= row.ci_high:
        return f"the two cannot be told apart by this bake-off ({told})"
    return f"they differ ({told})"


def build_report(
    plan: BakeOff,
    outcomes: Outcomes,
    marks: pl.DataFrame | None,
    answers: Mapping[str, Answers],
    *,
    costs: Mapping[str, float],
    deviations: Sequence[str],
    now: datetime,
    source: str = "outcomes",
) -> Report:
    """Returns the report of a bake-off.

    Args:
        plan: The registered plan.
        outcomes: Everybody drawn, with what was delivered.
        marks: Filled review sheets; None where there are none.
        answers: By candidate; empty where there are none.
        costs: What candidates cost in all, in USD, where somebody said so; else the sum of the
            column `cost_usd`.
        deviations: What else blurs the reading, told first.
        now: When it is made.
        source: Name of the outcomes in errors.

    Raises:
        UnitsError: The outcomes allow no honest number.
    """
    units = outcomes.units
    readout = analyze(units, plan.to_spec(), source=source, now=now)
    reviews = {n: sampled_review(plan, marks, n) if marks is not None else {} for n in plan.names}
    measures = {name: sampled_measures(plan, units, name) for name in plan.names}
    counted = dict(units.group_by("arm").len().iter_rows())
    counts = {arm: counted.get(arm, 0) for arm in plan.arms}
    return Report(
        plan=plan,
        as_of=now,
        deviations=(*deviations, *outcomes.deviations),
        counts=counts,
        readout=readout,
        reaches=reaches(plan, counts),
        card=scorecard(plan, answers, reviews, measures),
        measures=_rows(plan, measures, tuple(plan.measures)),
        review=_rows(plan, reviews, tuple(next(filter(None, reviews.values()), {}))),
        threads_read={name: _threads_of(marks, name) for name in plan.names},
        agreement=agreements(marks) if marks is not None else (),
        costs={name: _cost(units, name, costs.get(name)) for name in plan.names},
    )


def _rows(
    plan: BakeOff, found: Mapping[str, Mapping[str, Sampled]], names: Sequence[str]
) -> tuple[Row, ...]:
    rows: list[Row] = []
    for name in names:
        figures = {
            c: Figure(one.value, one.count, one.ci)
            for c in plan.names
            if (one := found[c].get(name)) and one.count
        }
        gaps = [
            Gap(a, b, *gap)
            for a, b in plan.pairs
            if a in figures and b in figures and (gap := difference(found[a], found[b], name))
        ]
        measure = plan.measures.get(name)
        rows.append(Row(name, figures, tuple(gaps), bool(measure and measure.denominator)))
    return tuple(rows)


def _threads_of(marks: pl.DataFrame | None, candidate: str) -> int:
    if marks is None:
        return 0
    return marks.filter(pl.col("candidate") == candidate)["thread_id"].n_unique()


def _cost(units: pl.DataFrame, candidate: str, told_usd: float | None) -> Cost:
    mine = units.filter(pl.col("arm") == candidate)
    total = told_usd
    if total is None and "cost_usd" in mine.columns and not mine["cost_usd"].null_count():
        total = float(mine["cost_usd"].cast(pl.Float64).sum())
    conversations = None
    if "replied" in mine.columns and mine["replied"].count():
        conversations = int((mine["replied"].cast(pl.Float64).fill_null(0) > 0).sum())
    return Cost(total, conversations)
