"""Our first words: who speaks, and why; where it is wanted, leave to record is asked in them."""

from datetime import datetime

from agent_runtime.channels.voice.commands import Command, Record
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import enter, phrase, prepare


def open_talk(talk: CallState, at: datetime) -> list[Command]:
    """Has the opener permitted: the one that was when the call was dialled, or one made now."""
    enter(talk, "opening", at)
    done = _record_at_once(talk)
    talk.openings += 1
    if _is_handed(talk) and talk.openings == 1:
        return [*done, prepare(talk, "handed", ())]
    texts = ("call.recording",) if talk.limits.records else (_reason(talk),)
    frame = "frame.voice" if talk.call.direction == "outbound" else "frame.voice_in"
    return [*done, prepare(talk, "opener", texts, frame=frame)]


def opened(talk: CallState, at: datetime) -> list[Command]:
    """Goes on once the opener has been heard."""
    if not talk.limits.records:
        return enter(talk, "talking", at)
    enter(talk, "recording", at)
    return phrase(talk, "call.recording") if _is_handed(talk) else []


def why_we_call(talk: CallState) -> list[Command]:
    """Says it after leave was asked; an opener that was handed to the call has said it before."""
    if _is_handed(talk):
        return phrase(talk, "call.back_to_it")
    return [prepare(talk, "reason", (_reason(talk),))]


def _is_handed(talk: CallState) -> bool:
    """Whether the opener was permitted when the call was dialled; it is said once only."""
    return bool(talk.call.meta.get("message_id")) and not talk.call.meta.get("call_back")


def _reason(talk: CallState) -> str:
    """The text that says why we call, or asks why they do."""
    if talk.call.direction == "inbound":
        return "call.answer"
    return "call.opener_back" if talk.call.meta.get("call_back") else "call.opener"


def _record_at_once(talk: CallState) -> list[Command]:
    """Of those who are met: nothing of a machine is recorded."""
    if not talk.limits.records_at_once or talk.has_leave_to_record:
        return []
    talk.has_leave_to_record = True
    return [Record()]
