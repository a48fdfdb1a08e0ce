"""Plays a scenario through perceive, retrieve and plan, as the loop does, without a store."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from agent_runtime.domain import (
    Candidate,
    Contact,
    Evidence,
    Observation,
    Perception,
    Session,
    Slot,
)
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.library.scenario import Scenario, Turn
from agent_runtime.models.language import LanguageModel
from agent_runtime.perceive import perceive
from agent_runtime.placeholders import redact
from agent_runtime.plan import plan
from agent_runtime.planning.host import host_of
from agent_runtime.retrieve import retrieve
from agent_runtime.signals import newest_signal, with_signal

START = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Played:
    """One turn, as it went."""

    turn: Turn
    session: Session
    perception: Perception | None
    evidence: tuple[Evidence, ...]
    candidates: list[Candidate]

    @property
    def best(self) -> Candidate:
        return self.candidates[0]

    @property
    def draft(self) -> str:
        return self.best.proposal.body if self.best.proposal else ""


def free_slots(owner_id: str, now: datetime) -> tuple[Slot, ...]:
    """Half hours at 09:00, 11:00 and 14:00 UTC on the next five workdays."""
    days = [now.date() + timedelta(days=n) for n in range(1, 8)]
    starts = [
        datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        for day in days
        if day.weekday() < 5
        for hour in (9, 11, 14)
    ]
    return tuple(Slot(owner_id, start, start + timedelta(minutes=30)) for start in starts)


def play(
    scenario: Scenario, library: Library, model: LanguageModel, contact: Contact
) -> Iterator[Played]:
    contact = replace(
        contact,
        language=scenario.language,
        title=scenario.title,
        facts=tuple(scenario.facts.items()),
        signals=tuple(signal.at(START.date()) for signal in scenario.signals),
        owner_id=contact.owner_id if scenario.has_owner else "",
    )
    playbook = library.playbook(scenario.playbook)
    session = Session(
        tenant_id=contact.tenant_id,
        thread_id="t-1",
        person_id=contact.person_id,
        contact_id=contact.contact_id,
        playbook=playbook.id,
        state=playbook.start,
        opened_by=scenario.opened_by,
    )
    now = START
    host = host_of(playbook, contact)
    for number, turn in enumerate(scenario.turns):
        now += timedelta(hours=1)
        observation = Observation(
            kind="mail" if turn.buyer else "due",
            observation_id=f"o-{number}",
            occurred_at=now,
            text=redact(turn.buyer, contact).text,
            touch=turn.due,
            auto_submitted=turn.is_auto_reply,
        )
        reader = reader_of(playbook, turn, contact, now=now)
        seen = None
        if turn.buyer:
            seen = perceive(observation, session, model, offered=session.offered, contact=contact)
        facts = {
            "playbook": playbook,
            "library": library,
            "contact": reader,
            "free_slots": free_slots(host.owner_id, now) if turn.buyer and host else (),
            "now": now,
        }
        evidence = retrieve(session, observation, seen, **facts)
        candidates = plan(session, observation, seen, evidence, **facts)
        yield Played(turn, session, seen, evidence, candidates)
        session = _after(session, candidates[0], seen)


def reader_of(playbook: Playbook, turn: Turn, contact: Contact, *, now: datetime) -> Contact:
    """Returns the contact as the desk shows it to a touch: a signal only by LinkedIn."""
    is_planned = turn.due and turn.due <= len(playbook.touches)
    if not is_planned or playbook.touches[turn.due - 1].channel != "linkedin":
        return contact
    return with_signal(contact, newest_signal(contact, now=now))


def _after(session: Session, best: Candidate, seen: Perception | None) -> Session:
    proposal = best.proposal
    return replace(
        session,
        state=best.next_state,
        language=seen.language if seen else session.language,
        subject=session.subject or (proposal.subject if proposal else ""),
        offered=proposal.slots if proposal and proposal.slots else session.offered,
        facts_known=(*session.facts_known, *(seen.entities if seen else ())),
        contents_used=(*session.contents_used, *(proposal.content_ids if proposal else ())),
        touches_sent=session.touches_sent + (best.action == "send_touch"),
        buyer_turns=session.buyer_turns + (seen is not None and seen.primary != "out_of_office"),
        agent_turns=session.agent_turns + (proposal is not None),
    )
