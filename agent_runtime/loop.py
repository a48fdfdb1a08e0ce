"""One turn: perceive, retrieve, plan, ask for a permit, act. The caller logs and commits."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from agent_runtime.choose import choose, hand_off
from agent_runtime.domain import (
    Action,
    Contact,
    Drafted,
    Evidence,
    ModelUse,
    Observation,
    Perception,
    Session,
    Slot,
)
from agent_runtime.drafting.reader_facts import reader_facts
from agent_runtime.holds import free_or_held
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.meetings.template import minutes_of, room_of
from agent_runtime.models.language import Drafter, LanguageModel
from agent_runtime.perceive import perceive
from agent_runtime.plan import plan
from agent_runtime.planning.host import host_of
from agent_runtime.planning.survey import asking_how_it_was
from agent_runtime.policies.arms import why_held
from agent_runtime.policies.facts import Facts, Rule
from agent_runtime.policies.permit import RULES
from agent_runtime.ports import Calendar
from agent_runtime.retrieve import retrieve

SLOTS_TO_CHOOSE_FROM = 12
_EVERY_SLOT = 1000
_NEAR = timedelta(hours=9)
"""Free times so near to the one that a buyer's calendar proposes are looked at as well."""


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
    drafter: Drafter | None = None
    """A model that writes; without one only approved texts are said."""
    entities: tuple[tuple[str, str], ...] = ()
    """What a language model heard the buyer name."""
    model_use: ModelUse | None = None
    rules: tuple[Rule, ...] = RULES


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
            also_named=deps.entities,
        )
        is_command = seen.opt_out or "asks_help" in seen.rules
        if not is_command and (reason := belongs_to_a_person(session, deps.facts)):
            yield _hand_over(session, seen, reason, deps)
            return
        if "perhaps_opt_out" in seen.rules and not seen.opt_out:
            yield _hand_over(session, seen, "perhaps_a_stop", deps)
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
    if deps.drafter is not None:
        language = seen.language if seen else deps.contact.language[:2].lower()
        about = reader_facts(deps.contact, session, deps.playbook, language=language)
        evidence = (*evidence, *about)
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
        drafts=_drafts(observation, seen, evidence, deps),
        approvals=deps.facts.approvals,
    )
    considered = asking_how_it_was(considered, session, deps.facts, deps.library)
    planned = perf_counter()
    chosen = choose(considered, session, observation, seen, deps.facts, rules=deps.rules)
    judgement = chosen.judgement
    yield Action(
        candidate=chosen.candidate,
        verdicts=judgement.verdicts if judgement else (),
        decision=judgement.decision if judgement else "allow",
        until=judgement.until if judgement else None,
        refused=chosen.refused,
        weighed=chosen.weighed,
        waits_for_approval=judgement is not None and judgement.waits_for_approval,
        free_slots=free,
        considered=chosen.considered,
        exploration=chosen.exploration,
        perception=seen,
        evidence=tuple(evidence),
        model_use=deps.model_use,
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
    return "inbound_control" if why_held(facts.arms, facts.controls) else ""


def _drafts(
    observation: Observation,
    seen: Perception | None,
    evidence: Sequence[Evidence],
    deps: Deps,
) -> tuple[Drafted, ...]:
    """Asks the model that writes; never about a stop, and first only where the playbook lets it."""
    if deps.drafter is None:
        return ()
    if seen is None:
        is_open = deps.facts.may_draft and writes_first(deps.playbook, observation)
        return deps.drafter.draft("", "", evidence) if is_open else ()
    if seen.opt_out:
        return ()
    return deps.drafter.draft(observation.text, seen.language, evidence)


def writes_first(playbook: Playbook, observation: Observation) -> bool:
    """Says whether a playbook leaves a touch to a language model."""
    touch = observation.touch or 0
    return 1 <= touch <= len(playbook.touches) and playbook.touches[touch - 1].drafts == "model"


def _hand_over(session: Session, seen: Perception, reason: str, deps: Deps) -> Action:
    candidate = hand_off(reason, session)
    return Action(
        candidate,
        (),
        "allow",
        considered=(candidate,),
        perception=seen,
        model_use=deps.model_use,
    )


def _free_slots(session: Session, seen: Perception | None, deps: Deps) -> tuple[Slot, ...]:
    host = host_of(deps.playbook, deps.contact)
    if seen is None or seen.opt_out or host is None or not deps.facts.may_meet:
        return ()
    minutes, room = minutes_of(deps.playbook.meeting), room_of(deps.playbook.meeting)
    free = free_or_held(
        deps.calendar,
        host.owner_id,
        now=deps.now,
        key=f"{session.person_id}:{session.agent_turns}",
        limit=SLOTS_TO_CHOOSE_FROM,
        minutes=minutes,
        room=room,
    )
    if seen.proposes is None:
        return free
    every = deps.calendar.free_slots(
        host.owner_id, now=deps.now, key="", limit=_EVERY_SLOT, minutes=minutes, room=room
    )
    near = [slot for slot in every if abs(slot.start - seen.proposes) < _NEAR]
    return tuple(sorted({*free, *near}, key=lambda slot: slot.start))


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
