"""Plays a scenario through perceive, retrieve and plan, as the loop does, without a store."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent_runtime.domain import Candidate, Contact, Observation, Perception, Session, Slot
from agent_runtime.library.catalog import Library
from agent_runtime.library.scenario import Scenario, Turn
from agent_runtime.models.language import LanguageModel
from agent_runtime.perceive import perceive
from agent_runtime.plan import plan
from agent_runtime.retrieve import retrieve

READER = Contact(
    tenant_id="rehearsal",
    contact_id="reader",
    person_id="reader",
    account_id="account",
    email="reader@rehearsal.example",
    first_name="Alex",
    last_name="Miller",
    title="Head of Revenue Operations",
    company="Acme",
    country="IE",
    language="en",
    time_zone="Europe/Dublin",
    owner_id="owner",
    owner_name="Kim Novak",
    mailbox="agent@rehearsal.example",
)
"""Whom every scenario is played with; the scenario says their language, title and facts."""


def rehearse(
    scenario: Scenario, library: Library, model: LanguageModel, *, now: datetime
) -> Iterator[str]:
    """Yields a sentence for each turn that ends otherwise than its author expects.

    Args:
        scenario: The dialogue; it begins at `now`, and a turn takes an hour.
        library: Holds its playbook.
        model: Reads the buyer's lines.
        now: An instant with a time zone; texts that have expired by then are not said.
    """
    playbook = library.playbook(scenario.playbook)
    reader = replace(
        READER,
        language=scenario.language,
        title=scenario.title,
        facts=tuple(scenario.facts.items()),
    )
    session = Session(
        tenant_id=reader.tenant_id,
        thread_id="rehearsal",
        person_id=reader.person_id,
        contact_id=reader.contact_id,
        playbook=playbook.id,
        state=playbook.start,
        opened_by=scenario.opened_by,
    )
    for number, turn in enumerate(scenario.turns):
        at = now + timedelta(hours=number)
        observation = Observation(
            kind="mail" if turn.buyer else "due",
            observation_id=f"turn-{number}",
            occurred_at=at,
            text=turn.buyer,
            touch=turn.due,
            auto_submitted=turn.is_auto_reply,
        )
        seen = None
        if turn.buyer:
            seen = perceive(observation, session, model, offered=session.offered, contact=reader)
        known = {
            "playbook": playbook,
            "library": library,
            "contact": reader,
            "free_slots": _free_slots(at) if turn.buyer else (),
            "now": at,
        }
        evidence = retrieve(session, observation, seen, **known)
        best = plan(session, observation, seen, evidence, **known)[0]
        if wrong := _difference(turn, best, seen):
            yield f"scenario {scenario.id}, turn {number + 1}: {wrong}"
        session = _after(session, best, seen)


def _difference(turn: Turn, best: Candidate, seen: Perception | None) -> str:
    expected = turn.expect
    said = best.proposal.content_ids if best.proposal else best.contents
    pairs = {
        "heard": (turn.heard, seen.primary if seen else None),
        "action": (expected.action, best.action),
        "reason": (expected.reason, best.reason),
        "state": (expected.state, best.next_state),
        "route_to": (expected.route_to, best.route_to),
        "inform": (expected.inform, best.inform),
        "says": (expected.says, said),
    }
    for name, (wanted, found) in pairs.items():
        if wanted is not None and wanted != found:
            read = f", read as {seen.primary} ({seen.confidence:.2f})" if seen else ""
            return f"{name} should be {wanted!r} and is {found!r}{read}."
    return ""


def _free_slots(now: datetime) -> tuple[Slot, ...]:
    """Half hours at 09:00, 11:00 and 14:00 UTC on the workdays of the coming week."""
    days = [(now + timedelta(days=n)).date() for n in range(1, 8)]
    starts = [
        datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        for day in days
        if day.weekday() < 5
        for hour in (9, 11, 14)
    ]
    return tuple(Slot(READER.owner_id, at, at + timedelta(minutes=30)) for at in starts)


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
