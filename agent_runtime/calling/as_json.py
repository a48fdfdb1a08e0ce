"""A checked or queued call as JSON, for scripts and for whoever asked over HTTP."""

from dataclasses import asdict
from typing import Any

from agent_runtime.calling.asking import Asked
from agent_runtime.calling.checking import Checked


def checked_as_json(checked: Checked) -> dict[str, Any]:
    """Returns the decision and what each rule said."""
    return {
        "number": checked.number,
        "person": checked.person_id,
        "playbook": checked.playbook,
        "decision": checked.decision,
        "until": checked.until.isoformat() if checked.until else None,
        "rules": [
            {
                "rule": v.rule,
                "version": v.version,
                "decision": v.decision,
                "reason": v.reason,
                "until": v.until.isoformat() if v.until else None,
            }
            for v in checked.verdicts
        ],
    }


def asked_as_json(asked: Asked, *, dry_run: bool) -> dict[str, Any]:
    """Returns what became of a request; the briefing only where nothing is placed."""
    told: dict[str, Any] = {"task_id": asked.task_id, "status": status_of(asked, dry_run=dry_run)}
    told |= checked_as_json(asked.checked)
    if dry_run:
        briefing = asdict(asked.briefing)
        briefing["opener"] = [s.text for s in asked.briefing.opener]
        given = asked.briefing.consent
        if given is not None:
            briefing["consent"]["recorded_at"] = given.recorded_at.isoformat()
        told["briefing"] = briefing
    return told


def status_of(asked: Asked, *, dry_run: bool) -> str:
    """Returns one word: queued, repeated, blocked, or would_queue and would_block."""
    may = asked.checked.decision in ("allow", "defer", "escalate")
    if dry_run:
        return "would_queue" if may else "would_block"
    if not may:
        return "blocked"
    return "queued" if asked.is_new else "repeated"
