"""Which of the times in a text are asked for, clause by clause."""

from dataclasses import dataclass, replace
from itertools import pairwise

from agent_runtime.times.cues import STANCES, Cue, Stance, find_cues
from agent_runtime.times.days import Through, Week
from agent_runtime.times.hours import Hours
from agent_runtime.times.lengths import Length
from agent_runtime.times.sayings import Saying, is_day
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.zone_phrases import NamedZone


def asked_for(atoms: Atoms, said: list[Saying]) -> list[Saying]:
    """Returns what is said of times that are asked for, without what is refused, gone or other.

    An hour up to which somebody is busy becomes one from which they are free.
    """
    clauses = _clauses(atoms, said, find_cues(atoms.text, atoms.language))
    _share_stances(clauses)
    kept: list[tuple[Saying, int]] = []
    for clause in clauses:
        if clause.stance == "refuse":
            turned = [_turned(saying) for saying in clause.said]
            if any(isinstance(s.what, Hours) and s.what.is_bound for s in clause.said):
                kept += ((saying, 2) for saying in turned)
        elif any(cue.stance == "move" for cue in clause.cues):
            kept += ((saying, 2) for saying in _moved_to(atoms, clause.said))
        elif clause.stance not in ("thanks", "past", "elsewhere"):
            kept += ((saying, clause.weight) for saying in clause.said)
    best = max((weight for saying, weight in kept if _is_when(saying)), default=0)
    return [saying for saying, weight in kept if weight >= min(best, 1) or not _is_when(saying)]


@dataclass(slots=True)
class _Clause:
    said: list[Saying]
    cues: list[Cue]
    first: int
    end: int
    sentence: int
    words: int = 0
    """Atoms of no known meaning."""
    weight: int = 0
    """2 where a meeting is spoken of, 1 for a fragment, 0 for a statement about who knows what."""
    stance: Stance | None = None
    is_list: bool = False
    """Whether it joins its times with "or" or "and"."""


_FRAGMENT = 3
"""Words beside the time in a sentence that is hardly more than a time."""


def _is_when(saying: Saying) -> bool:
    return not isinstance(saying.what, Length | NamedZone)


def _turned(saying: Saying) -> Saying:
    what = saying.what
    is_bound = isinstance(what, Hours) and what.is_bound
    return replace(saying, what=what.turned()) if is_bound else saying


def _moved_to(atoms: Atoms, said: list[Saying]) -> list[Saying]:
    """Of "move it from Tuesday at 3 to Thursday" only what comes after "to"."""
    first = 0
    for n, (before, saying) in enumerate(pairwise(said), 1):
        if any(atoms.has(at, "to", "until", "onto") for at in range(before.end, saying.first)):
            first = n
    return [_end_of(saying) for saying in said[first:]]


def _end_of(saying: Saying) -> Saying:
    what = saying.what
    if isinstance(what, Through):
        return replace(saying, what=what.last)  # pyright: ignore[reportArgumentType]
    if isinstance(what, Hours) and what.since and what.until:
        return replace(saying, what=replace(what, at=what.until, since=None, until=None))
    return saying


def _clauses(atoms: Atoms, said: list[Saying], cues: list[Cue]) -> list[_Clause]:
    """The text cut at pauses, at commas and at words that turn, each piece with what it holds."""
    inside = {n for saying in said for n in range(saying.first, saying.end)}
    cuts = [n for n in range(len(atoms)) if n not in inside and _may_cut(atoms, n, said, cues)]
    clauses = []
    first, sentence = 0, 0
    for end in (*cuts, len(atoms)):
        if end > first:
            clauses += _split_by_stance(_clause(atoms, said, cues, first, end, sentence), atoms)
        sentence += atoms.has(end, "pause")
        first = end + 1 if end not in inside else end
    return [clause for clause in clauses if clause.said or clause.cues]


def _may_cut(atoms: Atoms, at: int, said: list[Saying], cues: list[Cue]) -> bool:
    if atoms.has(at, "pause", "comma", "dash"):
        return True
    if atoms.has(at, "but"):
        return not _is_exception(atoms, at, said)
    if not atoms.has(at, "and", "so"):
        return False
    start, end = _around(atoms, at)
    before = any(start <= cue.start < atoms[at].start for cue in cues)
    return before and any(atoms[at].end <= cue.start < end for cue in cues)


def _is_exception(atoms: Atoms, at: int, said: list[Saying]) -> bool:
    """Whether "but" takes a day out of a stretch, as in "next week but Wednesday"."""
    before = next((s for s in reversed(said) if s.end <= at), None)
    after = next((s for s in said if s.first > at), None)
    if before is None or after is None or not isinstance(before.what, Week | Through):
        return False
    is_next_to = atoms.skip(before.end) == at and atoms.skip(at + 1, "filler", "instead", "daymark")
    return is_day(after) and is_next_to == after.first


