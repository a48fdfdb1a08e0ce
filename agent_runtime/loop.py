"""One turn: perceive, retrieve, plan, ask for a permit, act. The caller logs and commits."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from agent_runtime.domain import Action, Candidate, Contact, Observation, Perception, Session, Slot
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.models.language import LanguageModel
from agent_runtime.perceive import perceive
from agent_runtime.plan import plan
from agent_runtime.planning.host import host_of
from agent_runtime.policies.contact import HOLDOUT
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.permit import Judgement, authorise
from agent_runtime.ports import Calendar
from agent_runtime.retrieve import retrieve

SLOTS_TO_CHOOSE_FROM = 12


@dataclass(frozen=True, slots=True)
class Deps:
    """All that one turn may use; gathered before it begins, so that a turn can be replayed."""

    contact: Contact
    facts: Facts
    playbook: Playbook
    library: Library
    model: LanguageModel
    calendar: Calendar
    now: datetime


async def run_turn(session: Session, observation: Observation, deps: Deps) -> AsyncIterator[Action]:
    """Yields what to do about one observation, each action with the verdicts of all rules."""
    began = perf_counter()
    seen = None
    if observation.kind == "mail":
        seen = perceive(
            observation,
            session,
            deps.model,
            offered=session.offered,
            contact=deps.contact,
        )
        if not seen.opt_out and (reason := belongs_to_a_person(session, deps.facts)):
            yield _hand_over(session, seen, reason)
            return
    free = _free_slots(session, seen, deps)
    evidence = retrieve(
        session,
        observation,
        seen,
        playbook=deps.playbook,
        library=deps.library,
        contact=deps.contact,
        free_slots=free,
        now=deps.now,
    )
    read = perf_counter()
    considered = plan(
        session,
        observation,
        seen,
        evidence,
        playbook=deps.playbook,
        library=deps.library,
        contact=deps.contact,
        free_slots=free,
        now=deps.now,
    )
    planned = perf_counter()
    chosen, judgement = _permitted(considered[0], session, observation, deps.facts)
    yield Action(
        candidate=chosen,
        verdicts=judgement.verdicts if judgement else (),
        decision=judgement.decision if judgement else "allow",
        until=judgement.until if judgement else None,
        waits_for_approval=judgement is not None and judgement.waits_for_approval,
        free_slots=free,
        considered=tuple(considered),
        perception=seen,
        evidence=tuple(evidence),
        latency_ms=(("read", _ms(began, read)), ("plan", _ms(read, planned))),
    )


def decide(session: Session, observation: Observation, deps: Deps) -> Action:
    """Returns the one action of an e-mail turn, without an event loop.

    Chat and voice iterate `run_turn` in theirs. The embedded model answers at once, so the turn
    never waits; a model that waits makes this fail rather than block a lane.
    """
    turn = run_turn(session, observation, deps)
    found: list[Action] = []
    while True:
        step = anext(turn)
        try:
            step.__await__().send(None)
        except StopIteration as done:
            found.append(done.value)
        except StopAsyncIteration:
            return found[0]
        else:
            raise RuntimeError("this turn waits for its model: run it in an event loop")


def belongs_to_a_person(session: Session, facts: Facts) -> str:
    """Returns why only people may answer in this thread, or empty when the agent may."""
    if session.speaker == "human":
        return "a_person_speaks"
    if not facts.arms or any(arm == HOLDOUT for _, arm in facts.arms):
        return "inbound_control"
    return ""


def _permitted(
    candidate: Candidate, session: Session, observation: Observation, facts: Facts
) -> tuple[Candidate, Judgement | None]:
    """An answer that the rules stop goes to a person; a touch that they stop stays unsent."""
    if candidate.action == "book" and facts.autonomy not in ("supervised", "autonomous"):
        return _to_person(candidate, session, "a_person_books"), None
    if candidate.proposal is None:
        return candidate, None
    judgement = authorise(candidate.proposal, facts)
    if judgement.waits_for_approval:
        return candidate, judgement
    stopped = judgement.decision in ("block", "escalate", "revise")
    if stopped and observation.kind == "mail" and candidate.action != "confirm_stop":
        rule = judgement.hits[0].rule
        return _to_person(candidate, session, f"stopped_by_{rule}"), judgement
    return candidate, judgement


def _to_person(candidate: Candidate, session: Session, reason: str) -> Candidate:
    return Candidate(
        action="hand_off",
        reason=reason,
        score=candidate.score,
        propensity=candidate.propensity,
        next_state=session.state,
        route_to="owner",
    )


def _hand_over(session: Session, seen: Perception, reason: str) -> Action:
    candidate = Candidate(
        action="hand_off",
        reason=reason,
        score=1.0,
        propensity=1.0,
        next_state=session.state,
        route_to="owner",
    )
    return Action(candidate, (), "allow", considered=(candidate,), perception=seen)


def _free_slots(session: Session, seen: Perception | None, deps: Deps) -> tuple[Slot, ...]:
    host = host_of(deps.playbook, deps.contact)
    if seen is None or seen.opt_out or host is None:
        return ()
    return deps.calendar.free_slots(
        host.owner_id,
        now=deps.now,
        key=f"{session.person_id}:{session.agent_turns}",
        limit=SLOTS_TO_CHOOSE_FROM,
    )


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
