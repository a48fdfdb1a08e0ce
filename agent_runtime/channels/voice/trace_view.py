"""Calls as their traces tell them: which there were, and each from ring to end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, or_, select

from agent_runtime.contracts import TraceEvent
from agent_runtime.store import tables as t
from agent_runtime.store.sql_rows import load

LISTENED = "listened"
"""Somebody of ours has listened to the recording: later than the call, and no part of it."""
_MEANWHILE = ("turn", "message", "meeting", "suppression", "policy", "crm_write", "incident")


@dataclass(frozen=True, slots=True)
class CallView:
    """One call with all that was traced of it, in order."""

    call_id: str
    events: tuple[TraceEvent, ...]
    """Of the call itself."""
    turns: tuple[TraceEvent, ...] = ()
    """Turns, messages, meetings, stops, permits and writes of its thread while it lasted."""
    listened: tuple[TraceEvent, ...] = ()
    """Who has listened to its recording, and when."""

    @property
    def began(self) -> datetime:
        """Its first instant: a turn may have been traced before anything of the call itself."""
        found = [event.occurred_at for event in self.events]
        for event in self.events:
            if event.payload["event"] == "ended":
                length = timedelta(seconds=event.payload.get("duration_s", 0.0))
                found.append(event.occurred_at - length)
            elif event.payload["event"] == "sound":
                found.append(datetime.fromisoformat(event.payload["since"]))
        return min(found)

    @property
    def end(self) -> dict[str, Any]:
        """What came of it; empty while it lasts, or where its process died."""
        return next((e.payload for e in reversed(self.events) if e.payload["event"] == "ended"), {})


def calls_in(engine: Engine, tenant_id: str) -> tuple[CallView, ...]:
    """Returns the calls of a tenant, the latest first."""
    by_call: dict[str, list[TraceEvent]] = {}
    for event in _events(engine, tenant_id, ("call",)):
        if call_id := event.payload.get("of_call"):
            by_call.setdefault(call_id, []).append(event)
    found = [
        CallView(call_id, of_call, listened=tuple(e for e in events if e not in of_call))
        for call_id, events in by_call.items()
        if (of_call := tuple(e for e in events if e.payload["event"] != LISTENED))
    ]
    return tuple(sorted(found, key=lambda call: call.events[-1].occurred_at, reverse=True))


def call_in(engine: Engine, tenant_id: str, call_id: str) -> CallView | None:
    """Returns one call, by its id or how that begins, with what its thread did meanwhile."""
    calls = [call for call in calls_in(engine, tenant_id) if call.call_id.startswith(call_id)]
    return with_thread(calls[0], _events(engine, tenant_id, _MEANWHILE)) if calls else None


def with_thread(call: CallView, events: Iterable[TraceEvent]) -> CallView:
    """Returns a call with what its thread did while it lasted."""
    began, last = call.began, max(event.occurred_at for event in call.events)
    meanwhile = (
        event
        for event in events
        if event.kind in _MEANWHILE
        and event.thread_id == call.events[0].thread_id
        and began <= event.occurred_at <= last
    )
    return replace(call, turns=tuple(meanwhile))


def told(call: CallView) -> Iterable[str]:
    """Yields a call as text, a line a moment, with its second in the call."""
    if not call.events:
        return
    began = call.began
    moments: Sequence[TraceEvent] = sorted(
        (*call.events, *call.turns), key=lambda e: (e.occurred_at, e.seq or 0)
    )
    for event in moments:
        line = _line(event)
        if line:
            yield f"{(event.occurred_at - began).total_seconds():7.1f}  {line}"
    for event in call.listened:
        yield f"{event.payload['by']} listened on {event.occurred_at:%Y-%m-%d %H:%M} UTC"


def _line(event: TraceEvent) -> str:
    said = event.payload
    if event.kind == "turn":
        chosen = said["chosen"]
        spent = ", ".join(f"{k} {v:.0f} ms" for k, v in said.get("latency_ms", {}).items())
        why = f"{chosen['action']} ({chosen['reason']}, {chosen['decision']})"
        return f"they      {said['observation']['text']}\n{'':9}-> {why} {spent}"
    if event.kind == "message":
        return f"{said['channel']:<9} {said['text']}" if said["direction"] == "out" else ""
    if event.kind == "meeting":
        return f"meeting   {said.get('status', '')}"
    if event.kind == "suppression":
        return f"stop      {said.get('reason', '')}"
    if event.kind in ("policy", "crm_write", "incident") or said.get("event") == "sound":
        return ""
    what = said["event"]
    rest = {k: v for k, v in said.items() if k not in ("of_call", "event", "call_id") and v != ""}
    told_of = ", ".join(f"{k} {v}" for k, v in rest.items())
    return f"{what:<9} {told_of}"


def _events(engine: Engine, tenant_id: str, kinds: Sequence[str]) -> list[TraceEvent]:
    column = t.trace_events.c
    named = (column.doc.contains(f'"kind":"{kind}"', autoescape=True) for kind in kinds)
    query = select(column.doc).where(column.tenant_id == tenant_id, or_(*named))
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(column.position)).scalars().all()
    found = (load(TraceEvent, doc) for doc in rows)
    return [event for event in found if event.kind in kinds]
