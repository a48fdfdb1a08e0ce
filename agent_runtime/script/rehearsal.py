"""Plays a scenario through perceive, retrieve and plan, as the loop does, without a store."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_runtime.asking.given import Given
from agent_runtime.domain import (
    Action,
    Candidate,
    Contact,
    Observation,
    Perception,
    Session,
    Slot,
)
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.library.scenario import Scenario, Turn
from agent_runtime.meetings.template import minutes_of
from agent_runtime.models.language import LanguageModel
from agent_runtime.perceive import perceive
from agent_runtime.plan import plan
from agent_runtime.planning.host import host_of
from agent_runtime.policies.facts import Facts, Limits
from agent_runtime.policies.ruleset import STANDARD
from agent_runtime.replay import Basis, decide_again, facts_in
from agent_runtime.replaying.policy import Policy, todays_policy
from agent_runtime.retrieve import retrieve
from agent_runtime.signals import newest_signal, with_signal

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
    scenario: Scenario,
    library: Library,
    model: LanguageModel,
    *,
    now: datetime,
    policy: Policy = todays_policy,
) -> Iterator[str]:
    """Yields a sentence for each turn that ends otherwise than its author expects.

    Args:
        scenario: The dialogue; it begins at `now` unless it says when, and a turn takes an hour.
        library: Holds its playbook.
        model: Reads the buyer's lines.
        now: An instant with a time zone; texts that have expired by then are not said.
        policy: The rules, where a turn says what they are given.
    """
    playbook = library.playbook(scenario.playbook)
    reader = replace(
        READER,
        language=scenario.language,
        title=scenario.title,
        country=scenario.country or READER.country,
        time_zone=scenario.time_zone or ("" if scenario.country else READER.time_zone),
        facts=tuple(scenario.facts.items()),
        signals=tuple(signal.at(now.date()) for signal in scenario.signals),
        owner_id=READER.owner_id if scenario.has_owner else "",
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
    at = now
    for number, turn in enumerate(scenario.turns):
        at = turn.at or (at + timedelta(hours=1) if number else at)
        observation = Observation(
            kind="mail" if turn.buyer else "due",
            observation_id=f"turn-{number}",
            occurred_at=at,
            text=turn.buyer,
            touch=turn.due,
            auto_submitted=turn.is_auto_reply,
        )
        shown = reader
        if turn.due and _is_by_hand(playbook, turn.due):
            shown = with_signal(reader, newest_signal(reader, now=at))
        played = _played(turn, session, observation, shown, library, model, policy)
        if wrong := _difference(turn, played, session):
            yield f"scenario {scenario.id}, turn {number + 1}: {wrong}"
        if turn.buyer or played.decision == "allow":
            session = after(session, played.candidate, played.perception)


def _is_by_hand(playbook: Playbook, touch: int) -> bool:
    """Says whether a person posts a touch; only there a public signal may be named."""
    return touch <= len(playbook.touches) and playbook.touches[touch - 1].channel == "linkedin"


def _played(
    turn: Turn,
    session: Session,
    observation: Observation,
    reader: Contact,
    library: Library,
    model: LanguageModel,
    policy: Policy,
) -> Action:
    """What the playbook would do, or what is done where the turn says what the rules know."""
    playbook = library.playbook(session.playbook)
    at = observation.occurred_at
    host = host_of(playbook, reader)
    slots = free_slots(turn, at, host.owner_id, playbook) if turn.buyer and host else ()
    if turn.given is not None:
        facts = facts_given(turn.given, session, reader, library, at, policy)
        basis = Basis(session, observation, reader, facts, slots)
        return decide_again(basis, Given(model), library)
    seen = None
    if turn.buyer:
        seen = perceive(observation, session, model, offered=session.offered, contact=reader)
    known = {
        "playbook": playbook,
        "library": library,
        "contact": reader,
        "free_slots": slots,
        "now": at,
    }
    evidence = retrieve(session, observation, seen, **known)
    best = plan(session, observation, seen, evidence, **known)[0]
    return Action(best, (), "allow", perception=seen)


def facts_given(
    given: Mapping[str, Any],
    session: Session,
    reader: Contact,
    library: Library,
    now: datetime,
    policy: Policy,
) -> Facts:
    """Facts of a reader who can be reached, and beside that only what the scenario gives."""
    usual = {
        "now": now,
        "actor": "agent",
        "recipient": reader.email,
        "mailbox": reader.mailbox,
        "owner_id": reader.owner_id,
        "country": reader.country,
        "time_zone": reader.time_zone,
    }
    known = {name: value for name, value in given.items() if name != "profile"}
    facts = facts_in({**usual, **known}, session, library)
    rules = policy(given.get("profile", STANDARD))
    return replace(facts, rules=rules, limits=Limits.under(rules))


def _difference(turn: Turn, played: Action, session: Session) -> str:
    expected, best, seen = turn.expect, played.candidate, played.perception
    said = best.proposal.content_ids if best.proposal else best.contents
    draft = best.proposal.body if best.proposal else ""
    against = next((v.rule for v in played.verdicts if v.decision != "allow"), "nothing")
    booked = expected.books and session.offered[expected.books - 1 : expected.books]
    pairs: dict[str, tuple[object, object]] = {
        "heard": (turn.heard, seen.primary if seen else None),
        "action": (expected.action, best.action),
        "reason": (expected.reason, best.reason),
        "state": (expected.state, best.next_state),
        "route_to": (expected.route_to, best.route_to),
        "inform": (expected.inform, best.inform),
        "priority": (expected.priority, best.priority),
        "says": (expected.says, said),
        "is_silent": (expected.is_silent, best.proposal is None),
        "books": (booked, booked and (best.book,)),
        "decision": (expected.decision, played.decision),
        "stopped_by": (expected.stopped_by, against),
        "until": (expected.until, played.until),
    }
    for name, (wanted, found) in pairs.items():
        if wanted is not None and wanted != found:
            read = f", read as {seen.primary} ({seen.confidence:.2f})" if seen else ""
            return f"{name} should be {wanted!r} and is {found!r}{read}."
    missing = next((words for words in expected.contains if words not in draft), "")
    return f"it should contain {missing!r} and says {draft[:200]!r}." if missing else ""


def free_slots(turn: Turn, now: datetime, owner_id: str, playbook: Playbook) -> tuple[Slot, ...]:
    """Those of the turn; else 09:00, 11:00 and 14:00 UTC on the workdays of the coming week."""
    starts = turn.free
    if starts is None:
        days = [(now + timedelta(days=n)).date() for n in range(1, 8)]
        starts = tuple(
            datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            for day in days
            if day.weekday() < 5
            for hour in (9, 11, 14)
        )
    length = timedelta(minutes=minutes_of(playbook.meeting) if turn.free else 30)
    return tuple(Slot(owner_id, at, at + length) for at in starts)


def after(session: Session, best: Candidate, seen: Perception | None) -> Session:
    """Returns a thread as it stands once a turn's decision was carried out."""
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
