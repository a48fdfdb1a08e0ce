"""What came of a call: a disposition, a summary and the next steps, for the CRM and for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_runtime.channels.voice.answer import Answer
from agent_runtime.domain import Session
from agent_runtime.store.rows import Meeting

Disposition = Literal[
    "meeting_booked",
    "stopped",
    "transferred",
    "handed_over",
    "not_interested",
    "not_now",
    "interested",
    "talked",
    "voicemail_left",
    "voicemail",
    "menu",
    "screened",
    "unavailable",
    "no_words",
    "dropped",
    "not_permitted",
    "failed",
]
"""What whoever reads a list of calls wants to know first: the furthest that it came."""

Ending = Literal[
    "completed", "transferred", "dropped", "voicemail", "no_answer", "busy", "rejected", "failed"
]
"""How the warehouse counts it."""

_ENDINGS: dict[str, Ending] = {
    "transferred": "transferred",
    "dropped": "dropped",
    "voicemail": "voicemail",
    "voicemail_left": "voicemail",
    "menu": "no_answer",
    "screened": "no_answer",
    "unavailable": "no_answer",
    "not_permitted": "failed",
    "failed": "failed",
}
_ANSWERED_BY = {"voicemail": "machine", "ivr": "menu", "screening": "machine"}
FAULTS = frozenset({"stt_failed", "tts_failed", "model_stalled", "failed", "bad_line"})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was said, as it was heard."""

    at: datetime
    who: Literal["agent", "person"]
    text: str
    text_id: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """One call, at its end."""

    disposition: Disposition
    ending: Ending
    reason: str
    """Why the line was closed."""
    answered_by: str
    summary: str
    next_steps: tuple[str, ...]


def outcome_of(
    *,
    reason: str,
    who: str,
    has_spoken: bool,
    answers: Sequence[Answer],
    session: Session | None,
    meetings: Sequence[Meeting],
    calls_back: bool,
    handed_on: Sequence[str],
) -> Outcome:
    """Returns what came of a call.

    Args:
        reason: Why the line was closed.
        who: Who answered, as far as it was known.
        has_spoken: Whether anybody on their side said anything.
        answers: The turns of the call.
        session: The thread at its end; None where it never came to one.
        meetings: What was booked in this call.
        calls_back: Whether it is taken up again.
        handed_on: Why people of ours get back to them.
    """
    disposition = _disposition(reason, has_spoken, answers, meetings)
    return Outcome(
        disposition=disposition,
        ending=_ENDINGS.get(disposition, "failed" if reason in FAULTS else "completed"),
        reason=reason,
        answered_by=_ANSWERED_BY.get(who, "person" if has_spoken else ""),
        summary=_summary(disposition, answers, session, meetings),
        next_steps=tuple(_next_steps(disposition, answers, meetings, calls_back, handed_on)),
    )


def _disposition(
    reason: str, has_spoken: bool, answers: Sequence[Answer], meetings: Sequence[Meeting]
) -> Disposition:
    thens = {answer.then for answer in answers}
    actions = [answer.action for answer in answers]
    intents = set(_understood(answers))
    by_rank: tuple[tuple[bool, Disposition], ...] = (
        (reason == "stopped" or "stopped" in thens, "stopped"),
        (reason == "transferred", "transferred"),
        (bool(meetings), "meeting_booked"),
        (reason in ("handed_over", "language") or "transfer" in thens, "handed_over"),
        (reason == "voicemail_left", "voicemail_left"),
        (reason == "voicemail", "voicemail"),
        (reason == "menu", "menu"),
        (reason == "screened", "screened"),
        (reason == "unavailable", "unavailable"),
        (reason == "not_permitted", "not_permitted"),
        ("close" in actions or "disqualify" in actions, "not_interested"),
        ("pause" in actions, "not_now"),
        (reason in FAULTS, "failed"),
        (reason == "dropped", "dropped"),
        (bool(intents & {"interested", "book_meeting", "propose_time"}), "interested"),
        (has_spoken, "talked"),
    )
    for holds, name in by_rank:
        if holds:
            return name
    return "no_words"


def _understood(answers: Sequence[Answer]) -> list[str]:
    """Returns the intents that were acted on: where we asked back, none was sure."""
    return [a.intent for a in answers if a.intent and a.reason != "not_understood"]


def _summary(
    disposition: Disposition,
    answers: Sequence[Answer],
    session: Session | None,
    meetings: Sequence[Meeting],
) -> str:
    """What there is to know, from what was understood; nothing is made up."""
    said = [f"Call: {disposition.replace('_', ' ')}."]
    raised = dict.fromkeys(intent.replace("_", " ") for intent in _understood(answers))
    if raised:
        said.append(f"They raised: {', '.join(raised)}.")
    if session is not None and session.facts_known:
        known = "; ".join(f"{name}: {value}" for name, value in session.facts_known)
        said.append(f"Known of them: {known}.")
    if session is not None and session.objections:
        said.append(f"Objections: {', '.join(session.objections)}.")
    said += [f"Meeting on {m.slot.start:%Y-%m-%d %H:%M} UTC." for m in meetings]
    return " ".join(said)


def _next_steps(
    disposition: Disposition,
    answers: Sequence[Answer],
    meetings: Sequence[Meeting],
    calls_back: bool,
    handed_on: Sequence[str],
) -> list[str]:
    steps = ["hold the meeting"] if meetings else []
    if disposition == "stopped":
        return ["none: they asked that contact stop"]
    if calls_back:
        steps.append("call back: the line broke")
    steps += [f"a person answers: {a.reason}" for a in answers if a.then == "transfer"]
    steps += [f"a person gets back to them: {why}" for why in handed_on]
    if not steps and disposition == "interested":
        steps.append("send the offered times again")
    return list(dict.fromkeys(steps))
