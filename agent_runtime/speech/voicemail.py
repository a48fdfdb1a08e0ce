"""What to do when a machine answers, as a pure state machine: it decides and makes no sound.

The message is begun at most twice and left at most once: when the greeting goes on under it, it
stops and waits for the real end. A person who picks up ends it all at once.
"""

from dataclasses import dataclass, replace
from typing import Literal

from agent_runtime.speech.who_answered import Who

Decision = Literal["wait", "speak_message", "stop_speaking", "hang_up", "treat_as_person"]
Phase = Literal["listening", "speaking", "done", "with_person"]
Happening = Literal["verdict", "beep", "speech_started", "speech_stopped", "message_ended", "tick"]
_PERSONS: tuple[Who, ...] = ("person", "uncertain")
_STARTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicemailPolicy:
    """What a campaign wants done with voicemail."""

    on_voicemail: Literal["hang_up", "leave_message"] = "hang_up"
    silence_s: float = 2.5
    """After a greeting without a beep, so much silence counts as one."""
    longest_greeting_s: float = 60.0
    """After that the call is ended, and no message left."""
    going_on_s: float = 1.0
    """Voice under the message for so long means that the greeting was not over."""


@dataclass(frozen=True, slots=True)
class Voicemail:
    """Where a call stands towards a machine. All times in seconds of the call."""

    who: Who = "nobody_yet"
    phase: Phase = "listening"
    since_s: float = 0.0
    quiet_since_s: float | None = 0.0
    """None while a voice is heard."""
    voice_since_s: float = 0.0
    has_spoken: bool = False
    has_beeped: bool = False
    starts: int = 0
    """How often the message was begun."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on the line; `who` only with a verdict."""

    what: Happening
    at_s: float
    who: Who = "nobody_yet"


def step(state: Voicemail, event: Event, policy: VoicemailPolicy) -> tuple[Voicemail, Decision]:
    """Returns the state after an event, and what to do now."""
    state = _heard(state, event)
    if state.phase in ("done", "with_person"):
        return state, "wait"
    if state.who in _PERSONS:
        return replace(state, phase="with_person"), "treat_as_person"
    if state.phase == "speaking":
        return _while_speaking(state, event, policy)
    if _is_hopeless(state, event.at_s, policy):
        return replace(state, phase="done"), "hang_up"
    if state.who == "voicemail" and _greeting_is_over(state, event.at_s, policy):
        return replace(state, phase="speaking", starts=state.starts + 1), "speak_message"
    return state, "wait"


def _is_hopeless(state: Voicemail, at_s: float, policy: VoicemailPolicy) -> bool:
    no_message = policy.on_voicemail == "hang_up" or state.starts >= _STARTS
    is_too_long = at_s - state.since_s > policy.longest_greeting_s
    return state.who == "unavailable" or is_too_long or (state.who == "voicemail" and no_message)


def _heard(state: Voicemail, event: Event) -> Voicemail:
    if event.what == "verdict":
        return replace(state, who=event.who)
    if event.what == "beep":
        quiet = event.at_s if state.quiet_since_s is not None else None
        return replace(state, has_beeped=True, has_spoken=True, quiet_since_s=quiet)
    if event.what == "speech_started":
        return replace(
            state, quiet_since_s=None, voice_since_s=event.at_s, has_spoken=True, has_beeped=False
        )
    if event.what == "speech_stopped":
        return replace(state, quiet_since_s=event.at_s)
    return state


def _greeting_is_over(state: Voicemail, at_s: float, policy: VoicemailPolicy) -> bool:
    if state.quiet_since_s is None:
        return False
    is_silent = at_s - state.quiet_since_s >= policy.silence_s
    return state.has_beeped or (state.has_spoken and is_silent)


def _while_speaking(
    state: Voicemail, event: Event, policy: VoicemailPolicy
) -> tuple[Voicemail, Decision]:
    if event.what == "message_ended":
        return replace(state, phase="done"), "hang_up"
    is_voice = state.quiet_since_s is None
    if is_voice and event.at_s - state.voice_since_s >= policy.going_on_s:
        return replace(state, phase="listening", has_beeped=False), "stop_speaking"
    return state, "wait"
