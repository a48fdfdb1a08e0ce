"""An evaluation as one HTML page: champion and challenger with their intervals, and what changed.

It has no script, loads nothing and prints.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from experiments.champion import Judgement
from experiments.evaluation.cases import Case, paired
from experiments.evaluation.figures import Difference, Figure, differences
from experiments.evaluation.measures import Measure, Value, measures_with
from experiments.pages import templates_in
from experiments.report.page import TEMPLATES as REPORT
from pipelines.evaluation import words

TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = 25
_ROOM = 0.06

Colour = Literal["better", "worse", "same"]
"""better, worse: the whole 95% interval of the difference says so; same: it does not."""


@dataclass(frozen=True, slots=True)
class Against:
    """The champion, and what the rule says of the challenger."""

    label: str
    figures: Sequence[Figure]
    cases: Sequence[Case]
    judgement: Judgement
    usd: Value | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval, in percent of the width of its picture."""

    low: float
    high: float
    at: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    measure: Measure
    now: Figure
    was: Figure | None
    moved: Difference | None
    colour: Colour
    bars: tuple[Bar | None, Bar | None]
    """Of the champion and of the version that the page is about."""
    ends: tuple[str, str]
    """What the two edges of the picture stand for."""


def render_evaluation(
    label: str, figures: Sequence[Figure], cases: Sequence[Case], *, against: Against | None = None
) -> str:
    """Returns the page; all that strangers wrote is escaped.

    Args:
        label: Versions of the parts.
        figures: Of the version.
        cases: What it made of each case.
        against: The champion that it is held against, if there is one.
    """
    changed = _changed(against.cases, cases) if against else ([], [])
    return (
        templates_in(TEMPLATES)
        .get_template("evaluation.html.j2")
        .render(
            css=Markup((REPORT / "report.css").read_text("utf-8"))
            + Markup((TEMPLATES / "evaluation.css").read_text("utf-8")),
            parts=_parts(against.label if against else label, label),
            against=against,
            rows=rows_of(figures, cases, against),
            n=len(cases),
            kinds=Counter(case.kind for case in cases),
            lost=changed[0][:_SHOWN],
            won=changed[1][:_SHOWN],
            counts=(len(changed[0]), len(changed[1])),
            departing=[case for case in cases if case.as_expected is False][:_SHOWN],
            misread=_misread(cases),
            words=words,
        )
    )


def _parts(was: str, now: str) -> list[tuple[str, str, str]]:
    """Returns name, champion's version and this one's, of each part."""
    before, after = (
        {name: value for name, _, value in (part.partition(" ") for part in label.split(", "))}
        for label in (was, now)
    )
    return [(name, before.get(name, ""), value) for name, value in after.items()]


def rows_of(
    figures: Sequence[Figure], cases: Sequence[Case], against: Against | None
) -> tuple[Row, ...]:
    """Returns a row for each figure that some case says anything of."""
    usd = against.usd if against else None
    was = {one.name: one for one in against.figures} if against else {}
    moved = differences(against.cases, cases, usd=usd) if against else {}
    measures = {one.name: one for one in measures_with(usd or (lambda _: None))}
    found = []
    for now in figures:
        before, measure = was.get(now.name), measures[now.name]
        if now.value is None and (before is None or before.value is None):
            continue
        bars, ends = _picture(before, now)
        colour = _colour(measure, before, now, moved.get(now.name))
        found.append(Row(measure, now, before, moved.get(now.name), colour, bars, ends))
    return tuple(found)


def _colour(measure: Measure, was: Figure | None, now: Figure, moved: Difference | None) -> Colour:
    """Intervals that do not touch decide where there is no paired difference."""
    low, high = (moved.low, moved.high) if moved else (None, None)
    if moved is None and was and None not in (was.low, was.high, now.low, now.high):
        low, high = now.low - was.high, now.high - was.low  # type: ignore[operator]
    if not measure.better or low is None or high is None or (low <= 0 <= high):
        return "same"
    return "better" if (low > 0) == (measure.better == "higher") else "worse"


def _picture(
    was: Figure | None, now: Figure
) -> tuple[tuple[Bar | None, Bar | None], tuple[str, str]]:
    known = [x for f in (was, now) if f for x in (f.low, f.value, f.high) if x is not None]
    if not known:
        return (None, None), ("", "")
    least, most = min(known), max(known)
    room = (most - least) * _ROOM or abs(most) * _ROOM or 1.0
    start, width = least - room, most - least + 2 * room

    def bar(figure: Figure | None) -> Bar | None:
        if figure is None or figure.value is None:
            return None
        at = (figure.value - start) / width * 100
        if figure.low is None or figure.high is None:
            return Bar(at, at, at)
        low, high = ((x - start) / width * 100 for x in (figure.low, figure.high))
        return Bar(round(low, 2), round(high, 2), round(at, 2))

    ends = words.value(least, now.unit), words.value(most, now.unit)
    return (bar(was), bar(now)), ends


def _changed(
    champion: Sequence[Case], challenger: Sequence[Case]
) -> tuple[list[tuple[Case, Case]], list[tuple[Case, Case]]]:
    """Returns the cases that only the champion gets right, and those that only the other does."""
    pairs = list(zip(*paired(champion, challenger), strict=True))
    lost = [(old, new) for old, new in pairs if is_right(old) and is_right(new) is False]
    won = [(old, new) for old, new in pairs if is_right(old) is False and is_right(new)]
    return lost, won


def is_right(case: Case) -> bool | None:
    """Says whether a case came out as it should; None where nothing is expected."""
    if case.kind == "draft":
        return bool(case.is_caught) == bool(case.is_false)
    if case.as_expected is not None:
        return case.as_expected and not case.let_through
    return case.said == case.truth if case.truth else None


def _misread(cases: Sequence[Case]) -> list[tuple[tuple[str, str], int]]:
    wrong = Counter((c.truth, c.said) for c in cases if c.truth and c.truth != c.said)
    return wrong.most_common(12)
