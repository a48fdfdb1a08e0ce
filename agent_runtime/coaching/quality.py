"""What the scores say of each playbook: means over its threads, by what each sample stands for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent_runtime.coaching.rubric import RATED
from agent_runtime.coaching.samples import Sample
from agent_runtime.coaching.scoring import WANTED, Agreed, Given


@dataclass(frozen=True, slots=True)
class Quality:
    """One playbook.

    Attributes:
        playbook: Which.
        scored: Its threads with two scores or a settled one.
        means: Field and points from 1 to 5: of each thread its settled mark, or the mean of all
            its marks; threads count as often as the threads that they stand for (Hajek 1971).
        missed: Objections that were missed, and all objections, counted by threads.
    """

    playbook: str
    scored: int
    means: tuple[tuple[str, float], ...]
    missed: tuple[int, int]


def doubles_of(given: Iterable[Given]) -> tuple[tuple[Given, Given], ...]:
    """Returns the first two scores of each sample that has them."""
    found: dict[str, list[Given]] = defaultdict(list)
    for one in given:
        found[one.sample_id].append(one)
    return tuple((each[0], each[1]) for each in found.values() if len(each) >= WANTED)


def quality(
    samples: Iterable[Sample], given: Iterable[Given], settled: Mapping[str, Agreed]
) -> tuple[Quality, ...]:
    """Returns each playbook that has scored threads, by name."""
    scores: dict[str, list[Given]] = defaultdict(list)
    for one in given:
        scores[one.sample_id].append(one)
    threads: dict[str, list[tuple[Sample, list[Given]]]] = defaultdict(list)
    for sample in samples:
        if len(scores[sample.sample_id]) >= WANTED:
            threads[sample.playbook].append((sample, scores[sample.sample_id]))
    return tuple(_quality(playbook, rows, settled) for playbook, rows in sorted(threads.items()))


def _quality(
    playbook: str, rows: list[tuple[Sample, list[Given]]], settled: Mapping[str, Agreed]
) -> Quality:
    total = sum(sample.weight for sample, _ in rows)
    means = tuple(
        (
            name,
            sum(
                sample.weight * _mark(name, given, settled.get(sample.sample_id))
                for sample, given in rows
            )
            / total,
        )
        for name in RATED
    )
    found = [_objection(given, settled.get(sample.sample_id)) for sample, given in rows]
    objections = [one for one in found if one != "none"]
    return Quality(playbook, len(rows), means, (objections.count("missed"), len(objections)))


def _mark(name: str, given: list[Given], agreed: Agreed | None) -> float:
    if agreed is not None:
        return float(getattr(agreed.score, name))
    return sum(float(getattr(one.score, name)) for one in given) / len(given)


def _objection(given: list[Given], agreed: Agreed | None) -> str:
    """Where scores differ and nothing is settled, the graver one."""
    if agreed is not None:
        return agreed.score.objection
    said = {one.score.objection for one in given}
    return next(one for one in ("missed", "handled", "none") if one in said)
