"""The weighted scorecard: what each candidate scores, how sure that is, and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from experiments.bakeoff.answers import Answers
from experiments.bakeoff.config import ANSWERS, WHOLE, BakeOff, Criterion
from experiments.bakeoff.resampling import DRAWS, Floats, Sampled, combined, interval
from experiments.errors import BakeOffError
from experiments.statistics.estimate import Interval


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence of a criterion, of one candidate, from 0 to 100.

    Attributes:
        name: `answers`, `review.DIMENSION` or `measure.NAME`.
        score: Its points; None where it is missing.
        least: Its points if all that is missing were worth nothing.
        most: Its points if all that is missing were the best there is.
        count: Answers, threads or contacts from which it comes.
        asked: Of answers, how many there should be; else None.
        ci: Its interval; None for what people judged once.
    """

    name: str
    score: float | None
    least: float
    most: float
    count: int
    asked: int | None
    ci: Interval | None


@dataclass(frozen=True, slots=True)
class Score:
    """Points of a criterion, or of the whole, with its bounds while anything is missing.

    Attributes:
        score: The points; None where a piece of evidence is missing altogether.
        least: The points if all that is missing were worth nothing.
        most: The points if all that is missing were the best there is.
        ci: Interval over threads and contacts drawn anew; answers are judged once and do not vary.
        pieces: The evidence, of a criterion.
    """

    score: float | None
    least: float
    most: float
    ci: Interval | None
    pieces: tuple[Piece, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.most - self.least < 1e-9


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of the scorecard."""

    criterion: str
    weight: float
    scores: dict[str, Score]


@dataclass(frozen=True, slots=True)
class Versus:
    """How the totals of two candidates differ."""

    arm: str
    base: str
    difference: float | None
    ci: Interval | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Card:
    """The scorecard of all candidates."""

    lines: tuple[Line, ...]
    totals: dict[str, Score]
    versus: tuple[Versus, ...]
    missed: dict[str, tuple[str, ...]]
    """Must-haves that a candidate misses: whoever has one is out."""
    unanswered: dict[str, tuple[str, ...]]
    """Must-haves that nobody judged; until then a candidate cannot be chosen."""


@dataclass(frozen=True, slots=True)
class _Resampled:
    score: Score
    draws: Floats
    count: int | None
    """Threads or contacts of the scarcest sampled piece; None where nothing was sampled."""


def scorecard(
    plan: BakeOff,
    answers: Mapping[str, Answers],
    reviews: Mapping[str, Mapping[str, Sampled]],
    measures: Mapping[str, Mapping[str, Sampled]],
) -> Card:
    """Returns the scorecard; what is missing is told as missing, and never as zero.

    Args:
        plan: The registered plan with its weights.
        answers: By candidate.
        reviews: Points of the rubric by candidate.
        measures: Measures by candidate.
    """
    lines: list[Line] = []
    found: dict[str, list[_Resampled]] = {name: [] for name in plan.names}
    for criterion, line in plan.criteria.items():
        for name in plan.names:
            sampled = {f"review.{k}": v for k, v in reviews.get(name, {}).items() if v.count} | {
                f"measure.{k}": v for k, v in measures.get(name, {}).items()
            }
            given = answers.get(name, Answers()).scores.get(criterion, [])
            found[name].append(_criterion(line, given, sampled))
        scores = {name: found[name][-1].score for name in plan.names}
        lines.append(Line(criterion, line.weight, scores))
    weights = [line.weight / WHOLE for line in plan.criteria.values()]
    totals = {name: _total(parts, weights) for name, parts in found.items()}
    missed = {name: answers.get(name, Answers()).missed for name in plan.names}
    nobody = Answers(must_haves=dict.fromkeys(plan.must_haves, None))
    return Card(
        lines=tuple(lines),
        totals={name: total.score for name, total in totals.items()},
        versus=tuple(_versus(plan, pair, totals, missed) for pair in plan.pairs),
        missed=missed,
        unanswered={name: answers.get(name, nobody).unanswered for name in plan.names},
    )


def _criterion(
    line: Criterion, given: list[float | None], sampled: Mapping[str, Sampled]
) -> _Resampled:
    pieces: list[Piece] = []
    draws: list[Floats] = []
    counts: list[int] = []
    for name in line.evidence:
        if name == ANSWERS:
            piece = _answered(given)
            draws.append(np.full(DRAWS, piece.score if piece.score is not None else np.nan))
        else:
            piece, drawn = _sampled(name, sampled.get(name))
            draws.append(drawn)
            counts.append(piece.count)
        pieces.append(piece)
    share = 1 / len(pieces)
    known = [piece.score for piece in pieces if piece.score is not None]
    is_known = len(known) == len(pieces)
    whole = combined(draws, [share] * len(draws))
    count = min(counts) if counts else None
    score = Score(
        score=sum(known) * share if is_known else None,
        least=sum(piece.least for piece in pieces) * share,
        most=sum(piece.most for piece in pieces) * share,
        ci=interval(whole, count) if count and is_known else None,
        pieces=tuple(pieces),
    )
    return _Resampled(score, whole, count)


def _answered(given: list[float | None]) -> Piece:
    known = [score for score in given if score is not None]
    asked = len(given)
    if not known:
        return Piece(ANSWERS, None, 0.0, 100.0, 0, asked, None)
    missing = (asked - len(known)) * 100.0
    return Piece(
        name=ANSWERS,
        score=sum(known) / len(known),
        least=sum(known) / asked,
        most=(sum(known) + missing) / asked,
        count=len(known),
        asked=asked,
        ci=None,
    )


def _sampled(name: str, found: Sampled | None) -> tuple[Piece, Floats]:
    if found is None:
        return Piece(name, None, 0.0, 100.0, 0, None, None), np.full(DRAWS, np.nan)
    scale = 100.0 if name.startswith("measure.") else 1.0
    value, draws = found.value * scale, found.draws * scale
    if not -1e-9 <= value <= 100 + 1e-9:
        raise BakeOffError(
            f"{name} is {found.value:g}, but a criterion counts shares from 0 to 1; take it out of "
            "the criterion's evidence, or mend its column"
        )
    return Piece(name, value, value, value, found.count, None, interval(draws, found.count)), draws


def _total(parts: list[_Resampled], weights: list[float]) -> _Resampled:
    weighed = [(part, weight) for part, weight in zip(parts, weights, strict=True) if weight]
    is_known = all(part.score.score is not None for part, _ in weighed)
    draws = combined([part.draws for part, _ in weighed], [weight for _, weight in weighed])
    counts = [part.count for part, _ in weighed if part.count is not None]
    count = min(counts) if counts else None
    score = Score(
        score=sum((part.score.score or 0.0) * weight for part, weight in weighed)
        if is_known
        else None,
        least=sum(part.score.least * weight for part, weight in weighed),
        most=sum(part.score.most * weight for part, weight in weighed),
        ci=interval(draws, count) if count and is_known else None,
    )
    return _Resampled(score, draws, count)


def _versus(
    plan: BakeOff,
    pair: tuple[str, str],
    totals: Mapping[str, _Resampled],
    missed: Mapping[str, tuple[str, ...]],
) -> Versus:
    arm, base = pair
    a, b = totals[arm], totals[base]
    first, second = plan.label(arm), plan.label(base)
    if out := [plan.label(name) for name in pair if missed[name]]:
        return Versus(arm, base, None, None, f"{' and '.join(out)} out: a must-have is missed")
    if a.score.score is None or b.score.score is None:
        return Versus(
            arm,
            base,
            None,
            None,
            f"not told: evidence is missing, so that {first} may have {a.score.least:.0f} to "
            f"{a.score.most:.0f} points and {second} {b.score.least:.0f} to {b.score.most:.0f}",
        )
    gap = a.score.score - b.score.score
    counts = [part.count for part in (a, b) if part.count is not None]
    ci = interval(a.draws - b.draws, min(counts)) if counts else None
    return Versus(arm, base, gap, ci, _gap_told(first, second, a.score, b.score, gap, ci))


def _gap_told(first: str, second: str, a: Score, b: Score, gap: float, ci: Interval | None) -> str:
    ahead, behind = (first, second) if gap > 0 else (second, first)
    if ci is None:
        return (
            f"{ahead} is {abs(gap):.1f} points ahead of {behind} by judgement alone; no sampled "
            "evidence says how sure that is"
        )
    told = f"{first} minus {second}: {gap:+.1f} points, interval {ci.low:+.1f} to {ci.high:+.1f}"
    if ci.low <= 0 <= ci.high:
        return f"the two cannot be told apart by this bake-off ({told})"
    lead, trail = (a, b) if gap > 0 else (b, a)
    if lead.least <= trail.most and not (a.is_complete and b.is_complete):
        return f"not told: {ahead} is ahead, but the answers that are missing may turn it ({told})"
    return f"{ahead} scores {abs(gap):.1f} points more than {behind} ({told})"
