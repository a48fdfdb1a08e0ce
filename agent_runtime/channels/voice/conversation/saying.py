"""What we say: words that were permitted, what was heard of them, what comes once all is said."""

from datetime import datetime

from agent_runtime.channels.voice.commands import Command, HandOn, Transfer
from agent_runtime.channels.voice.conversation.openers import opened, why_we_call
from agent_runtime.channels.voice.conversation.phases import BRIDGE, LISTEN, TELL, NextStep
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import end, enter, never_said, phrase
from agent_runtime.channels.voice.events import BotStarted, BotStopped, Prepared

_UNHEARD_WORDS = 2
"""Whoever has heard no more of an answer than this has gone on with what they were saying."""


def prepared(talk: CallState, event: Prepared) -> list[Command]:
    """Says what was permitted, unless it comes too late or into their words."""
    then = talk.preparing.pop(event.key, None)
    is_late = then == BRIDGE and talk.asking is None
    is_into = talk.user_since is not None and then in (LISTEN, BRIDGE) and talk.asking
    if then is None or is_late or is_into:
        return never_said(event.says)
    if then == TELL and talk.asking is not None:
        talk.told_first = event.says
        return []
    if event.says:
        talk.then = LISTEN if then in (BRIDGE, TELL) else then
        talk.mouth.add(*event.says)
        return talk.mouth.next(event.at) if talk.user_since is None else []
    if event.key.startswith(("opener", "handed")):
        return _may_not_open(talk, event.at)
    if event.key.startswith("voicemail"):
        return end(talk, "voicemail")
    return after(talk, then, event.at)


def voice_begun(talk: CallState, event: BotStarted) -> list[Command]:
    """Notes the first sound of an utterance."""
    talk.mouth.begun()
    talk.heard_us_at = talk.heard_us_at or event.at
    return []


def voice_ended(talk: CallState, event: BotStopped) -> list[Command]:
    """Says what waits; after the last of it comes what was to come then."""
    answered, talk.answered_last = talk.answered_last, ""
    done = talk.mouth.ended(event.heard, is_cut=event.is_cut)
    talk.quiet_since = event.at
    if event.is_cut:
        if talk.mouth.cut and len(event.heard.split()) <= _UNHEARD_WORDS:
            talk.unanswered = answered
        if talk.has_stopped:
            return [*done, *talk.mouth.forget_cut(), *talk.mouth.next(event.at)]
        if talk.user_since is not None:
            return done
        is_goodbye = talk.phase == "ending" and not talk.is_final
        return [*done, *(talk.mouth.go_on(event.at) if is_goodbye else talk.mouth.drop())]
    done += talk.mouth.next(event.at)
    if talk.mouth.is_empty:
        then, talk.then = talk.then, LISTEN
        done += after(talk, then, event.at)
    return done


def after(talk: CallState, then: NextStep, at: datetime) -> list[Command]:
    """Does what comes once everything has been said."""
    talk.quiet_since = at
    if then.do == "hang_up":
        return end(talk, then.reason)
    if then.do == "goodbye":
        enter(talk, "ending", at)
        return phrase(talk, "call.goodbye", NextStep("hang_up", then.reason))
    if then.do == "transfer":
        enter(talk, "transferring", at)
        return [Transfer(then.route_to or "owner", then.reason)]
    if then.do == "ask_more":
        return phrase(talk, "call.anything_else")
    if then.do == "reason":
        return why_we_call(talk)
    return opened(talk, at) if talk.phase == "opening" else []


def _may_not_open(talk: CallState, at: datetime) -> list[Command]:
    if talk.call.direction == "outbound":
        return end(talk, "not_permitted")
    if talk.limits.transfers:
        return after(talk, NextStep("transfer", "not_permitted", "owner"), at)
    return [HandOn("agent_may_not_speak"), *end(talk, "not_permitted")]
