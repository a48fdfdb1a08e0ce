"""Which candidate is carried out: the best that the rules allow, another to learn, or a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_runtime.domain import (
    Candidate,
    Exploration,
    Observation,
    Perception,
    Session,
    Verdict,
    Weighed,
)
from agent_runtime.exploring import Permitted, explored, with_chances
from agent_runtime.policies.facts import Facts, Rule
from agent_runtime.policies.permit import Judgement, authorise


@dataclass(frozen=True, slots=True)
class Choice:
    """What is done, what the rules said of it, and the drafts of a model that they stopped."""

    candidate: Candidate
    judgement: Judgement | None
    refused: tuple[tuple[Candidate, tuple[Verdict, ...]], ...]
    weighed: tuple[Weighed, ...]
    """Everything else that was judged: see `Action.weighed`."""
    considered: tuple[Candidate, ...]
    """All that keep to the style guide, with how likely each was once the rules had spoken."""
    exploration: Exploration | None
    """How it was chosen; None where a person takes over in place of every candidate."""


STYLE = "style"
"""As what a departure from the style guide stands among the rules that stopped a draft."""


def choose(
    considered: Sequence[Candidate],
    session: Session,
    observation: Observation,
    seen: Perception | None,
    facts: Facts,
    *,
    rules: tuple[Rule, ...],
) -> Choice:
    """Returns the best candidate that may be carried out, or now and then one that is tried.

    A draft of a model that is stopped is passed over: approved texts stand behind it. An approved
    answer that is stopped goes to a person; a touch that is stopped stays unsent.
    """
    drafts = [
        _weighed(candidate, facts, rules)
        for candidate in considered
        if candidate.is_drafted and candidate.proposal is not None
    ]
    refused = [(one.candidate, one.hits) for one, _ in drafts if not one.may_be_chosen]
    chosen = next((pair for pair in drafts if pair[0].may_be_chosen), None)
    if chosen is not None:
        candidate, judgement = chosen[0].candidate, chosen[1]
    else:
        best = next(c for c in considered if not c.is_drafted)
        candidate, judgement = _permitted(best, session, observation, facts, rules)
    in_style = [one for one in considered if not one.slips]
    how = None
    if any(one is candidate for one in in_style):
        best = Permitted(candidate, judgement)
        tried, how = explored(best, in_style, session, observation, seen, facts, rules=rules)
        candidate, judgement = tried.candidate, tried.judgement
    others = [one for one, _ in drafts if one.candidate is not candidate]
    if judgement is not None and judgement.waits_for_approval:
        others += [
            _weighed(other, facts, rules)[0]
            for other in considered
            if other.proposal is not None and not other.is_drafted and other is not candidate
        ]
    known = with_chances(in_style, how)
    chosen_one = known[how.chosen] if how else candidate
    return Choice(chosen_one, judgement, tuple(refused), tuple(others), known, how)


def _weighed(
    candidate: Candidate, facts: Facts, rules: tuple[Rule, ...]
) -> tuple[Weighed, Judgement]:
    """Asks every rule of what could be said; the style guide has spoken of a draft before."""
    assert candidate.proposal is not None
    judgement = authorise(candidate.proposal, facts, rules=rules)
    if not candidate.slips:
        waits = judgement.waits_for_approval
        return Weighed(candidate, judgement.decision, judgement.hits, waits), judgement
    style = Verdict(STYLE, facts.rules.version, "revise", ", ".join(candidate.slips))
    graver = () if judgement.waits_for_approval else judgement.hits
    return Weighed(candidate, "revise", (*graver, style)), judgement


def hand_off(reason: str, session: Session, *, like: Candidate | None = None) -> Candidate:
    """Returns the hand-off to the owner, in place of a candidate or of none."""
    return Candidate(
        action="hand_off",
        reason=reason,
        score=like.score if like else 1.0,
        propensity=like.propensity if like else 1.0,
        next_state=session.state,
        route_to="owner",
    )


def _permitted(
    candidate: Candidate,
    session: Session,
    observation: Observation,
    facts: Facts,
    rules: tuple[Rule, ...],
) -> tuple[Candidate, Judgement | None]:
    if candidate.action == "book" and facts.autonomy not in ("supervised", "autonomous"):
        return hand_off("a_person_books", session, like=candidate), None
    if candidate.proposal is None:
        return candidate, None
    judgement = authorise(candidate.proposal, facts, rules=rules)
    if judgement.waits_for_approval:
        return candidate, judgement
    stopped = judgement.decision in ("block", "escalate", "revise")
    if stopped and observation.kind == "mail" and candidate.action != "confirm_stop":
        reason = f"stopped_by_{judgement.hits[0].rule}"
        return hand_off(reason, session, like=candidate), judgement
    return candidate, judgement
