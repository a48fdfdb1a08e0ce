"""The scorecard as one HTML page that opens without a server and without a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from experiments.bakeoff import page_words as words
from experiments.bakeoff.report import Report
from experiments.bakeoff.template import TEMPLATES
from experiments.pages import templates_in
from experiments.readout import MetricReadout


@dataclass(frozen=True, slots=True)
class Axis:
    """The scale of the intervals of shares: its ends in words, and where zero lies, in percent."""

    low: str
    high: str
    zero: str
    least: float
    most: float

    def place(self, value: float) -> float:
        """Returns where a value lies, in percent of the width."""
        return (value - self.least) / (self.most - self.least) * 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where an interval lies on the axis, in percent of its width."""

    left: str
    width: str
    dot: str


def render_page(report: Report) -> str:
    """Returns the page as HTML; its style is inside, and it has no script."""
    environment = templates_in(TEMPLATES)
    axis = _axis(report.readout.metrics)
    trial = [row.model_dump() | {"place": _place(row, axis)} for row in report.readout.metrics]
    return environment.get_template("scorecard.html.j2").render(
        report=report,
        answers=words.answers(report),
        trial=trial,
        axis=axis,
        words=words,
        groups=_groups(report),
    )


def _groups(report: Report) -> list[tuple[str, str, Sequence[Any]]]:
    read = ", ".join(
        f"{report.plan.label(name)} {count}" for name, count in report.threads_read.items()
    )
    measures = (
        "Their own work",
        "What a holdout cannot have, so that candidates are compared with one another only.",
        report.measures,
    )
    review = (
        "What reviewers found",
        f"Points from 0 to 100; threads read: {read}. Each counts once, with the mean of its "
        "reviewers.",
        report.review,
    )
    return [group for group in (measures, review) if group[2]]


def _axis(rows: Sequence[MetricReadout]) -> Axis:
    ends = [e for r in rows if r.is_share for e in (r.ci_low, r.ci_high) if e is not None]
    least, most = min([0.0, *ends]), max([0.0, *ends])
    room = (most - least) * 0.06 or 0.01
    axis = Axis("", "", "", least - room, most + room)
    return Axis(
        low=f"{axis.least * 100:+.0f}",
        high=f"{axis.most * 100:+.0f} points",
        zero=f"{axis.place(0):.1f}",
        least=axis.least,
        most=axis.most,
    )


def _place(row: MetricReadout, axis: Axis) -> Place | None:
    if not row.is_share or row.ci_low is None or row.ci_high is None or row.effect is None:
        return None
    left, right = axis.place(row.ci_low), axis.place(row.ci_high)
    return Place(f"{left:.1f}", f"{right - left:.1f}", f"{axis.place(row.effect):.1f}")
