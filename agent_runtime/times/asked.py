"""Which of the times in a text are asked for, by what the clause around each says."""

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from agent_runtime.times.clauses import Clause, clauses_of
from agent_runtime.times.hours import Hours
from agent_runtime.times.sayings import Saying, is_day, is_when
from agent_runtime.times.stretches import Bound, Through
from agent_runtime.times.tokens import Atoms


class Asked(NamedTuple):
    """What is said of times that are asked for, and the days refused beside them."""

    said: list[Saying]
    refused: list[Saying]


def asked_for(atoms: Atoms, said: list[Saying]) -> Asked:
    """Returns what is asked for, without what is refused, gone by, or about something else.

    An hour up to which somebody is busy becomes one from which they are free.
    """
    clauses = clauses_of(atoms, said)
    kept = [pair for clause in clauses for pair in _kept(atoms, clause)]
    kept = _with_refused_day(clauses, kept)
    best = max((weight for saying, weight in kept if is_when(saying)), default=0)
    refused = [s for c in clauses if c.stance == "refuse" for s in c.said if is_day(s)]
    kept_said = [s for s, weight in kept if weight >= min(best, 1) or not is_when(s)]
    return Asked(kept_said, [saying for saying in refused if saying not in kept_said])


_WEIGHT = 2
"""Of a clause that speaks of meeting."""


def _kept(atoms: Atoms, clause: Clause) -> list[tuple[Saying, int]]:
    if clause.stance == "refuse":
        is_turned = any(_turned(saying) is not saying for saying in clause.said)
        return [(_turned(saying), _WEIGHT) for saying in clause.said] if is_turned else []
    if any(cue.stance == "move" for cue in clause.cues):
        return [(saying, _WEIGHT) for saying in _moved_to(atoms, clause.said)]
    if clause.stance in ("aside", "past", "elsewhere"):
        return []
    return [(saying, clause.weight) for saying in clause.said]


def _with_refused_day(
    clauses: list[Clause], kept: list[tuple[Saying, int]]
) -> list[tuple[Saying, int]]:
    """Keeps the day of "Tuesday at 3 is bad, can we say 4", where only the hour was refused."""
    hours = [saying for saying, _ in kept if is_when(saying)]
    if not hours or any(map(is_day, hours)):
        return kept
    first = min(saying.first for saying in hours)
    sentence = next((c.sentence for c in clauses if c.first <= first < c.end), -1)
    refused = [
        clause.said
        for clause in clauses
        if clause.stance == "refuse"
        and any(map(is_day, clause.said))
        and clause.first < first
        and (clause.sentence == sentence or any(isinstance(s.what, Hours) for s in clause.said))
    ]
    return [(s, _WEIGHT) for s in (refused[-1] if refused else ()) if is_day(s)] + kept


def _turned(saying: Saying) -> Saying:
    hours = saying.hours
    if isinstance(saying.what, Bound) and saying.what.side == "before":
        return replace(saying, what=replace(saying.what, side="from"))
    return replace(saying, what=hours.turned()) if hours and hours.is_bound else saying


def _moved_to(atoms: Atoms, said: list[Saying]) -> list[Saying]:
    """Of "move it from Tuesday at 3 to Thursday" only what comes after "to"."""
    first = 0
    for n, (before, saying) in enumerate(pairwise(said), 1):
        if any(atoms.has(at, "to", "until", "onto") for at in range(before.end, saying.first)):
            first = n
    rest = [_end_of(saying) for saying in said[first:]]
    return rest if any(map(is_day, rest)) else [s for s in said[:first] if is_day(s)][-1:] + rest


def _end_of(saying: Saying) -> Saying:
    what = saying.what
    if isinstance(what, Through):
        return replace(saying, what=what.last)
    if isinstance(what, Hours) and what.since and what.until:
        return replace(saying, what=replace(what, at=what.until, since=None, until=None))
    return saying
