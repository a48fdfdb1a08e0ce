"""Trace events: decision before effect, receipt after it, each with an id that repeats itself.

An event's id is a ULID whose random part is a hash of what happened, so that a step that runs
again after a crash writes the same event and not a second one.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ulid import ULID

from agent_runtime.contracts import TraceEvent, TraceKind

if TYPE_CHECKING:  # A command that writes one event need not load all rules.
    from agent_runtime.domain import (
        Action,
        Candidate,
        Consent,
        ModelUse,
        Observation,
        Session,
        ToolCall,
        Verdict,
        Weighed,
    )
    from agent_runtime.policies.permit import Judgement
    from agent_runtime.policies.tool_permit import ToolJudgement
    from agent_runtime.ports import BookingResult, Tx
    from agent_runtime.store.rows import (
        Approval,
        Due,
        FieldChange,
        HumanTask,
        Inbound,
        Meeting,
        Message,
        Push,
    )

Versions = dict[str, str]
"""Versions of code, playbook, prompt, model, policy and content behind an event."""


class Journal:
    """Writes the trace of one thread at one instant, in the transaction that it is given."""

    def __init__(self, tx: Tx, session: Session, *, now: datetime, versions: Versions) -> None:
        self._tx = tx
        self._session = session
        self._now = now
        self._versions = versions

    def write(self, kind: TraceKind, *key: Any, payload: dict[str, Any]) -> None:
        """Appends one event; the same kind, time and key are the same event."""
        session = self._session
        self._tx.trace(
            TraceEvent(
                event_id=event_id(self._now, kind, session.tenant_id, *key),
                tenant_id=session.tenant_id,
                kind=kind,
                thread_id=session.thread_id,
                person_id=session.person_id,
                contact_id=session.contact_id,
                occurred_at=self._now,
                versions=self._versions,
                payload=payload,
            )
        )


def event_id(at: datetime, *key: Any) -> str:
    """Returns a ULID: 48 bits of time in ms, 80 bits of the key's hash."""
    digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=10).digest()
    return str(ULID(int(at.timestamp() * 1000).to_bytes(6, "big") + digest))


def incident(due: Due, error: Exception, tenant_id: str, *, now: datetime) -> TraceEvent:
    """Returns the trace of a row that could not be worked."""
    return TraceEvent(
        event_id=event_id(now, "incident", tenant_id, due.kind, due.row_id),
        tenant_id=tenant_id,
        kind="incident",
        thread_id=None,
        person_id=None,
        contact_id=None,
        occurred_at=now,
        versions={},
        payload={
            "what": f"{due.kind} {due.row_id} could not be worked",
            "detail": "".join(traceback.format_exception(error))[-2000:],
            "severity": "high",
        },
    )


def turn(
    session: Session,
    observation: Observation,
    action: Action,
    *,
    arm: str,
    campaign_id: str,
    basis: dict[str, Any],
) -> dict[str, Any]:
    """Returns the payload of a turn: input, understanding, candidates, verdicts, choice.

    `basis` is all that the turn stands on besides library and model, see `replay`.
    """
    return {
        "turn_id": observation.observation_id,
        "actor": "agent",
        "observation": {
            "kind": observation.kind,
            "id": observation.observation_id,
            "text": observation.text,
            "subject": observation.subject,
            "channel": observation.channel,
            "touch": observation.touch,
            "task_id": observation.task_id,
        },
        **decided(action),
        "exploration": _exploration(action),
        **({"model": asdict(action.model_use)} if action.model_use else {}),
        "refused": refused(action),
        **({"weighed": [_weighed(one) for one in action.weighed]} if action.weighed else {}),
        "playbook": session.playbook,
        "state_before": session.state,
        "state_after": action.candidate.next_state,
        "arm": arm,
        "experiment_id": "",
        "campaign_id": campaign_id,
        "latency_ms": dict(action.latency_ms),
        "basis": basis,
    }


