"""What they say: a turn, an aside, or a cough."""

from datetime import datetime

from agent_runtime.channels.voice.commands import Command, Overheard
from agent_runtime.channels.voice.conversation.answers import speak, take
from agent_runtime.channels.voice.conversation.asides import is_polite, only_listens
from agent_runtime.channels.voice.conversation.languages import read_foreign
from agent_runtime.channels.voice.conversation.party import before_we_talk
from agent_runtime.channels.voice.conversation.phases import LISTEN
from agent_runtime.channels.voice.conversation.recording import leave_given, leave_taken
from agent_runtime.channels.voice.conversation.saying import after
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import forget_answer, give_up, phrase, withdraw
from agent_runtime.channels.voice.events import UserStarted, UserStopped
from agent_runtime.channels.voice.side_words import holds_aside, is_aside, is_no_word


def user_started(talk: CallState, event: UserStarted) -> list[Command]:
    """Lets them speak, but into last words that stand and before there is a line."""
    talk.user_since = event.at
    if talk.is_final or talk.phase in ("transferring", "ringing"):
        return []
    hushed = talk.mouth.hush()
    talk.interruptions += bool(hushed)
    return [*hushed, *withdraw(talk)]


def user_stopped(talk: CallState, event: UserStopped) -> list[Command]:
    """Takes what they have said for what it is where it was said."""
    is_late = talk.user_since is None
    talk.user_since, talk.quiet_since = None, event.at
    words = " ".join(event.text.split())
    if words and is_no_word(words, language=talk.language):
        words = ""
    talk.otherwise = f"{talk.otherwise} {event.otherwise}".strip()
    if talk.foreign:
        return read_foreign(talk, words, event.at)
    is_cough = not words and event.spoken_s <= talk.limits.cough_s
    is_greeting = talk.phase == "opening" and is_late and not talk.has_spoken
    if is_greeting or talk.phase not in ("opening", "recording", "talking", "ending"):
        return before_we_talk(talk, words, event.at, is_cough=is_cough)
    if talk.phase == "ending" and (talk.is_final or not words or is_polite(talk, words)):
        return _to_our_goodbye(talk, words, event.at)
    if not words:
        return _no_words(talk, event.at, is_cough=is_cough)
    is_pending = talk.mouth.cut is not None or talk.held is not None or talk.asking
    if is_pending and only_listens(talk, words):
        return [Overheard(words, "listening"), *_go_on(talk, event.at)]
    return _words_of_theirs(talk, words, event.at)


def _to_our_goodbye(talk: CallState, words: str, at: datetime) -> list[Command]:
    """Whoever takes leave in it is let go; whoever coughs or says "mhm" hears the rest."""
    said: list[Command] = [Overheard(words, "farewell")] if words else []
    if talk.mouth.cut is None or not words or only_listens(talk, words):
        return [*said, *(talk.mouth.go_on(at) or talk.mouth.next(at))]
    then, talk.then = talk.then, LISTEN
    return [*said, *talk.mouth.drop(), *after(talk, then, at)]


def _words_of_theirs(talk: CallState, words: str, at: datetime) -> list[Command]:
    is_opener_next = bool(talk.preparing) or talk.mouth.is_about_to_speak
    if talk.phase == "opening" and is_opener_next and talk.asking is None:
        return [Overheard(words, "greeting"), *talk.mouth.next(at)]
    talk.has_spoken = True
    talk.prompts = talk.unheard = talk.deaf = 0
    if is_aside(words, "hold", language=talk.language):
        return [Overheard(words, "hold"), *_hold(talk)]
    talk.holds = False
    if talk.phase == "recording" and not talk.asking:
        return leave_given(talk, words, at)
    if holds_aside(words, "unrecorded", language=talk.language):
        return leave_taken(talk, words, at)
    return take(talk, words, at)


def _no_words(talk: CallState, at: datetime, *, is_cough: bool) -> list[Command]:
    if talk.mouth.cut is not None or talk.held is not None or talk.asking or talk.withdrawn:
        return _go_on(talk, at)
    if is_cough or talk.preparing or talk.phase == "opening":
        return talk.mouth.next(at)
    talk.unheard += 1
    if talk.unheard > 2:
        return give_up(talk, "bad_line", "call.bad_line")
    return phrase(talk, "call.could_not_hear")


def _go_on(talk: CallState, at: datetime) -> list[Command]:
    """It was a cough or an "mhm": everything goes on as if it had not been."""
    if talk.asking is not None and talk.asking.is_withdrawn:
        talk.words = ""
        return []
    if talk.held is not None:
        answer, talk.held = talk.held, None
        return speak(talk, answer, at)
    if talk.withdrawn:
        return take(talk, "", at)
    talk.unanswered = ""
    return talk.mouth.go_on(at)


def _hold(talk: CallState) -> list[Command]:
    done = forget_answer(talk)
    talk.holds = True
    return [*done, *phrase(talk, "call.hold")]
