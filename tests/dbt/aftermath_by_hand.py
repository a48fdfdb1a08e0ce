"""The metrics of quality, attendance and speed in plain Python, from the events alone."""

from collections.abc import Iterable, Sequence
from typing import Any

from campaign_world import World
from metrics_by_hand import Hand, mails_of, of_kind, ratio

from agent_runtime.contracts import TraceEvent

HANDLED = {"answer", "ask", "share_asset", "propose_times", "book"}


def aftermath_by_hand(world: World, arm: str | None = None) -> dict[str, Hand]:
    """Returns these metrics, of everybody or of one arm."""
    arms = {p.person_id: p.arm for p in world.persons}
    events = [e for e in world.events if arm is None or arms.get(e.person_id or "") == arm]
    parts = (_reviews, _decisions, _meetings, _objections, _mails, _calls)
    return {name: hand for part in parts for name, hand in part(events).items()}


def _reviews(events: Sequence[TraceEvent]) -> dict[str, Hand]:
    reviews = of_kind(events, "review")
    scores: dict[tuple[str, str], dict[str, Any]] = {}
    for event in sorted(reviews, key=lambda e: e.occurred_at):
        if event.payload.get("what") == "score":
            scores[event.payload["message_id"], event.payload["by"]] = event.payload
    ratings = [e.payload["rating"] for e in of_kind(events, "survey")]
    back = {e.payload["message_id"] for e in reviews if e.payload.get("what") == "rollback"}
    return {
        "accuracy_score": _mean(score["accuracy"] for score in scores.values()),
        "tone_adherence": _mean(score["tone"] for score in scores.values()),
        "buyer_satisfaction": _mean(ratings),
        "manual_rollbacks": Hand(len(back)),
        "persons_complained": Hand(
            len(
                {
                    e.person_id
                    for e in of_kind(events, "suppression")
                    if e.payload["reason"] == "complaint"
                }
            )
        ),
    }


def _decisions(events: Sequence[TraceEvent]) -> dict[str, Hand]:
    decided = [e.payload for e in of_kind(events, "review") if "decision" in e.payload]
    approved = [payload for payload in decided if payload["decision"] == "approved"]
    edited = [payload for payload in approved if payload["is_edited"]]
    sizes = [payload["changed"] for payload in edited if "changed" in payload]
    return {
        "drafts_decided": Hand(len(decided)),
        "draft_approval_rate": ratio(len(approved), len(decided)),
        "draft_edit_rate": ratio(len(edited), len(approved)),
        "edit_size": _mean(sizes),
    }


def _meetings(events: Sequence[TraceEvent]) -> dict[str, Hand]:
    became: dict[str, set[str]] = {}
    for event in of_kind(events, "meeting"):
        became.setdefault(event.payload["event_uid"], set()).add(event.payload["status"])
    sent = [states for states in became.values() if "confirmed" in states]
    accepted = [states for states in sent if "accepted" in states]
    due = [states for states in accepted if states & {"held", "no_show"}]
    return {
        "acceptance_rate": ratio(len(accepted), len(sent)),
        "show_rate": ratio(sum("held" in states for states in due), len(due)),
    }


def _objections(events: Sequence[TraceEvent]) -> dict[str, Hand]:
    raised = [
        turn
        for turn in of_kind(events, "turn")
        if turn.payload["actor"] == "agent" and (turn.payload["perception"] or {}).get("objections")
    ]
    handled = [turn for turn in raised if turn.payload["chosen"]["action"] in HANDLED]
    steps = [
        event
        for event in events
        if (event.kind == "message" and event.payload["positive_intent"])
        or (event.kind == "meeting" and event.payload["status"] == "confirmed")
    ]
    resolved = [
        turn
        for turn in handled
        if any(
            step.thread_id == turn.thread_id and step.occurred_at > turn.occurred_at
            for step in steps
        )
    ]
    return {
        "objections_raised": Hand(len(raised)),
        "objection_resolution_rate": ratio(len(resolved), len(handled)),
    }


def _mails(events: Sequence[TraceEvent]) -> dict[str, Hand]:
    tried = [mail for mail in mails_of(events) if mail.is_by_agent]
    arrived = [mail for mail in tried if mail.is_sent and "bounced" not in mail.receipts]
    bounced = {
        e.payload["message_id"]
        for e in of_kind(events, "delivery")
        if e.payload["status"] == "bounced"
    }
    turns = [e.payload["latency_ms"] for e in of_kind(events, "turn") if _is_agents(e)]
    sends = [mail.payload["latency_ms"] for mail in tried if "latency_ms" in mail.payload]
    return {
        "delivery_success_rate": ratio(len(arrived), len(tried)),
        "bounces": Hand(len(bounced)),
        **_percentiles("read", [ms["read"] for ms in turns]),
        **_percentiles("plan", [ms["plan"] for ms in turns]),
        **_percentiles("send", [ms["send"] for ms in sends]),
        "turns_read_timed": Hand(len(turns)),
        "turns_plan_timed": Hand(len(turns)),
        "messages_send_timed": Hand(len(sends)),
    }


def _calls(events: Sequence[TraceEvent]) -> dict[str, Hand]:
    calls = {e.payload["call_id"]: e.payload for e in of_kind(events, "call")}
    ended = [call for call in calls.values() if call.get("outcome")]
    placed = [call for call in ended if call["outcome"] != "failed"]
    lengths = [call["duration_s"] for call in ended if call["duration_s"] is not None]
    answered = sum(call["answered_by"] == "person" for call in placed)
    return {
        "calls_placed": Hand(len(placed)),
        "call_answer_rate": ratio(answered, len(placed)),
        "call_minutes": Hand(sum(lengths) / 60 if lengths else None),
    }


def _is_agents(event: TraceEvent) -> bool:
    return event.payload["actor"] == "agent"


def _percentiles(step: str, values: list[float]) -> dict[str, Hand]:
    return {
        f"{step}_ms_{name}": Hand(percentile(values, share))
        for name, share in (("p50", 0.5), ("p95", 0.95))
    }


def percentile(values: Iterable[float], share: float) -> float | None:
    """Returns the percentile by linear interpolation between the two values around it."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _mean(points: Iterable[float | None]) -> Hand:
    known = [value for value in points if value is not None]
    return ratio(sum(known), len(known))