def decided(action: Action) -> dict[str, Any]:
    """Returns what a turn understood, considered and chose, as JSON values."""
    seen = action.perception
    return {
        "perception": None
        if seen is None
        else {
            "primary": seen.primary,
            "confidence": seen.confidence,
            "abstain": seen.abstain,
            "intents": [{"name": g.name, "confidence": g.confidence} for g in seen.intents],
            "signals": list(seen.signals),
            "entities": [list(entity) for entity in seen.entities],
            "slot_choice": seen.slot_choice,
            "objections": list(seen.objections),
            "opt_out": seen.opt_out,
            "language": seen.language,
            "rules": list(seen.rules),
        },
        "evidence": [
            {"fact_id": e.fact_id, "version": e.version, "kind": e.kind} for e in action.evidence
        ],
        "candidates": [_candidate(c) for c in action.considered],
        "chosen": {
            "action": action.candidate.action,
            "reason": action.candidate.reason,
            "decision": action.decision,
            "until": action.until.isoformat() if action.until else None,
            "records": dict(action.candidate.records),
        },
        "verdicts": _verdicts(action.verdicts),
    }


def refused(action: Action) -> list[dict[str, Any]]:
    """Returns the drafts of a model that the rules stopped, and which rules."""
    return [
        {
            "draft": candidate.proposal.body if candidate.proposal else None,
            "rules": [verdict.rule for verdict in hits],
            **_ranking(candidate),
        }
        for candidate, hits in action.refused
    ]


def policy(message: Message, judgement: Judgement, *, is_first: bool) -> dict[str, Any]:
    """Returns the payload of a policy check of one proposed message."""
    return {
        "proposal_id": message.message_id,
        "is_first": is_first,
        "touch_class": message.touch_class,
        "actor": message.actor,
        "action": message.action,
        "decision": judgement.decision,
        "rules_hit": [v.rule for v in judgement.hits],
        "verdicts": _verdicts(judgement.verdicts),
        "until": judgement.until.isoformat() if judgement.until else None,
        "campaign_id": message.campaign_id,
        "playbook": message.playbook,
        "arm": message.arm,
        "experiment_id": message.experiment_id,
        "task_id": message.task_id,
    }


def outgoing(message: Message) -> dict[str, Any]:
    """Returns the payload of a mail that left, failed, or may have left."""
    return {
        "message_id": message.message_id,
        "direction": "out",
        "actor": message.actor,
        "channel": message.channel,
        "touch_class": message.touch_class,
        "touch": message.touch,
        "task_id": message.task_id,
        "campaign_id": message.campaign_id,
        "playbook": message.playbook,
        "arm": message.arm,
        "experiment_id": message.experiment_id,
        "mailbox": message.mailbox,
        "rfc_message_id": message.rfc_message_id,
        "in_reply_to": message.in_reply_to,
        "content_ids": list(message.content_ids),
        "content_hash": message.content_hash,
        "subject": message.subject,
        "text": message.body,
        "language": message.language,
        "state": message.state,
        "attempt": message.attempt,
        "intent": None,
        "auto_reply": False,
        "positive_intent": False,
        "opt_out": False,
        "lead_created_at": message.lead_created_at.isoformat() if message.lead_created_at else None,
    }


def task(value: HumanTask) -> dict[str, Any]:
    """Returns the payload of work that was created for a person."""
    return {
        "object": "task",
        "task_id": value.task_id,
        "kind": value.kind,
        "route_to": value.route_to,
        "reason": value.reason,
    }


def consent(value: Consent, *, rule: str) -> dict[str, Any]:
    """Returns the payload of a consent that was given, asked about or confirmed."""
    return {
        "object": "consent",
        "channel": value.channel,
        "purpose": value.purpose,
        "state": value.state,
        "source": value.source,
        "words": value.words,
        "proof": value.proof,
        "page": value.page,
        "rule": rule,
    }


def routed(value: HumanTask) -> dict[str, Any]:
    """Returns the payload of work that got a person."""
    return task(value) | {
        "role": value.role,
        "assignee": value.assignee,
        "next_at": value.next_at.isoformat() if value.next_at else None,
    }


