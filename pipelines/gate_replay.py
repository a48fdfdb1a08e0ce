"""The gate asked again about every send ever made, with the arms as of then and as of now."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from agent_runtime.domain import ActionKind, ChannelName, Proposal, Sentence, Session, TouchClass
from agent_runtime.policies.arms import Arms, is_control
from agent_runtime.policies.contact import arm
from agent_runtime.policies.facts import Facts
from agent_runtime.store.rows import Actor
from pipelines.sends import Send
from pipelines.stored_arms import StoredArms


class _NoTexts:
    """The arm rule asks nothing of texts."""

    def is_approved(self, fact: str, *, text: str, language: str, now: datetime) -> bool:
        """Nothing is."""
        return False

    def texts_of(self, fact: str, *, language: str, now: datetime) -> tuple[str, ...]:
        """No fact says anything."""
        return ()

    def discloses(self, fact: str) -> bool:
        """Nothing does."""
        return False


@dataclass(frozen=True, slots=True)
class Stopped:
    """An agent's message that the gate would stop, by what it knows now or knew then."""

    message_id: str
    person_id: str
    channel: str
    touch_class: str
    sent_at: datetime
    then: str
    """Why it would have been stopped when it left; empty means it was let through rightly."""
    now: str
    """Why it would be stopped today; where only this is filled, a merge came afterwards."""
    is_to_control: bool
    """Whether the agent wrote to a control: stopped then, and not only for want of a clock."""


@dataclass(frozen=True, slots=True)
class GateReplay:
    """What the gate says of every message that left."""

    sent: int
    by_agent: int
    by_people: int
    stopped_then: int
    stopped_now: int
    agent_sends_to_control: int
    human_sends_to_control: int
    """Allowed, and counted: people stay free to help the holdout."""
    stopped: tuple[Stopped, ...]

    def as_dict(self) -> dict[str, Any]:
        """Returns it as JSON can hold it."""
        rows = [asdict(one) | {"sent_at": one.sent_at.isoformat()} for one in self.stopped]
        return {**asdict(self), "stopped": rows}


def replay_gate(sends: Iterable[Send], stored: StoredArms) -> GateReplay:
    """Returns what the gate's own rule says today of messages that have left.

    As of then, an arm counts from its assignment and a merge from when it was learnt. A clock that
    was set back makes an assignment look later than a send; such a send is listed, and is no send
    to a control as long as the arm known now is a treated one.
    """
    sends = tuple(sends)
    stopped: list[Stopped] = []
    to_control_by_people = 0
    for send in sends:
        arms_now = stored.arms_of(send.person_id)
        if send.actor != "agent":
            to_control_by_people += is_in_control(send.person_id, stored)
            continue
        arms_then = stored.arms_of(send.person_id, until=send.sent_at)
        then, now = _why(send, arms_then, stored), _why(send, arms_now, stored)
        if then or now:
            was_control = any(is_control(*pair, stored.controls) for pair in arms_then)
            stopped.append(
                Stopped(
                    message_id=send.message_id,
                    person_id=send.person_id,
                    channel=send.channel,
                    touch_class=send.touch_class,
                    sent_at=send.sent_at,
                    then=then,
                    now=now,
                    is_to_control=bool(then) and (was_control or bool(now)),
                )
            )
    return GateReplay(
        sent=len(sends),
        by_agent=sum(send.actor == "agent" for send in sends),
        by_people=sum(send.actor != "agent" for send in sends),
        stopped_then=sum(bool(one.then) for one in stopped),
        stopped_now=sum(bool(one.now) for one in stopped),
        agent_sends_to_control=sum(one.is_to_control for one in stopped),
        human_sends_to_control=to_control_by_people,
        stopped=tuple(stopped),
    )


def is_in_control(person_id: str, stored: StoredArms) -> bool:
    """Says whether a person stands, as of now, in the control of any experiment."""
    return any(is_control(*pair, stored.controls) for pair in stored.arms_of(person_id))


def _why(send: Send, arms: Arms, stored: StoredArms) -> str:
    names = {experiment for experiment, _ in arms}
    controls = {name: tuple(held) for name, held in stored.controls.items() if name in names}
    facts = Facts(
        now=send.sent_at,
        actor=cast(Actor, send.actor),
        session=Session("", send.thread_id, send.person_id, "", "", ""),
        approvals=_NoTexts(),
        recipient="",
        mailbox="",
        arms=arms,
        controls=controls,
    )
    verdict = arm(_proposal(send), facts)
    return "" if verdict.decision == "allow" else verdict.reason


def _proposal(send: Send) -> Proposal:
    """As much of the proposal as the trace keeps of it and the arm rule asks for."""
    texts = tuple(one if "@" in one else f"{one}@" for one in send.content_ids)
    return Proposal(
        action=cast(ActionKind, send.action),
        touch_class=cast(TouchClass, send.touch_class),
        channel=cast(ChannelName, send.channel),
        purpose="",
        subject="",
        sentences=(Sentence("", texts),),
        language="",
        confidence=1.0,
    )
