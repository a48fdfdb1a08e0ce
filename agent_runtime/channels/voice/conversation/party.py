"""Who is there: a person, a voicemail, a menu, a screen, or one of ours after a transfer."""

from datetime import datetime

from agent_runtime.channels.voice.commands import Command, HandOn, Overheard, Press
from agent_runtime.channels.voice.conversation.openers import open_talk
from agent_runtime.channels.voice.conversation.phases import LISTEN, NextStep
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import end, enter, phrase, prepare
from agent_runtime.channels.voice.events import (
    Beep,
    Connected,
    MenuReread,
    Transferred,
    WhoAnswered,
)


def connected(talk: CallState, event: Connected) -> list[Command]:
    """Greets whoever calls us; whomever we call greets first."""
    if talk.phase != "ringing":
        return []
    talk.connected_at = talk.quiet_since = at = event.at
    if talk.call.direction == "inbound":
        return open_talk(talk, at)
    return enter(talk, "greeting", at)


def before_we_talk(talk: CallState, words: str, at: datetime, *, is_cough: bool) -> list[Command]:
    """Whatever is heard before a person is there: a greeting, a menu, a machine."""
    taken_as = "greeting" if talk.phase == "opening" else talk.phase
    said: list[Command] = [Overheard(words, taken_as)] if words else []
    if talk.phase == "opening":
        return [*said, *talk.mouth.next(at)]
    if talk.phase == "greeting" and talk.who != "screening" and not is_cough:
        talk.greeted = f"{talk.greeted} {words}".strip()
        talk.greeted_at = talk.greeted_at or at
        return said if talk.limits.judges else [*said, *open_talk(talk, at)]
    if talk.phase == "menu" and words:
        return [*said, *menu_said(talk, words, at)]
    if talk.phase == "machine" or talk.who == "screening":
        return [*said, *(talk.mouth.go_on(at) or talk.mouth.next(at))]
    return said


def recognised(talk: CallState, event: WhoAnswered) -> list[Command]:
    """Begins anew with whoever it is, unless a person has spoken already."""
    who, at = event.who, event.at
    before, talk.who = talk.who, who
    if who == "unavailable":
        return end(talk, "unavailable")
    if talk.has_spoken or who == before:
        return []
    if who in ("person", "uncertain"):
        is_new = talk.phase in ("greeting", "machine", "menu")
        return [*_unsay(talk), *open_talk(talk, at)] if is_new else []
    if who == "voicemail":
        return _machine(talk, at)
    done = _unsay(talk)
    if who == "screening":
        enter(talk, "greeting", at)
        return [*done, *phrase(talk, "call.screening")]
    enter(talk, "menu", at)
    heard, talk.greeted = talk.greeted, ""
    return [*done, *(menu_said(talk, heard, at) if heard else [])]


def menu_said(talk: CallState, words: str, at: datetime, *, is_over: bool = False) -> list[Command]:
    """Presses what leads on in a menu, once that is known, or gives it up."""
    keys = talk.navigate(words, is_over)
    if keys is None:
        return end(talk, "menu")
    if not keys:
        return []
    # What is behind the key has its own time.
    talk.quiet_since = at
    return [*enter(talk, "menu", at), Press(keys)]


def menu_reread(talk: CallState, event: MenuReread) -> list[Command]:
    """Presses what leads on by what another ear has understood."""
    talk.reread(event.text, event.is_done)
    is_menu = talk.phase == "menu" and talk.user_since is None
    return menu_said(talk, "", event.at) if is_menu and event.is_done else []


def beeped(talk: CallState, event: Beep) -> list[Command]:
    """Leaves a message after the tone of a voicemail."""
    return leave_message(talk) if talk.phase == "machine" else []


def leave_message(talk: CallState) -> list[Command]:
    """Has the message for a voicemail permitted, once."""
    if talk.preparing or not talk.mouth.is_empty:
        return []
    then = NextStep("hang_up", "voicemail_left")
    return [prepare(talk, "voicemail", (), frame="call.voicemail", then=then)]


def transferred(talk: CallState, event: Transferred) -> list[Command]:
    """Leaves them to the person of ours who took the call, or to one who gets back to them."""
    if talk.phase != "transferring":
        return []
    if event.is_taken:
        return end(talk, "transferred")
    enter(talk, "ending", event.at)
    told = phrase(talk, "call.transfer_failed", NextStep("goodbye", "handed_over"))
    return [HandOn("nobody_took_the_call"), *told]


def _machine(talk: CallState, at: datetime) -> list[Command]:
    done = _unsay(talk)
    if talk.limits.voicemail == "hang_up":
        return [*done, *end(talk, "voicemail")]
    return [*done, *enter(talk, "machine", at)]


def _unsay(talk: CallState) -> list[Command]:
    """Whatever was begun was said to nobody."""
    talk.preparing.clear()
    talk.then = LISTEN
    return [*talk.mouth.hush(), *talk.mouth.drop()]
