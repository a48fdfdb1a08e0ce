"""What a carrier's webhook means for a call of the queue."""

from agent_runtime.calling.dialler import CallNews
from agent_runtime.calling.rows import Call
from agent_runtime.channels.voice.carrier.vendor import Told


def news_of(told: Told, call: Call, *, is_led: bool) -> CallNews | None:
    """Returns what is to be reported, None where it says nothing new.

    Args:
        told: The webhook.
        call: The row of its call.
        is_led: Whether its sound comes to us now: whoever leads it then reports its end.
    """
    status = told.status or ("answered" if told.answered_by else "")
    code = told.code
    match status:
        case "answered":
            return CallNews(call.call_id, call.attempt, status, told.answered_by, code=code)
        case "busy" | "no_answer":
            return CallNews(call.call_id, call.attempt, status, code=code)
        case "failed" | "canceled":
            return CallNews(call.call_id, call.attempt, "failed", code=code or status)
        case "completed" if not is_led:
            return _over(told, call)
        case _:
            return None


def _over(told: Told, call: Call) -> CallNews:
    """It was answered, and nobody of ours led it: whoever answered heard nothing."""
    return CallNews(
        call.call_id,
        call.attempt,
        "ended",
        told.answered_by,
        "dropped",
        duration_s=told.duration_s,
        is_abandoned=told.answered_by != "machine",
        code=told.code or "not_led",
    )


def is_of(told: Told, call: Call) -> bool:
    """Says whether a webhook speaks of the call that the carrier has for a row now.

    Of a call that was taken back in one region, the row has the id of the one that followed it.
    """
    is_made_up = call.provider_id == f"{call.call_id}.{call.attempt}"
    return not call.provider_id or is_made_up or call.provider_id == told.provider_id