def review(approval: Approval, *, waited_s: float, changed: float | None) -> dict[str, Any]:
    """Returns the payload of a person's decision on drafts; `changed` is the share of words."""
    return {
        "approval_id": approval.approval_id,
        "message_id": approval.message_id,
        "decision": approval.state.lower(),
        "is_edited": approval.is_edited,
        "changed": changed,
        "by": approval.decided_by,
        "tags": list(approval.tags),
        "note": approval.note,
        "why": approval.why,
        "drafts": len(approval.drafts),
        "option": approval.option,
        "options": [_option(draft.candidate) for draft in approval.drafts],
        "waited_s": waited_s,
    }


def _option(candidate: Candidate) -> dict[str, Any]:
    """One thing that a reviewer could choose, as far as it can be learnt from: no words of it."""
    return {
        "action": candidate.action,
        "code": candidate.reason,
        "score": candidate.score,
        "is_drafted": candidate.is_drafted,
        "merits": {merit.name: merit.points for merit in candidate.merits},
    }


def call(judgement: ToolJudgement, *, by_id: str) -> dict[str, Any]:
    """Returns the payload of the check of one tool call; its values are not repeated."""
    return {
        "proposal_id": by_id,
        "is_first": False,
        "touch_class": None,
        "actor": "agent",
        "action": judgement.call.tool[:80],
        "target": judgement.call.target[:120],
        "fields": [name[:60] for name, _ in judgement.call.values],
        "decision": judgement.decision,
        "rules_hit": [v.rule for v in judgement.hits],
        "reasons": [v.reason for v in judgement.hits],
    }


def written(call: ToolCall, made: str) -> dict[str, Any]:
    """Returns the payload of a write that was carried out."""
    return {
        "object": call.target.partition(":")[0],
        "tool": call.tool,
        "made": made,
        "fields": dict(call.values),
        "reason": call.reason,
    }


def undone(change: FieldChange) -> dict[str, Any]:
    """Returns the payload of a write that a person took back."""
    return {
        "object": change.object,
        "tool": "crm.update",
        "made": change.change_id,
        "fields": {change.field: change.after},
        "reason": change.reason,
        "undoes": change.undoes,
        "by": change.by,
    }


def pushed(push: Push, vendor: str, change: FieldChange | None) -> dict[str, Any]:
    """Returns the payload of what the vendor's CRM made of a row; values are not repeated."""
    return {
        "object": change.object if change else push.kind,
        "tool": "crm.push",
        "made": push.row_id,
        "fields": {change.field: ""} if change else {},
        "reason": push.reason,
        "vendor": vendor,
        "vendor_id": push.vendor_id,
        "result": push.state.lower(),
    }


def delivery(
    message: Message, *, status: str, code: str, source: str, enhanced: str = "", why: str = ""
) -> dict[str, Any]:
    """Returns the payload of news about a mail: bounced, or its fate found out."""
    return {
        "message_id": message.message_id,
        "rfc_message_id": message.rfc_message_id,
        "status": status,
        "code": code,
        "enhanced": enhanced,
        "why": why,
        "source": source,
    }


def cost(item: str, quantity: float, unit: str, *, message_id: str, actor: str) -> dict[str, Any]:
    """Returns the payload of something used that has a price."""
    return {
        "item": item,
        "quantity": quantity,
        "unit": unit,
        "message_id": message_id,
        "actor": actor,
    }


def tokens(use: ModelUse | None) -> list[tuple[str, int]]:
    """Returns the tokens of a turn by unit of the price list; what was cached is counted apart."""
    if use is None or not use.prompt_tokens:
        return []
    fresh = use.prompt_tokens - use.cached_tokens
    units = (
        ("input_token", fresh),
        ("cached_token", use.cached_tokens),
        ("output_token", use.completion_tokens),
    )
    return [(unit, count) for unit, count in units if count]


def stop(reason: str, source_message_id: str) -> dict[str, Any]:
    """Returns the payload of a suppression, which holds for the person on every channel."""
    return {
        "scope": "person",
        "channel": "*",
        "reason": reason,
        "source_message_id": source_message_id,
    }


