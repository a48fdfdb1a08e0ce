"""What a turn means for the call: what is said, and what comes then."""

from agent_runtime.channels.voice.answer import Answer, Then
from agent_runtime.channels.voice.utterance import Utterance
from agent_runtime.domain import Action

HANDS_OVER = frozenset({"hand_off", "escalate"})
ENDS = frozenset({"close", "disqualify", "pause"})


def answer_of(
    number: int,
    action: Action,
    says: tuple[Utterance, ...],
    spent: tuple[tuple[str, float], ...],
) -> Answer:
    """Returns what a finished turn means for the call.

    Args:
        number: Of the turn in its call.
        action: What the desk did.
        says: What was permitted to be said.
        spent: Stages and their milliseconds, before those of the desk.
    """
    candidate, seen = action.candidate, action.perception
    stopped = next((v.rule for v in action.verdicts if v.decision != "allow"), "")
    return Answer(
        number,
        says=says,
        then=_then(action, is_silent=not says),
        action=candidate.action,
        reason=candidate.reason,
        decision=action.decision,
        stopped_by=stopped,
        intent=seen.primary if seen else "",
        language=says[-1].language if says else (seen.language if seen else ""),
        route_to=candidate.route_to,
        has_booked=any("meeting.booked_here" in u.content_ids for u in says),
        latency_ms=(*spent, *action.latency_ms),
    )


def _then(action: Action, *, is_silent: bool) -> Then:
    kind = action.candidate.action
    seen = action.perception
    if kind in ("confirm_stop", "suppress") or (seen is not None and seen.opt_out):
        return "stopped"
    if kind in HANDS_OVER:
        return "transfer"
    if kind in ENDS or (kind == "none" and seen is not None and seen.primary == "thanks_bye"):
        return "goodbye"
    return "listen"
