"""What comes of time that passes: every wait of a call has an end."""

from collections.abc import Callable
from datetime import datetime

from agent_runtime.channels.voice.commands import Command
from agent_runtime.channels.voice.conversation.failures import cannot_hear, cannot_speak
from agent_runtime.channels.voice.conversation.keys import no_keys
from agent_runtime.channels.voice.conversation.languages import leave_to_person
from agent_runtime.channels.voice.conversation.openers import open_talk
from agent_runtime.channels.voice.conversation.party import leave_message, menu_said, transferred
from agent_runtime.channels.voice.conversation.phases import BRIDGE, Asking, NextStep, Phase
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import end, enter, give_up, is_past, phrase
from agent_runtime.channels.voice.events import SttFailed, Tick, Transferred, TtsFailed

_LAST_WORDS_S = 30.0
"""Last words that never come to their end keep a line open for no longer."""


def tick(talk: CallState, event: Tick) -> list[Command]:
    """Ends whatever has lasted too long: the call, their words, our voice, an answer, a silence."""
    at = event.at
    if talk.connected_at is None:
        return []
    longest_s = talk.limits.longest_s + (_LAST_WORDS_S if talk.is_final else 0.0)
    if is_past(talk.connected_at, longest_s, at):
        return _too_long(talk)
    is_unread = bool(talk.foreign) and talk.asking is None
    if is_unread and is_past(talk.foreign_since or at, talk.limits.words_s, at):
        return leave_to_person(talk)
    if talk.mouth.saying is not None:
        saying = talk.mouth.saying
        is_late = not saying.has_begun and is_past(saying.since, talk.limits.voice_s, at)
        return cannot_speak(talk, TtsFailed(at)) if is_late else []
    if talk.user_since is not None:
        hangs = is_past(talk.user_since, talk.limits.monologue_s, at)
        return cannot_hear(talk, SttFailed(at)) if hangs else []
    return _waits(talk, at)


def _too_long(talk: CallState) -> list[Command]:
    if talk.is_final or talk.phase in ("greeting", "machine", "menu"):
        return end(talk, "time_limit")
    return give_up(talk, "time_limit", "call.time_limit")


def _waits(talk: CallState, at: datetime) -> list[Command]:
    if talk.asking is not None:
        return _waits_for_answer(talk, talk.asking, at)
    if talk.preparing:
        return []
    quiet = _QUIET.get(talk.phase)
    return quiet(talk, at) if quiet else []


def _waits_for_answer(talk: CallState, asking: Asking, at: datetime) -> list[Command]:
    if is_past(asking.since, talk.limits.turn_s, at):
        return give_up(talk, "model_stalled", "call.trouble")
    if not asking.is_bridged and is_past(asking.since, talk.limits.filler_s, at):
        asking.is_bridged = True
        talk.fillers += 1
        return phrase(talk, "call.one_moment", BRIDGE)
    return []


def _quiet_greeting(talk: CallState, at: datetime) -> list[Command]:
    is_screen = talk.who == "screening"
    wait = talk.limits.screening_s if is_screen else talk.limits.hello_s
    if not is_screen and talk.greeted_at is not None:
        wait = talk.limits.verdict_s
    if not is_past(talk.quiet_since or at, wait, at):
        return []
    return end(talk, "screened") if is_screen else open_talk(talk, at)


def _quiet_machine(talk: CallState, at: datetime) -> list[Command]:
    if is_past(talk.phase_since or at, talk.limits.greeting_s, at):
        return end(talk, "voicemail" if talk.phase == "machine" else "menu")
    if talk.phase == "menu":
        return _quiet_menu(talk, at)
    is_quiet = is_past(talk.quiet_since or at, talk.limits.beep_s, at)
    return leave_message(talk) if is_quiet else []


def _quiet_menu(talk: CallState, at: datetime) -> list[Command]:
    """Between two options a menu is quiet for less."""
    if not is_past(talk.quiet_since or at, talk.limits.menu_s, at):
        return []
    talk.quiet_since = at
    return menu_said(talk, "", at, is_over=True)


def _quiet_transfer(talk: CallState, at: datetime) -> list[Command]:
    is_late = is_past(talk.phase_since or at, talk.limits.transfer_s, at)
    return transferred(talk, Transferred(at, is_taken=False)) if is_late else []


def _quiet_talk(talk: CallState, at: datetime) -> list[Command]:
    if talk.keyed_at is not None:
        return no_keys(talk, talk.keyed_at, at)
    limit = talk.limits.hold_s if talk.holds else talk.limits.silence_s
    if not is_past(talk.quiet_since or at, limit, at):
        return []
    talk.holds, talk.quiet_since = False, at
    talk.prompts += 1
    if talk.prompts <= talk.limits.prompts:
        return phrase(talk, "call.still_there")
    enter(talk, "ending", at)
    return phrase(talk, "call.silence_goodbye", NextStep("hang_up", "silence"))


_QUIET: dict[Phase, Callable[[CallState, datetime], list[Command]]] = {
    "greeting": _quiet_greeting,
    "machine": _quiet_machine,
    "menu": _quiet_machine,
    "transferring": _quiet_transfer,
    "opening": _quiet_talk,
    "recording": _quiet_talk,
    "talking": _quiet_talk,
}
