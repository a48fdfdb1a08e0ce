"""Plays a scenario through the turns of the loop, without a store: what is decided, and by whom."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, cast

from agent_runtime.asking.given import Given, given_again
from agent_runtime.asking.question import question_of
from agent_runtime.domain import (
    Action,
    Autonomy,
    Candidate,
    Consent,
    Contact,
    Observation,
    Session,
    Slot,
)
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.library.scenario import Scenario, Turn
from agent_runtime.loop import Deps, decide
from agent_runtime.models.language import LanguageModel
from agent_runtime.models.oracle import Oracle
from agent_runtime.models.reply import Reply
from agent_runtime.placeholders import redact
from agent_runtime.planning.host import host_of
from agent_runtime.policies.facts import Facts, Limits, Sent
from agent_runtime.policies.ruleset import STANDARD
from agent_runtime.ports import Calendar
from agent_runtime.prompting.template import Template
from agent_runtime.replaying.policy import Policy, todays_policy
from agent_runtime.script.rehearsal import READER, after, facts_given, free_slots
from agent_runtime.signals import newest_signal, with_signal


@dataclass(frozen=True, slots=True)
class Mind:
    """Whatever decides a turn, each part a version of its own."""

    library: Library
    model: LanguageModel
    """The model that ships."""
    policy: Policy = todays_policy
    """The rules by profile."""
    oracle: Oracle | None = None
    """A language model on a server; without one only approved texts are said."""
    template: Template | None = None
    """The prompt that it is asked with; the product's by default."""


@dataclass(frozen=True, slots=True)
class Played:
    """One turn, as it went."""

    turn: Turn
    session: Session
    facts: Facts
    action: Action
    reply: Reply | None
    """What the language model said; None where nobody asked it."""
    given: Given
    decided_ms: float
    """Time of the turn without the language model's own."""

    @property
    def best(self) -> Candidate:
        """What is done."""
        return self.action.candidate

    @property
    def draft(self) -> str:
        """The words of the message, where one is written."""
        return self.best.proposal.body if self.best.proposal else ""


def play(scenario: Scenario, mind: Mind, *, now: datetime) -> Iterator[Played]:
    """Yields the turns of a scenario; each goes on from what was decided before.

    The reader has consented, nothing is paused and no cap is reached: what stops a message is what
    it says, or how sure the agent is.

    Args:
        scenario: The dialogue; it begins at `now` unless it says when, and a turn takes an hour.
        mind: Whatever decides.
        now: An instant with a time zone; texts that have expired by then are not said.
    """
    playbook = mind.library.playbook(scenario.playbook)
    reader = _reader(scenario, now)
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
        played = _played(turn, number, session, reader, playbook, mind, at)
        yield played
        if turn.buyer or played.action.decision == "allow" or played.action.waits_for_approval:
            session = after(session, played.best, played.action.perception)


def read_alone(
    text: str, language: str, mind: Mind, *, now: datetime, playbook: str
) -> tuple[Given, Reply | None]:
    """Returns what reads a lone text, after the language model was asked, if there is one.

    Args:
        text: What a buyer wrote, in placeholder text.
        language: Of the text.
        mind: Whatever reads.
        now: Decides which texts have expired.
        playbook: Whose prompt it is put into.
    """
    chosen = mind.library.playbook(playbook)
    reader = replace(READER, language=language)
    session = Session(
        tenant_id=reader.tenant_id,
        thread_id="rehearsal",
        person_id=reader.person_id,
        contact_id=reader.contact_id,
        playbook=chosen.id,
        state=chosen.start,
        opened_by="buyer",
    )
    observation = Observation("mail", "lone", now, text=text)
    return _asked(session, observation, reader, _facts(session, reader, chosen, mind, now), mind)


