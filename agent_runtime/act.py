"""Writes what a turn decided: messages that wait, meetings on hold, work for people, memory."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from agent_runtime import log
from agent_runtime.arms import is_held
from agent_runtime.domain import (
    Action,
    Candidate,
    ChannelName,
    Contact,
    Observation,
    Perception,
    Proposal,
    Session,
    Slot,
)
from agent_runtime.library.catalog import Library
from agent_runtime.policies.permit import Judgement
from agent_runtime.ports import Tx
from agent_runtime.research import write_brief
from agent_runtime.store.rows import Actor, HumanTask, Inbound, Meeting, Message, Task


def message_of(
    session: Session,
    contact: Contact,
    proposal: Proposal,
    *,
    cause: str,
    actor: Actor,
    mailbox: str,
    due_at: datetime,
    task: Task | None = None,
    arm: tuple[str, str] | None = None,
    in_reply_to: str = "",
    invite: str = "",
    address: str = "",
) -> Message:
    """Returns the message that a permitted proposal becomes.

    The id comes from the thread, the cause (a task, mail or meeting), the action and the actor, so
    that a step that runs again makes the same message. `arm` is (experiment, arm) for the trace,
    `address` where the contact is reached on a channel other than mail.
    """
    replied_to = in_reply_to or (session.rfc_references[-1] if session.rfc_references else "")
    return Message(
        tenant_id=session.tenant_id,
        message_id=message_id_of(session.thread_id, cause, proposal.action, actor),
        thread_id=session.thread_id,
        person_id=session.person_id,
        contact_id=contact.contact_id,
        account_id=contact.account_id,
        actor=actor,
        mailbox=mailbox,
        to_email=contact.email if proposal.channel == "email" else address,
        touch_class=proposal.touch_class,
        purpose=proposal.purpose,
        action=proposal.action,
        subject=proposal.subject,
        sentences=proposal.sentences,
        language=proposal.language,
        confidence=proposal.confidence,
        playbook=session.playbook,
        due_at=due_at,
        channel=proposal.channel,
        content_ids=proposal.content_ids,
        slots=proposal.slots,
        template=proposal.template,
        is_drafted=proposal.is_drafted,
        campaign_id=task.campaign_id if task else None,
        task_id=task.task_id if task else None,
        touch=task.touch if task else None,
        experiment_id=arm[0] if arm else None,
        arm=arm[1] if arm else None,
        in_reply_to=replied_to,
        references=_references(session, replied_to),
        invite=invite,
        lead_created_at=session.request_at if proposal.touch_class == "reply" else None,
        expires_at=task.expires_at if task else None,
    )


def record(
    tx: Tx,
    journal: log.Journal,
    session: Session,
    observation: Observation,
    action: Action,
    message: Message | None,
    *,
    arm: str,
    campaign_id: str,
    is_first: bool,
    basis: dict[str, Any],
) -> None:
    """Writes the decision of a turn, and the policy check of the message that it proposes."""
    payload = log.turn(session, observation, action, arm=arm, campaign_id=campaign_id, basis=basis)
    journal.write("turn", observation.observation_id, payload=payload)
    if message is not None:
        judgement = Judgement(action.decision, action.verdicts, until=action.until)
        checked = log.policy(message, judgement, is_first=is_first)
        journal.write("policy", message.message_id, "planned", payload=checked)
        if action.decision == "allow":
            tx.add_message(replace(message, was_checked=True))


def hold_meeting(tx: Tx, session: Session, candidate: Candidate, actor: Actor) -> Meeting | None:
    """Writes a meeting that the calendar has yet to confirm; its uid comes from the offer."""
    if candidate.book is None:
        return None
    uid = meeting_uid(tx, session.thread_id, candidate.book)
    meeting = tx.meeting(uid) or Meeting(
        tenant_id=session.tenant_id,
        uid=uid,
        thread_id=session.thread_id,
        person_id=session.person_id,
        slot=candidate.book,
        actor=actor,
    )
    tx.save_meeting(meeting)
    return meeting


def meeting_uid(tx: Tx, thread_id: str, slot: Slot) -> str:
    """Returns the UID of a thread's meeting at a time; it comes from the offer."""
    parts = (thread_id, slot.owner_id, slot.start.isoformat())
    uid = f"{_digest(*parts)}@parley"
    again = 1
    while (known := tx.meeting(uid)) and known.state not in ("HOLDING", "CONFIRMED"):
        # A time that was given up and is wanted once more is a new meeting.
        again += 1
        uid = f"{_digest(*parts, str(again))}@parley"
    return uid


