"""Which candidate is carried out: the best that the rules allow, or a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_runtime.domain import Candidate, Observation, Session, Verdict
from agent_runtime.policies.facts import Facts, Rule
from agent_runtime.policies.permit import Judgement, authorise


@dataclass(frozen=True, slots=True)
class Choice:
    """What is done, what the rules said of it, and the drafts of a model that they stopped."""

    candidate: Candidate
    judgement: Judgement | None
    refused: tuple[tuple[Candidate, tuple[Verdict, ...]], ...] = ()


def choose(
    considered: Sequence[Candidate],
    session: Session,
    observation: Observation,
    facts: Facts,
    *,
    rules: tuple[Rule, ...],
) -> Choice:
    """Returns the best candidate that may be carried out.

    A draft of a model that is stopped is passed over: approved texts stand behind it. An approved
    answer that is stopped goes to a person; a touch that is stopped stays unsent.
    """
    refused: list[tuple[Candidate, tuple[Verdict, ...]]] = []
    for candidate in considered:
        if not candidate.is_drafted or candidate.proposal is None:
            break
        judgement = authorise(candidate.proposal, facts, rules=rules)
        if judgement.decision == "allow" or judgement.waits_for_approval:
            return Choice(candidate, judgement, tuple(refused))
        refused.append((candidate, judgement.hits))
    best = next(c for c in considered if not c.is_drafted)
    return Choice(*_permitted(best, session, observation, facts, rules), tuple(refused))


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