def _around(atoms: Atoms, at: int) -> tuple[int, int]:
    """The stretch of text between the pauses and commas on both sides of an atom."""
    stops = ("pause", "comma", "dash", "but")
    first = next((n for n in range(at - 1, -1, -1) if atoms.has(n, *stops)), -1)
    last = next((n for n in range(at + 1, len(atoms)) if atoms.has(n, *stops)), len(atoms))
    end = atoms[last].start if last < len(atoms) else len(atoms.text)
    return (atoms[first].end if first >= 0 else 0), end


def _clause(
    atoms: Atoms, said: list[Saying], cues: list[Cue], first: int, end: int, sentence: int
) -> _Clause:
    start, stop = atoms[first].start, atoms[end - 1].end
    within = [saying for saying in said if first <= saying.first < end]
    held = [cue for cue in cues if start <= cue.start < stop]
    inside = {n for saying in within for n in range(saying.first, saying.end)}
    words = sum(not atoms[n].tags for n in range(first, end) if n not in inside)
    is_list = any(atoms.has(n, "or", "and") for n in range(first, end) if n not in inside)
    is_asked = any(atoms.has(n, "pause") and "?" in atoms.raw(n) for n in (end, end + 1))
    weight = 2 if is_asked or any(cue.stance in ("accept", "meet") for cue in held) else 0
    clause = _Clause(within, held, first, end, sentence, words, weight, is_list=is_list)
    clause.weight = weight or int(words <= _FRAGMENT)
    clause.stance = _strongest(held)
    return clause


def _strongest(cues: list[Cue]) -> Stance | None:
    stances = {cue.stance for cue in cues}
    return next((stance for stance in STANCES if stance in stances), None)


def _split_by_stance(clause: _Clause, atoms: Atoms) -> list[_Clause]:
    """A clause without commas that says two things, as in "tuesday is bad thursday works"."""
    groups = _groups(clause.said, atoms)
    stances = {cue.stance for cue in clause.cues} - {"meet"}
    if len(groups) < 2 or len(stances) < 2 or not stances & {"refuse", "past", "thanks"}:
        return [clause]
    starts = [atoms[group[0].first].start for group in groups]
    is_cue_first = bool(clause.cues) and clause.cues[0].start < starts[0]
    parts: list[_Clause] = []
    for n, group in enumerate(groups):
        after = starts[n + 1] if n + 1 < len(groups) else len(atoms.text)
        before = starts[n - 1] if n else 0
        ahead = [cue for cue in clause.cues if before <= cue.start < starts[n]]
        behind = [cue for cue in clause.cues if starts[n] <= cue.start < after]
        cues = (ahead or behind) if is_cue_first else (behind or ahead)
        parts.append(replace(clause, said=group, cues=cues, stance=_strongest(cues)))
    return parts


def _groups(said: list[Saying], atoms: Atoms) -> list[list[Saying]]:
    """Sayings with only words of lists and prepositions between them."""
    groups: list[list[Saying]] = []
    for saying in said:
        last = groups[-1][-1] if groups else None
        if last and all(atoms[n].tags for n in range(last.end, saying.first)):
            is_new_day = is_day(saying) and any(is_day(s) for s in groups[-1])
            linked = any(atoms.has(n, "or", "and") for n in range(last.end, saying.first))
            if linked or not is_new_day:
                groups[-1].append(saying)
                continue
        groups.append([saying])
    return groups


def _share_stances(clauses: list[_Clause]) -> None:
    """Gives bare times the stance of the list that they belong to."""
    for before, clause in zip(clauses, clauses[1:], strict=False):
        if clause.stance is None and clause.said and before.sentence == clause.sentence:
            looks_back = before.stance in ("past", "thanks", "elsewhere") and not clause.words
            if looks_back or (before.stance == "refuse" and clause.is_list and before.said):
                clause.stance = before.stance
    for clause, after in zip(reversed(clauses[:-1]), reversed(clauses[1:]), strict=False):
        if clause.stance is None and clause.said and after.sentence == clause.sentence:
            is_one_list = not clause.words and after.is_list and after.said
            if is_one_list and after.stance == "refuse" and not clause.cues:
                clause.stance = "refuse"
    for before, clause in zip(clauses, clauses[1:], strict=False):
        is_same = before.sentence == clause.sentence
        if is_same and clause.weight < before.weight and clause.stance is None:
            clause.weight = before.weight
    for clause, after in zip(reversed(clauses[:-1]), reversed(clauses[1:]), strict=False):
        if after.sentence == clause.sentence and after.stance in ("accept", "meet"):
            clause.weight = (
                max(clause.weight, after.weight) if clause.stance is None else clause.weight
            )
