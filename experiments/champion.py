"""Whether a challenger may replace the champion: the rule of `champion.yaml`, as pure code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.stats import binomtest

from experiments.errors import ExperimentError

FILE = Path(__file__).with_suffix(".yaml")
_BINS = 10
_SEED = 20260112


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stops(_Part):
    """How many stops may be lost, and by how much their recall may fall."""

    lost: int = Field(ge=0)
    recall_margin: float = Field(ge=0, le=1)


class MacroF1(_Part):
    """A paired bootstrap of the difference in macro-F1 (Efron and Tibshirani 1993, ch. 13)."""

    interval: float = Field(gt=0, lt=1)
    resamples: int = Field(ge=100)
    above: float


class Calibration(_Part):
    """By how much the expected calibration error may rise."""

    margin: float = Field(ge=0)


class Latency(_Part):
    """How many times as slow a text may be."""

    at_most: float = Field(gt=0)


class ChampionRule(_Part):
    """What a challenger must show."""

    version: int = Field(ge=1)
    stops: Stops
    macro_f1: MacroF1
    calibration: Calibration
    latency: Latency


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model made of one text of the frozen set."""

    truth: str
    said: str
    confidence: float
    is_stop: bool
    """The text asks that contact stop."""
    heard_stop: bool


Answers = Mapping[str, Answer]
"""By the id of the text."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the rule, its figures in words, and whether it holds."""

    name: str
    holds: bool
    figure: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the challenger may become champion, and why."""

    rule_version: int
    n: int
    conditions: tuple[Condition, ...]

    @property
    def may_be_promoted(self) -> bool:
        """All conditions hold."""
        return all(condition.holds for condition in self.conditions)

    @property
    def said(self) -> str:
        """The conditions that fail, in words; those that hold where none fails."""
        failing = [c for c in self.conditions if not c.holds] or list(self.conditions)
        return "; ".join(f"{c.name}: {c.figure}" for c in failing)


def load_rule(path: Path = FILE) -> ChampionRule:
    """Returns the rule as it is written down."""
    return ChampionRule.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def judge(
    champion: Answers, challenger: Answers, *, latency_ratio: float, rule: ChampionRule
) -> Judgement:
    """Holds a challenger against the champion on the texts that both have read.

    Args:
        champion: What the champion made of the frozen set.
        challenger: What the challenger made of it.
        latency_ratio: Median time of the challenger by the champion's.
        rule: What must hold.

    Raises:
        ExperimentError: the two did not read the same labelled texts.
    """
    ids = sorted(champion)
    same = ids == sorted(challenger) and all(
        (champion[i].truth, champion[i].is_stop) == (challenger[i].truth, challenger[i].is_stop)
        for i in ids
    )
    if not ids or not same:
        raise ExperimentError(
            f"the champion read {len(champion)} labelled texts and the challenger "
            f"{len(challenger)}, and they are not the same ones; register both on one frozen set."
        )
    before, after = [champion[i] for i in ids], [challenger[i] for i in ids]
    conditions = (
        stops_condition(before, after, rule.stops),
        macro_f1_condition(before, after, rule.macro_f1),
        _calibration(before, after, rule.calibration),
        Condition(
            "latency",
            latency_ratio <= rule.latency.at_most,
            f"{latency_ratio:.2f} times the champion's, at most {rule.latency.at_most:.2f}",
        ),
    )
    return Judgement(rule.version, len(ids), conditions)


def macro_f1(answers: list[Answer]) -> float:
    """Returns the mean F1 over the labels of the texts."""
    labels, truth, said = _indexed(answers, answers)
    wanted = _labels_of(truth, len(labels))
    return float(_macro(truth[None], said[0][None], len(labels), wanted)[0])


def calibration_error(answers: list[Answer]) -> float:
    """Returns the expected calibration error over ten equal bins."""
    confidence = np.array([a.confidence for a in answers])
    right = np.array([a.said == a.truth for a in answers])
    number = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return sum(
        float((number == b).mean())
        * abs(float(right[number == b].mean()) - float(confidence[number == b].mean()))
        for b in np.unique(number)
    )


def stops_condition(before: list[Answer], after: list[Answer], rule: Stops) -> Condition:
    """Asks that no stop is lost which the champion hears, of the same texts in the same order."""
    asked = [(old, new) for old, new in zip(before, after, strict=True) if old.is_stop]
    if not asked:
        return Condition("stops", holds=True, figure="no text of the set asks that contact stop")
    lost = sum(old.heard_stop and not new.heard_stop for old, new in asked)
    was = sum(old.heard_stop for old, _ in asked) / len(asked)
    now = sum(new.heard_stop for _, new in asked) / len(asked)
    return Condition(
        "stops",
        lost <= rule.lost and now >= was - rule.recall_margin,
        f"{lost} of {len(asked)} lost, at most {rule.lost}; recall {now:.3f} after {was:.3f}, "
        f"margin {rule.recall_margin:g}",
    )


def macro_f1_condition(before: list[Answer], after: list[Answer], rule: MacroF1) -> Condition:
    """Asks that the interval of the difference lies above a bound, by a paired bootstrap."""
    labels, truth, (old, new) = _indexed(before, after)
    count, n = len(labels), len(truth)
    wanted = _labels_of(truth, count)
    draws = np.random.default_rng(_SEED).integers(0, n, (rule.resamples, n))
    differences = _macro(truth[draws], new[draws], count, wanted) - _macro(
        truth[draws], old[draws], count, wanted
    )
    tail = (1 - rule.interval) / 2
    low, high = np.quantile(differences, [tail, 1 - tail])
    gained = int(((old != truth) & (new == truth)).sum())
    fallen = int(((old == truth) & (new != truth)).sum())
    p = binomtest(gained, gained + fallen).pvalue if gained + fallen else 1.0
    return Condition(
        "macro-F1",
        bool(low > rule.above),
        f"{macro_f1(after):.3f} after {macro_f1(before):.3f}, difference {low:+.3f} to "
        f"{high:+.3f} at {rule.interval:.0%}, above {rule.above:g} wanted; {gained} texts won and "
        f"{fallen} lost (McNemar, exact: p = {p:.3g})",
    )


def _calibration(before: list[Answer], after: list[Answer], rule: Calibration) -> Condition:
    was, now = calibration_error(before), calibration_error(after)
    return Condition(
        "calibration",
        now <= was + rule.margin,
        f"error {now:.3f} after {was:.3f}, margin {rule.margin:g}",
    )


def _indexed(
    before: list[Answer], after: list[Answer]
) -> tuple[list[str], NDArray[np.intp], tuple[NDArray[np.intp], NDArray[np.intp]]]:
    labels = sorted({a.truth for a in before} | {a.said for a in (*before, *after)})
    place = {name: number for number, name in enumerate(labels)}

    def column(values: list[str]) -> NDArray[np.intp]:
        return np.array([place[value] for value in values], dtype=np.intp)

    truth = column([a.truth for a in before])
    return labels, truth, (column([a.said for a in before]), column([a.said for a in after]))


def _labels_of(truth: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    return np.bincount(truth, minlength=count) > 0


def _macro(
    truth: NDArray[np.intp], said: NDArray[np.intp], count: int, wanted: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Mean F1 over the labels of the whole set, one a row; a label that a row misses is left out.

    Args:
        truth: Labels by number, a row a resample.
        said: What was said of the same texts.
        count: How many labels there are.
        wanted: Labels that the whole set has.
    """
    both = _counts(truth, count, of=truth == said)[:, wanted]
    total = (_counts(truth, count) + _counts(said, count))[:, wanted]
    f1 = 2 * both / np.maximum(total, 1)
    return f1.sum(axis=1) / np.maximum((total > 0).sum(axis=1), 1)


def _counts(
    labels: NDArray[np.intp], count: int, *, of: NDArray[np.bool_] | None = None
) -> NDArray[np.intp]:
    """How often each label stands in each row."""
    rows = len(labels)
    placed = labels + count * np.arange(rows)[:, None]
    flat = placed.ravel() if of is None else placed[of]
    return np.bincount(flat, minlength=rows * count).reshape(rows, count)
