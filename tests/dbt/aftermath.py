"""What is said and done after the mails of a made-up campaign: reviews, ratings, attendance."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from trace_payloads import Traces

from agent_runtime.contracts import TraceEvent

if TYPE_CHECKING:
    from campaign_world import World

THEMES = ("price", "timing", "trust", "need")
CALLS = (
    ("person", "completed"),
    ("person", "transferred"),
    ("machine", "voicemail"),
    ("", "no_answer"),
    ("", "failed"),
)
OBJECTIONS = ("handled", "missed", "none")


class Aftermath:
    """Adds to the events of one person's thread what comes of them."""

    def __init__(self, world: "World", traces: Traces) -> None:
        self._world = world
        self._traces = traces
        self._rate = world.bustle / 5

    def after(self, events: Iterable[TraceEvent]) -> Iterator[TraceEvent]:
        """Yields the events, with timings and objections in them, and what follows each."""
        for event in events:
            told = self._told(event)
            yield told
            if event.kind == "message":
                yield from self._of_message(told)
            elif event.kind == "meeting" and event.payload["status"] == "confirmed":
                yield from self._of_meeting(told)
            elif event.kind == "policy" and self._chance("decides", event, 0.3):
                yield self._decision(told)
            elif event.kind == "policy" and self._chance("incident", event, 0.08):
                broken = {"what": "due row could not be worked", "detail": "", "severity": "high"}
                yield self._traces.event("incident", event.occurred_at, broken)

    def _told(self, event: TraceEvent) -> TraceEvent:
        payload: dict[str, Any] = dict(event.payload)
        if event.kind == "turn":
            slow = self._draw("slow", event)
            payload["latency_ms"] = {"read": 10 + 90 * slow, "plan": 5 + 40 * slow**3}
            if self._traces.playbook == "inbound_response":
                fits = self._draw("fits", event) < 0.6
                payload["state_after"] = "qualified" if fits else "discovering"
            seen = payload["perception"]
            if seen and self._chance("objects", event, 0.6):
                theme = THEMES[int(4 * self._draw("theme", event))]
                payload["perception"] = seen | {"objections": [theme, "need"]}
                if self._chance("hands_over", event, 0.3):
                    payload["chosen"] = payload["chosen"] | {"action": "hand_off"}
        elif payload.get("direction") == "out" and self._chance("timed", event, 0.9):
            payload["latency_ms"] = {"send": 20 + 200 * self._draw("send", event)}
        return event.model_copy(update={"payload": payload})

    def _of_message(self, event: TraceEvent) -> Iterator[TraceEvent]:
        at, payload = event.occurred_at, event.payload
        if payload["direction"] == "in" and self._chance("rates", event, 0.5):
            rating = 1 + int(5 * self._draw("rating", event))
            rated = {"what": "survey", "rating": rating, "comment": "", "channel": "email"}
            yield self._traces.event("survey", at + timedelta(days=1), rated)
        if payload["direction"] == "in" or payload["state"] != "SENT":
            return
        if payload["touch"] == 2:
            yield from self._calls(event)
        if payload["actor"] == "agent" and self._chance("bounced", event, 0.05):
            yield self._traces.delivery(at + timedelta(minutes=2), payload["message_id"], "bounced")
        for by, rate in (("ada", 0.5), ("ben", 0.2)):
            if self._chance(f"scored by {by}", event, rate):
                yield self._score(event, by, hours=1)
                if self._chance(f"again by {by}", event, 0.3):
                    yield self._score(event, by, hours=5)
        for what, rate in (("tag", 0.1), ("rollback", 0.05)):
            if self._chance(what, event, rate):
                yield self._review(event, "ada", what, hours=2)

    def _calls(self, event: TraceEvent) -> Iterator[TraceEvent]:
        """A call a day after the second touch, told of as it rings and as it ends."""
        answered_by, outcome = CALLS[int(len(CALLS) * self._draw("calls", event))]
        length = 300 * self._draw("speaks", event) if answered_by else None
        told = {"call_id": f"{event.thread_id}-call", "direction": "out", "actor": "agent"}
        told |= {"playbook": event.payload["playbook"], "task_id": event.payload["task_id"]}
        for step, more in enumerate(
            ({}, {"answered_by": answered_by, "outcome": outcome, "duration_s": length})
        ):
            yield event.model_copy(
                update={
                    "event_id": f"{event.event_id}-call-{step}",
                    "kind": "call",
                    "occurred_at": event.occurred_at + timedelta(days=1, minutes=5 * step),
                    "payload": told | more,
                }
            )

    def _score(self, event: TraceEvent, by: str, hours: int) -> TraceEvent:
        points = {
            name: 1 + int(5 * draw) if (draw := self._draw(name, event, by, hours)) < 0.9 else None
            for name in ("accuracy", "tone", "adherence")
        }
        objection = OBJECTIONS[int(3 * self._draw("objection", event, by))]
        return self._review(event, by, "score", hours, **points, objection=objection)

    def _review(self, event: TraceEvent, by: str, what: str, hours: int, **more: Any) -> TraceEvent:
        about = {"message_id": event.payload["message_id"], "what": what, "by": by, "note": ""}
        about |= {"playbook": event.payload["playbook"], "actor": event.payload["actor"]}
        return self._traces.event(
            "review", event.occurred_at + timedelta(hours=hours), about | more
        )

    def _decision(self, event: TraceEvent) -> TraceEvent:
        """What a reviewer decides on drafts of the turn; older decisions do not say how much."""
        draw = self._draw("decision", event)
        is_approved, is_edited = draw < 0.75, draw < 0.3
        told = {
            "approval_id": event.event_id,
            "message_id": f"{event.event_id}-m" if is_approved else "",
            "decision": "approved" if is_approved else "rejected",
            "is_edited": is_edited,
            "by": "ada",
        }
        if self._draw("measured", event) < 0.8:
            told |= {"changed": int(64 * self._draw("changed", event)) / 64 if is_edited else 0.0}
        at = event.occurred_at + timedelta(minutes=40)
        return self._traces.event("review", at, told)

    def _of_meeting(self, event: TraceEvent) -> Iterator[TraceEvent]:
        draw = self._draw("answers", event)
        if draw < 0.85:
            answer = "accepted" if draw < 0.7 else "declined"
            at = event.occurred_at + timedelta(hours=2)
            yield self._traces.event("meeting", at, event.payload | {"status": answer})
        if draw < 0.5:
            became = "held" if draw < 0.35 else "no_show"
            at = event.occurred_at + timedelta(days=4)
            yield self._traces.event("meeting", at, event.payload | {"status": became})

    def _chance(self, name: str, event: TraceEvent, rate: float) -> bool:
        return self._draw(name, event) < rate * self._rate

    def _draw(self, name: str, event: TraceEvent, *more: object) -> float:
        return self._world.draw(event.event_id, name, *more)
