"""Which answer is tried in place of the best one, in a small and known share of the turns.

Only words are explored. What else a turn does stays: whom it tells, what it records, what it books.
Stops, hand-offs, meetings and whatever is owed to the buyer are never left to chance, nor is
anything that a person has to approve.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent_runtime.domain import Candidate, Exploration, Observation, Perception, Session
from agent_runtime.planning.moves import SECONDARY
from agent_runtime.policies.facts import Facts, Rule
from agent_runtime.policies.permit import Judgement, authorise
from experiments.assignment import bucket

MOST = 0.2
"""The largest share of turns that may be explored: four of five readers get the best answer."""

EXPLORABLE = frozenset({"send_touch", "answer", "ask", "share_asset", "propose_times"})

_OWED = frozenset({"are_you_a_bot", "unsubscribe"})
"""Who asks this gets the one true answer."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """A candidate with what the rules said of it."""

    candidate: Candidate
    judgement: Judgement | None
    """None of a candidate without words, of which the rules are not asked."""


def explored(
    best: Permitted,
    considered: Sequence[Candidate],
    session: Session,
    observation: Observation,
    seen: Perception | None,
    facts: Facts,
    *,
    rules: tuple[Rule, ...],
) -> tuple[Permitted, Exploration]:
    """Returns the best candidate or one that is tried in its place, and how likely that was.

    The draw is a hash of thread and turn, so that a turn that is worked again, or replayed, tries
    the same. Candidates that the rules do not allow are no part of it.

    Args:
        best: What is done without exploring; it is one of `considered`.
        considered: All candidates, best first.
        session: The thread.
        observation: What the turn is about.
        seen: What the buyer's words mean; None when a touch is due.
        facts: Of the permit; `exploration` is the share of turns.
        rules: Of the permit.
    """
    share = facts.exploration if 0 < facts.exploration <= MOST else 0.0
    pool = [best]
    if share and _is_open(best, seen):
        pool += _others(best, considered, facts, rules)
    chances = [share / len(pool) + (1 - share) * (one is best) for one in pool]
    draw = bucket("exploration", f"{session.thread_id}:{observation.observation_id}")
    tried = _drawn(pool, chances, draw)
    return tried, Exploration(
        share=share if len(pool) > 1 else 0.0,
        draw=draw,
        chosen=_place(tried.candidate, considered),
        pool=tuple(_place(one.candidate, considered) for one in pool),
        chances=tuple(chances),
    )


def with_chances(
    considered: Iterable[Candidate], found: Exploration | None
) -> tuple[Candidate, ...]:
    """Returns the candidates with how likely each was; none was where a person takes over."""
    chances = dict(zip(found.pool, found.chances, strict=True)) if found else {}
    return tuple(
        one
        if one.propensity == chances.get(place, 0.0)
        # A new object only where something changes: the chosen one is known by its identity.
        else replace(one, propensity=chances.get(place, 0.0))
        for place, one in enumerate(considered)
    )


def _is_open(best: Permitted, seen: Perception | None) -> bool:
    """Says whether this turn may be explored at all."""
    said = best.judgement
    if said is None or said.decision != "allow" or not _is_words(best.candidate):
        return False
    if seen is None:
        return True
    meant = {seen.primary} | {g.name for g in seen.intents if g.confidence >= SECONDARY}
    return not (seen.abstain or seen.rules or seen.signals or meant & _OWED)


def _others(
    best: Permitted, considered: Sequence[Candidate], facts: Facts, rules: tuple[Rule, ...]
) -> Iterable[Permitted]:
    words = {_words(best.candidate)}
    for one in considered:
        if not _is_words(one) or one.is_for_others or _deeds(one) != _deeds(best.candidate):
            continue
        if one.proposal is None or _words(one) in words:
            continue
        judgement = authorise(one.proposal, facts, rules=rules)
        if judgement.decision == "allow":
            words.add(_words(one))
            yield Permitted(one, judgement)


def _is_words(candidate: Candidate) -> bool:
    """Says whether a candidate is nothing but words of ours; a touch by hand is a person's."""
    said = candidate.proposal
    return (
        said is not None
        and candidate.action in EXPLORABLE
        and said.touch_class != "transactional"
        and said.channel != "linkedin"
        and candidate.book is None
        and candidate.wants is None
    )


def _words(candidate: Candidate) -> tuple[str, str]:
    said = candidate.proposal
    return (said.subject, said.body) if said else ("", "")


def _deeds(candidate: Candidate) -> tuple[object, ...]:
    """All that a candidate does beside what it says."""
    one = candidate
    return (one.route_to, one.inform, one.priority, one.records, one.calls, one.contents)


def _drawn(pool: Sequence[Permitted], chances: Sequence[float], draw: float) -> Permitted:
    for one, chance in zip(pool, chances, strict=True):
        draw -= chance
        if draw < 0:
            return one
    return pool[0]


def _place(candidate: Candidate, considered: Sequence[Candidate]) -> int:
    return next(place for place, one in enumerate(considered) if one is candidate)