def incoming(
    inbound: Inbound,
    *,
    actor: str,
    playbook: str,
    arm: str | None,
    experiment_id: str | None,
    language: str,
    intent: str | None,
    auto_reply: bool,
    positive_intent: bool,
    opt_out: bool,
) -> dict[str, Any]:
    """Returns the payload of a mail that arrived, once it has been understood."""
    return {
        "message_id": inbound.key,
        "direction": "in",
        "actor": actor,
        "channel": inbound.channel,
        "touch_class": None,
        "touch": None,
        "task_id": None,
        "campaign_id": None,
        "playbook": playbook,
        "arm": arm,
        "experiment_id": experiment_id,
        "mailbox": inbound.mailbox,
        "rfc_message_id": inbound.rfc_message_id,
        "in_reply_to": inbound.in_reply_to,
        "content_ids": [],
        "content_hash": "",
        "subject": inbound.subject,
        "text": inbound.text,
        "language": language,
        "state": "RECEIVED",
        "attempt": 1,
        "intent": intent,
        "auto_reply": auto_reply,
        "positive_intent": positive_intent,
        "opt_out": opt_out,
        "lead_created_at": None,
    }


def consent_mail(inbound: Inbound, session: Session) -> dict[str, Any]:
    """Returns the payload of a plain yes to the mail that asks about a consent."""
    return incoming(
        inbound,
        actor="buyer",
        playbook=session.playbook,
        arm=None,
        experiment_id=None,
        language=session.language,
        intent=None,
        auto_reply=False,
        positive_intent=False,
        opt_out=False,
    )


def meeting(
    value: Meeting, *, status: str, arm: str | None, experiment_id: str | None
) -> dict[str, Any]:
    """Returns the payload of a change of a meeting."""
    return {
        "event_uid": value.uid,
        "status": status,
        "start": value.slot.start.isoformat(),
        "end": value.slot.end.isoformat(),
        "owner_id": value.slot.owner_id,
        "actor": value.actor,
        "message_id": None,
        "arm": arm,
        "experiment_id": experiment_id,
    }


def calendar(value: Meeting, result: BookingResult) -> dict[str, Any]:
    """Returns the payload of a calendar's answer to a write of ours, taken or refused."""
    return {
        "object": "calendar",
        "event_uid": value.uid,
        "start": value.slot.start.isoformat(),
        "status": "accepted" if result.status == "booked" else "refused",
        "code": result.code,
        "why": result.why,
    }


def told(value: HumanTask, *, way: str, is_taken: bool, code: str, why: str) -> dict[str, Any]:
    """Returns the payload of a notice to a colleague, taken or refused by the server it went to."""
    return {
        "object": "notice",
        "task_id": value.task_id,
        "way": way,
        "status": "accepted" if is_taken else "refused",
        "code": code,
        "why": why,
    }


def _verdicts(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Every rule's verdict in the order in which they were asked."""
    return [
        {"rule": v.rule, "version": v.version, "decision": v.decision, "reason": v.reason}
        for v in verdicts
    ]


def _exploration(action: Action) -> dict[str, Any] | None:
    """How the choice fell, by places among the candidates, and what each of the pool says."""
    found = action.exploration
    if found is None:
        return None
    said = [action.considered[place].proposal for place in found.pool]
    return asdict(found) | {"contents": [list(p.content_ids) if p else [] for p in said]}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "action": candidate.action,
        "reason": candidate.reason,
        "score": candidate.score,
        "propensity": candidate.propensity,
        "next_state": candidate.next_state,
        "draft": candidate.proposal.body if candidate.proposal else None,
        **_ranking(candidate),
    }


def _ranking(candidate: Candidate) -> dict[str, Any]:
    """By what a draft of a model was ranked, and where it departs from the style guide."""
    merits = [asdict(merit) for merit in candidate.merits]
    slips = list(candidate.slips)
    return {**({"merits": merits} if merits else {}), **({"slips": slips} if slips else {})}


def _weighed(one: Weighed) -> dict[str, Any]:
    return {
        "action": one.candidate.action,
        "reason": one.candidate.reason,
        "score": one.candidate.score,
        "decision": one.decision,
        "rules": [verdict.rule for verdict in one.hits],
    }