def _reader(scenario: Scenario, now: datetime) -> Contact:
    return replace(
        READER,
        language=scenario.language,
        title=scenario.title,
        country=scenario.country or READER.country,
        time_zone=scenario.time_zone or ("" if scenario.country else READER.time_zone),
        facts=tuple(scenario.facts.items()),
        signals=tuple(signal.at(now.date()) for signal in scenario.signals),
        owner_id=READER.owner_id if scenario.has_owner else "",
    )


def _played(
    turn: Turn,
    number: int,
    session: Session,
    reader: Contact,
    playbook: Playbook,
    mind: Mind,
    at: datetime,
) -> Played:
    began = perf_counter()
    observation = Observation(
        kind="mail" if turn.buyer else "due",
        observation_id=f"turn-{number}",
        occurred_at=at,
        text=redact(turn.buyer, reader).text,
        touch=turn.due,
        auto_submitted=turn.is_auto_reply,
    )
    seen_by = _shown(playbook, turn, reader, at)
    facts = _facts(session, seen_by, playbook, mind, at)
    if turn.given is not None:
        facts = facts_given(turn.given, session, seen_by, mind.library, at, mind.policy)
    given, reply = Given(mind.model), None
    if turn.buyer:
        given, reply = _asked(session, observation, seen_by, facts, mind)
    host = host_of(playbook, seen_by)
    free = free_slots(turn, at, host.owner_id, playbook) if turn.buyer and host else ()
    deps = Deps(
        contact=seen_by,
        facts=facts,
        playbook=playbook,
        library=mind.library,
        model=given.model,
        drafter=given.drafter,
        entities=given.entities,
        calendar=cast(Calendar, _Free(free)),
        now=at,
    )
    action = decide(session, observation, deps)
    spent = (perf_counter() - began) * 1000 - (reply.latency_ms if reply else 0.0)
    return Played(turn, session, facts, action, reply, given, round(max(spent, 0.0), 3))


def _asked(
    session: Session, observation: Observation, reader: Contact, facts: Facts, mind: Mind
) -> tuple[Given, Reply | None]:
    if mind.oracle is None:
        return Given(mind.model), None
    question = question_of(
        session,
        observation,
        reader,
        facts,
        library=mind.library,
        model=mind.model,
        template=mind.template,
    )
    if question.prompt is None:
        return Given(mind.model), None
    reply = mind.oracle.ask(question.prompt).result(timeout=mind.oracle.patience_s)
    if reply.failure:
        return Given(mind.model), reply
    return given_again(reply.text, question.prompt, mind.model), reply


def _shown(playbook: Playbook, turn: Turn, reader: Contact, at: datetime) -> Contact:
    """Returns the contact as the desk shows it to a touch: a signal only by LinkedIn."""
    touches = playbook.touches[(turn.due or 0) - 1 : turn.due] if turn.due else ()
    if not touches or touches[0].channel != "linkedin":
        return reader
    return with_signal(reader, newest_signal(reader, now=at))


def _facts(
    session: Session, reader: Contact, playbook: Playbook, mind: Mind, at: datetime
) -> Facts:
    rules = mind.policy(STANDARD)
    agreed = tuple(
        Consent(channel, playbook.on(channel).purpose, "consent", "form", at - timedelta(days=1))
        for channel in playbook.channels
    )
    free: Autonomy = playbook.autonomy if playbook.autonomy != "assistive" else "supervised"
    return Facts(
        now=at,
        actor="agent",
        session=session,
        approvals=mind.library,
        recipient=reader.email,
        mailbox=reader.mailbox,
        country=reader.country,
        time_zone=reader.time_zone,
        owner_id=reader.owner_id,
        arms=(("rehearsal", "agent"),),
        controls={"rehearsal": ("holdout",)},
        consents=agreed,
        sent=Sent(),
        limits=Limits.under(rules),
        rules=rules,
        autonomy=free,
    )


@dataclass(frozen=True, slots=True)
class _Free:
    """A calendar that has the free times of a turn."""

    slots: tuple[Slot, ...]

    def free_slots(self, owner_id: str, **_: Any) -> tuple[Slot, ...]:
        """Returns them, whatever is asked."""
        return self.slots