def hand_to_person(tx: Tx, session: Session, candidate: Candidate, inbound: Inbound) -> None:
    """Puts a mail into the human queue; a thread is one piece of work, its newest mail."""
    tx.supersede_human_tasks(session.thread_id)
    control = candidate.reason == "inbound_control"
    task = HumanTask(
        tenant_id=session.tenant_id,
        task_id=_digest(session.thread_id, inbound.key, "human"),
        thread_id=session.thread_id,
        person_id=session.person_id,
        kind="inbound_request" if control else "handoff",
        route_to=candidate.route_to or "owner",
        reason=candidate.reason,
        text=_with_proposed(inbound),
        received_at=inbound.received_at,
        priority="fast" if candidate.priority == "fast" else "usual",
    )
    tx.save_human_task(task)


def _with_proposed(inbound: Inbound) -> str:
    if inbound.proposes is None:
        return inbound.text
    return f"{inbound.text}\n[proposes {inbound.proposes:%Y-%m-%d %H:%M} UTC]".strip()


def tell_people(tx: Tx, session: Session, candidate: Candidate, inbound: Inbound) -> None:
    """Puts a notice of a mail into the queue of everybody who is to know, without having to act."""
    for role in candidate.inform:
        tx.save_human_task(
            HumanTask(
                tenant_id=session.tenant_id,
                task_id=_digest(session.thread_id, inbound.key, "notice", role),
                thread_id=session.thread_id,
                person_id=session.person_id,
                kind="notice",
                route_to=role,
                reason=candidate.reason,
                text=inbound.text,
                received_at=inbound.received_at,
                priority="fast" if candidate.priority == "fast" else "usual",
            )
        )


def brief_owner(
    tx: Tx, session: Session, contact: Contact, candidate: Candidate, library: Library, task: Task
) -> None:
    """Puts a research brief into the owner's queue; nothing of it reaches the buyer.

    A person of the holdout gets none: what a rep does with it would be the agent's doing.
    """
    if is_held(tx, task.person_id):
        return
    stopped = tx.suppressed(task.person_id)
    tx.save_human_task(
        HumanTask(
            tenant_id=session.tenant_id,
            task_id=_digest(session.thread_id, task.task_id, "brief"),
            thread_id=session.thread_id,
            person_id=session.person_id,
            kind="brief",
            route_to=candidate.route_to,
            reason=candidate.reason,
            text=write_brief(session, contact, candidate.contents, library, suppressed=stopped),
            received_at=task.due_at,
        )
    )


def remember(
    session: Session, action: Action, *, buyer_wrote: bool, channel: ChannelName = "email"
) -> Session:
    """Returns the session after a turn: state, what was offered, what was used, who speaks."""
    candidate, seen = action.candidate, action.perception
    proposal = candidate.proposal if action.decision == "allow" else None
    known = dict(session.facts_known) | dict(reversed(seen.entities) if seen else ())
    known |= dict(candidate.records)
    handed_over = candidate.action in ("hand_off", "escalate")
    used = proposal.content_ids if proposal else ()
    offers_anew = proposal is not None and bool(proposal.slots)
    return replace(
        session,
        channel=channel if buyer_wrote else session.channel,
        preferences=_preferences(session, seen) if seen and buyer_wrote else session.preferences,
        objections=tuple(dict.fromkeys((*session.objections, *(seen.objections if seen else ())))),
        offered_before=tuple(
            dict.fromkeys((*session.offered_before, *(session.offered if offers_anew else ())))
        )[-12:],
        state=candidate.next_state if action.decision == "allow" else session.state,
        speaker="human" if handed_over else session.speaker,
        offered=proposal.slots if proposal and proposal.slots else session.offered,
        wanted=candidate.wants or (None if candidate.book else session.wanted),
        facts_known=tuple(known.items()),
        language=seen.language if seen and buyer_wrote else session.language,
        contents_used=tuple(dict.fromkeys((*session.contents_used, *used))),
        buyer_turns=session.buyer_turns + buyer_wrote,
        closed=session.closed or candidate.action in ("close", "disqualify", "confirm_stop"),
    )


def _preferences(session: Session, seen: Perception) -> tuple[tuple[str, str], ...]:
    said = {"language": seen.language}
    if "call_request" in seen.signals:
        said["channel"] = "voice"
    wished = next((span for name, span in seen.entities if name == "requested_time"), "")
    if wished:
        said["time"] = wished
    return tuple((dict(session.preferences) | said).items())


def _references(session: Session, replied_to: str) -> tuple[str, ...]:
    if not replied_to or replied_to in session.rfc_references:
        return session.rfc_references
    return (*session.rfc_references, replied_to)


def message_id_of(thread_id: str, cause: str, action: str, actor: str) -> str:
    """Returns the id of the one message that a cause makes in a thread."""
    return _digest(thread_id, cause, action, actor)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]
