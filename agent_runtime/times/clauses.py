"""The clauses of a text, each with the times it names and whether it asks for them."""

from dataclasses import dataclass, replace
from itertools import pairwise

from agent_runtime.times.cues import STANCES, Cue, Stance, find_cues
from agent_runtime.times.sayings import Saying, is_day
from agent_runtime.times.stretches import Through
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.weeks import Week


@dataclass(slots=True)
class Clause:
    """A stretch between commas, pauses and words that turn."""

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
    says_then: bool = False
    """Whether it asks for the time that was just named: "let's talk then"."""


def clauses_of(atoms: Atoms, said: list[Saying]) -> list[Clause]:
    """Returns the text cut at pauses, commas and words that turn, each piece with what it says."""
    cues = find_cues(atoms.text, atoms.language)
    inside = {n for saying in said for n in range(saying.first, saying.end)}
    cuts = [n for n in range(len(atoms)) if n not in inside and _may_cut(atoms, n, said, cues)]
    clauses = []
    first, sentence = 0, 0
    for end in (*cuts, len(atoms)):
        if end > first:
            clauses += _split_by_stance(_clause(atoms, said, cues, first, end, sentence), atoms)
        sentence += atoms.has(end, "pause")
        first = end + 1 if end not in inside else end
    clauses = [clause for clause in clauses if clause.said or clause.cues]
    _share_stances(clauses, atoms)
    _share_weights(clauses)
    return clauses


_FRAGMENT = 3
"""Words beside the time in a sentence that is hardly more than a time."""


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
) -> Clause:
    start, stop = atoms[first].start, atoms[end - 1].end
    within = [saying for saying in said if first <= saying.first < end]
    held = [cue for cue in cues if start <= cue.start < stop]
    inside = {n for saying in within for n in range(saying.first, saying.end)}
    words = sum(not atoms[n].tags for n in range(first, end) if n not in inside)
    is_list = any(atoms.has(n, "or", "and") for n in range(first, end) if n not in inside)
    is_asked = any(atoms.has(n, "pause") and "?" in atoms.raw(n) for n in (end, end + 1))
    weight = 2 if is_asked or any(cue.stance in ("accept", "meet") for cue in held) else 0
    clause = Clause(within, held, first, end, sentence, words, weight, is_list=is_list)
    clause.weight = weight or int(words <= _FRAGMENT)
    clause.stance = _strongest(held)
    clause.says_then = not within and any(atoms.has(n, "then") for n in range(first, end))
    return clause


def _strongest(cues: list[Cue]) -> Stance | None:
    stances = {cue.stance for cue in cues}
    return next((stance for stance in STANCES if stance in stances), None)


def _split_by_stance(clause: Clause, atoms: Atoms) -> list[Clause]:
    """A clause without commas that says two things, as in "tuesday is bad thursday works"."""
    groups = _groups(clause.said, atoms)
    stances = {cue.stance for cue in clause.cues} - {"meet"}
    if len(groups) < 2 or len(stances) < 2 or not stances & {"refuse", "past", "aside"}:
        return [clause]
    starts = [atoms[group[0].first].start for group in groups]
    is_cue_first = bool(clause.cues) and clause.cues[0].start < starts[0]
    parts: list[Clause] = []
    for n, group in enumerate(groups):
        after = starts[n + 1] if n + 1 < len(groups) else len(atoms.text)
        before = starts[n - 1] if n else 0
        ahead = [cue for cue in clause.cues if before <= cue.start < starts[n]]
        behind = [cue for cue in clause.cues if starts[n] <= cue.start < after]
        cues = (ahead[-1:] or behind[:1]) if is_cue_first else (behind[:1] or ahead[-1:])
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


def _share_stances(clauses: list[Clause], atoms: Atoms) -> None:
    """Gives bare times the stance of the list that they belong to."""
    for before, clause in pairwise(clauses):
        if clause.stance is None and clause.said and before.sentence == clause.sentence:
            looks_back = before.stance in ("past", "aside", "elsewhere") and not clause.words
            if looks_back or (clause.is_list and _refuses_what_follows(before, atoms)):
                clause.stance = before.stance
        is_then = clause.says_then and clause.stance in ("accept", "meet")
        if is_then and before.stance == "elsewhere":
            before.stance = clause.stance
    for after, clause in pairwise(reversed(clauses)):
        is_bare = clause.stance is None and clause.said and not clause.words
        is_one_list = is_bare and after.is_list and after.said
        if is_one_list and after.stance == "refuse" and after.sentence == clause.sentence:
            clause.stance = "refuse"


def _refuses_what_follows(clause: Clause, atoms: Atoms) -> bool:
    """Whether "I can't do Monday" goes on, unlike "Monday is bad"."""
    if clause.stance != "refuse" or not clause.said:
        return False
    last = atoms[clause.said[-1].first].start
    return any(cue.start < last for cue in clause.cues if cue.stance == "refuse")


def _share_weights(clauses: list[Clause]) -> None:
    """Gives times the weight of the clause before in their sentence, or of one that asks after."""
    for before, clause in pairwise(clauses):
        if before.sentence == clause.sentence and clause.stance is None:
            clause.weight = max(clause.weight, before.weight)
    for after, clause in pairwise(reversed(clauses)):
        is_asked = after.sentence == clause.sentence and after.stance in ("accept", "meet")
        if is_asked and clause.stance is None:
            clause.weight = max(clause.weight, after.weight)
