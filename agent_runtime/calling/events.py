"""Traces of calls: each event says all that is known by then, and the last one counts."""

from typing import Any

from agent_runtime.calling.rows import Call


def call_event(call: Call, *, reason: str = "", code: str = "") -> dict[str, Any]:
    """Returns the payload of an event of a call that we make; numbers are never in it."""
    return {
        "call_id": call.call_id,
        "direction": "out",
        "actor": "agent",
        "state": call.state,
        "attempt": call.attempt,
        "answered_by": call.answered_by,
        "outcome": call.outcome,
        "result": call.result,
        "duration_s": call.duration_s,
        "language": call.language,
        "is_callback": call.is_callback,
        "reason": reason,
        "code": code,
        "task_id": call.task_id or None,
        "campaign_id": call.campaign_id or None,
        "playbook": call.playbook,
        "experiment_id": call.experiment_id or None,
        "arm": call.arm or None,
    }
