"""The payloads of trace events, as the runtime writes them, for one person's thread."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_runtime.contracts import TraceEvent, task_key

DAY_0 = datetime(2026, 1, 12, tzinfo=UTC)
END = DAY_0 + timedelta(days=28)
TENANT = "northbeam"
EXPERIMENT = "icp-prospecting"
CAMPAIGN = "prospecting"


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person and what is decided of them before the first mail."""

    person_id: str
    contact_id: str
    account_id: str
    language: str
    segment: str
    arm: str | None
    """None when the campaign may not write to them; then they are not assigned."""
    obstacle: str | None


def task_of(person: Person, touch: int) -> str:
    """Returns the id of a person's touch."""
    return task_key(TENANT, CAMPAIGN, person.person_id, touch)


def autonomy_of(person: Person) -> str | None:
    """Returns how free the campaign lets the agent be with a person; None outside of it."""
    if person.arm != "agent":
        return None
    return "supervised" if person.segment == "enterprise" else "autonomous"


class Traces:
    """Makes the events of one person's thread, numbered in the order in which they are made."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.thread_id = f"t-{person.person_id}"
        self.number = 0
        self.written = 0
        self.playbook = "icp_prospecting"

    @property
    def upcoming(self) -> str:
        """The id of the message that is sent next, which a policy check knows before."""
        return f"{self.thread_id}-out-{self.written + 1}"

    def message(self, direction: str, actor: str, text: str) -> dict[str, Any]:
        self.number += 1
        message_id = f"{self.thread_id}-in-{self.number}"
        if direction == "out":
            message_id = self.upcoming
            self.written += 1
        return {
            "message_id": message_id,
            "direction": direction,
            "actor": actor,
            "channel": "email",
            "touch_class": None,
            "touch": None,
            "task_id": None,
            "campaign_id": None,
            "playbook": self.playbook,
            "arm": self.person.arm,
            "experiment_id": EXPERIMENT,
            "mailbox": "relay-ana@mail.northbeam.example",
            "rfc_message_id": f"<{message_id}@mail.northbeam.example>",
            "in_reply_to": None,
            "content_ids": [],
            "content_hash": hashlib.md5(text.encode()).hexdigest(),
            "subject": "Data that agrees with itself",
            "text": text,
            "language": self.person.language,
            "attempt": 1,
            "intent": None,
            "auto_reply": False,
            "positive_intent": False,
            "opt_out": False,
            "lead_created_at": None,
        }

    def turn(self, at: datetime, actor: str, intent: str | None, action: str) -> TraceEvent:
        self.number += 1
        seen = {"primary": intent, "confidence": 0.9, "abstain": False, "opt_out": False}
        return self.event(
            "turn",
            at,
            {
                "turn_id": f"{self.thread_id}-{self.number}",
                "actor": actor,
                "observation": {"kind": "mail" if intent else "due", "id": f"o{self.number}"},
                "perception": {**seen, "language": self.person.language} if intent else None,
                "chosen": {"action": action, "reason": "next_step", "decision": "allow"},
                "playbook": self.playbook,
                "state_before": "open",
                "state_after": "waiting",
                "arm": self.person.arm,
                "experiment_id": EXPERIMENT,
                "campaign_id": CAMPAIGN,
                "latency_ms": {"read": 12.0, "plan": 40.0},
            },
        )

    def policy(
        self,
        at: datetime,
        touch: int | None,
        decision: str,
        hits: list[str],
        *,
        is_first: bool,
    ) -> TraceEvent:
        payload = {
            "proposal_id": self.upcoming,
            "is_first": is_first,
            "touch_class": "proactive" if touch else "reply",
            "actor": "agent",
            "action": "send_touch" if touch else "answer",
            "decision": decision,
            "rules_hit": hits,
            "campaign_id": CAMPAIGN if touch else "",
            "playbook": self.playbook,
            "arm": self.person.arm,
            "experiment_id": EXPERIMENT,
            "task_id": self.task(touch),
        }
        return self.event("policy", at, payload)

    def delivery(self, at: datetime, message_id: str, status: str) -> TraceEvent:
        report = {"message_id": message_id, "rfc_message_id": f"<{message_id}>", "status": status}
        return self.event("delivery", at, {**report, "code": "", "source": "exchanger"})

    def stop(self, at: datetime, reason: str) -> TraceEvent:
        stop = {"scope": "person", "channel": "*", "reason": reason, "source_message_id": ""}
        return self.event("suppression", at, stop)

    def cost(
        self, at: datetime, item: str, quantity: float, message_id: str, actor: str
    ) -> TraceEvent:
        unit = "minute" if item == "human_minute" else "mail"
        used = {"item": item, "quantity": quantity, "unit": unit}
        return self.event("cost", at, {**used, "message_id": message_id, "actor": actor})

    def event(self, kind: Any, at: datetime, payload: dict[str, Any]) -> TraceEvent:
        self.number += 1
        return TraceEvent(
            event_id=f"{at:%Y%m%d%H%M%S}-{self.person.person_id}-{self.number:03d}",
            tenant_id=TENANT,
            kind=kind,
            thread_id=self.thread_id,
            person_id=self.person.person_id,
            contact_id=self.person.contact_id,
            occurred_at=at,
            versions={
                "code": "0.1.0",
                "playbook": "1",
                "content": "1",
                "model": "1",
                "policy": "1",
            },
            payload=payload,
        )

    def task(self, touch: int | None) -> str | None:
        return task_of(self.person, touch) if touch else None
