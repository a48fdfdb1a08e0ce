"""What waits, runs and failed, in figures for the first page; each is one indexed look-up."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_

from agent_runtime.campaign_stage import NAMES
from agent_runtime.console.approvals.queue import count_waiting
from agent_runtime.store import tables as t
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.trace_index import count_since

RECENT = timedelta(days=7)
_ANSWERS = ('"kind":"inbound_request"', '"kind":"handoff"')


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures of one instant."""

    drafts: int
    """Drafts that wait for a decision."""
    grave: int
    """Of these, those of high risk."""
    answers: int
    """Threads in which a buyer waits for a person of ours."""
    tasks: int
    """Work for people in all."""
    running: int
    """Campaigns that have touches and are not paused."""
    paused: int
    """Campaigns that are."""
    is_paused: bool
    """Whether the agent sends nothing at all."""
    why_paused: str
    incidents: int
    """In the last seven days."""
    unknown: int
    """Messages of unknown fate."""
    meetings: int
    """Meetings that stand in a calendar."""


def read_counts(store: SqlStore, *, now: datetime) -> Counts:
    """Returns the figures of a tenant."""
    with store.begin() as tx:
        flags = tx.flags()
        names = json.loads(tx.published(NAMES) or "[]")
        answers = or_(*(t.human_tasks.c.doc.contains(kind, autoescape=True) for kind in _ANSWERS))
        paused = sum(f"pause:{name}" in flags for name in names)
        is_paused = "pause" in flags
        return Counts(
            drafts=count_waiting(store, now=now),
            grave=count_waiting(store, now=now, risk="high"),
            answers=tx.count(t.human_tasks, answers, state="OPEN"),
            tasks=tx.count(t.human_tasks, state="OPEN"),
            running=0 if is_paused else len(names) - paused,
            paused=len(names) if is_paused else paused,
            is_paused=is_paused,
            why_paused=flags.get("pause", ""),
            incidents=count_since(tx.connection, store.tenant_id, "incident", now - RECENT),
            unknown=tx.count(t.messages, state="UNKNOWN"),
            meetings=tx.count(t.meetings, state="CONFIRMED"),
        )
