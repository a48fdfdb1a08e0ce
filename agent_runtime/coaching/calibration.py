"""How far each reviewer is from the others, in which direction, and whether that moves."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent_runtime.coaching.rubric import RATED
from agent_runtime.coaching.scoring import Agreed, Given

FEWEST = 6
"""Threads in each half from which on a drift is given, and threads that three have read."""
OFF = 0.5
"""Points on average from which a reviewer is asked to read the rubric again."""

_Row = tuple[Given, tuple[float, ...], bool]
"""A score, its distance from the consensus on each field, and whether objections are the same."""


@dataclass(frozen=True, slots=True)
class Bias:
    """A reviewer's marks of one field beside the consensus.

    Attributes:
        dimension: The field of the rubric.
        threads: Threads that they scored and somebody else did as well.
        mean: Their mark minus the consensus, points on average: above 0 they are kinder. The
            consensus is the settled mark, or the mean of all others' marks.
        low: Lower end of the interval of the mean at 95 per cent (Student); NaN below two threads.
        high: Upper end.
        distance: Points between the two on average, whatever the direction.
    """

    dimension: str
    threads: int
    mean: float
    low: float
    high: float
    distance: float

    @property
    def is_off(self) -> bool:
        """Whether they are surely not where the others are."""
        return abs(self.mean) >= OFF and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """One reviewer beside the consensus.

    Attributes:
        scorer: Who.
        threads: Threads that count here.
        is_common: Whether these are threads that three or more read, or else all that a colleague
            scored as well: there either of the two may be the one who is off.
        biases: One a field that has marks from 1 to 5.
        objections: Part of their marks on objections that are the settled or the other's mark.
        drift: Mean of their later half minus that of their earlier half, all fields together,
            points; None where the halves are too short.
        drift_low: Lower end of its interval at 95 per cent (Welch).
        drift_high: Upper end.
        path: Their mark minus the consensus, all fields together, thread after thread.
    """

    scorer: str
    threads: int
    is_common: bool
    biases: tuple[Bias, ...]
    objections: float
    drift: float | None
    drift_low: float
    drift_high: float
    path: tuple[float, ...]

    @property
    def is_drifting(self) -> bool:
        """Whether they have surely moved."""
        return self.drift is not None and (self.drift_low > 0 or self.drift_high < 0)


def calibrations(given: Iterable[Given], settled: Mapping[str, Agreed]) -> tuple[Calibration, ...]:
    """Returns each reviewer beside the consensus, by name.

    Threads that three or more read say who of them is off, and so they alone count for whoever has
    read enough of these. Threads that were settled because two were apart would make everybody
    look worse than they are.
    """
    by_sample: dict[str, list[Given]] = defaultdict(list)
    for one in given:
        by_sample[one.sample_id].append(one)
    apart: dict[str, list[_Row]] = defaultdict(list)
    for sample_id, scores in by_sample.items():
        for one in scores if len(scores) > 1 else ():
            others = [other for other in scores if other.scorer != one.scorer]
            agreed = settled.get(sample_id)
            gaps = tuple(_points(one, name) - _consensus(name, others, agreed) for name in RATED)
            apart[one.scorer].append((one, gaps, _same_objection(one, others, agreed)))
    common = {sample_id for sample_id, scores in by_sample.items() if len(scores) > 2}
    return tuple(
        _calibration(name, [row for row in rows if row[0].sample_id in common], rows)
        for name, rows in sorted(apart.items())
    )


def _calibration(scorer: str, common: list[_Row], whole: list[_Row]) -> Calibration:
    is_common = len(common) >= FEWEST
    rows = sorted(
        common if is_common else whole, key=lambda row: (row[0].made_at, row[0].sample_id)
    )
    gaps = [row[1] for row in rows]
    path = tuple(sum(one) / len(RATED) for one in gaps)
    biases = tuple(_bias(name, [one[n] for one in gaps]) for n, name in enumerate(RATED))
    drift, low, high = _drift(path)
    same = sum(row[2] for row in rows) / len(rows)
    return Calibration(scorer, len(rows), is_common, biases, same, drift, low, high, path)


def _bias(name: str, gaps: Sequence[float]) -> Bias:
    mean = sum(gaps) / len(gaps)
    distance = sum(map(abs, gaps)) / len(gaps)
    low = high = math.nan
    if len(set(gaps)) > 1:
        from statsmodels.stats.weightstats import DescrStatsW

        low, high = map(float, DescrStatsW(list(gaps)).tconfint_mean())
    elif len(gaps) > 1:
        low = high = mean
    return Bias(name, len(gaps), mean, low, high, distance)


def _drift(path: Sequence[float]) -> tuple[float | None, float, float]:
    half = len(path) // 2
    early, late = path[:half], path[len(path) - half :]
    if half < FEWEST or len({*early}) < 2 or len({*late}) < 2:
        return None, math.nan, math.nan
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    compared = CompareMeans(DescrStatsW(list(late)), DescrStatsW(list(early)))
    low, high = compared.tconfint_diff(usevar="unequal")
    return sum(late) / half - sum(early) / half, float(low), float(high)


def _consensus(name: str, others: Sequence[Given], agreed: Agreed | None) -> float:
    if agreed is not None:
        return float(getattr(agreed.score, name))
    return sum(_points(other, name) for other in others) / len(others)


def _same_objection(one: Given, others: Sequence[Given], agreed: Agreed | None) -> bool:
    if agreed is not None:
        return one.score.objection == agreed.score.objection
    same = sum(other.score.objection == one.score.objection for other in others)
    return 2 * same > len(others) or same == len(others)


def _points(given: Given, name: str) -> float:
    return float(getattr(given.score, name))
