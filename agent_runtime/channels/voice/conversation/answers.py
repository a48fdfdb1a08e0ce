"""A turn of theirs that is given to be answered, and its answer."""

from datetime import datetime

from agent_runtime.channels.voice.answer import Answer
from agent_runtime.channels.voice.commands import Ask, Command, HandOn, KeepHeard, Overheard
from agent_runtime.channels.voice.conversation.asides import is_polite
from agent_runtime.channels.voice.conversation.languages import leave_to_person, told_in_language
from agent_runtime.channels.voice.conversation.phases import LISTEN, Asking, NextStep
from agent_runtime.channels.voice.conversation.saying import after
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import (
    enter,
    forget_answer,
    give_up,
    never_said,
    nothing_first,
    phrase,
)
from agent_runtime.channels.voice.events import Answered
from agent_runtime.channels.voice.side_words import joined


def take(talk: CallState, words: str, at: datetime) -> list[Command]:
    """Has a finished turn answered; what we were about to say is not said."""
    if talk.asking is not None:
        talk.words = words
        return []
    if talk.held is not None:
        talk.unanswered = talk.answered_last
    done = forget_answer(talk)
    text = joined((talk.unanswered, talk.withdrawn, words))
    talk.withdrawn, talk.unanswered, talk.words = "", "", None
    if not text:
        return done
    if talk.phase in ("opening", "ending"):
        talk.preparing.clear()
        enter(talk, "talking", at)
    told, is_asked = told_in_language(talk), talk.tells == "asked"
    talk.tells = ""
    if is_asked:
        return [*done, Overheard(text, "language"), *told]
    talk.turns += 1
    talk.asking = Asking(talk.turns, text, at)
    otherwise, talk.otherwise = talk.otherwise, ""
    return [*done, *told, Ask(talk.turns, text, otherwise=otherwise)]


def answered(talk: CallState, event: Answered) -> list[Command]:
    """Says the answer, unless they have spoken since."""
    answer, at, asking = event.answer, event.at, talk.asking
    if asking is None or answer.number != asking.number:
        return never_said(answer.says)
    talk.asking = None
    is_open = answer.then == "listen" and not answer.has_booked and not asking.is_foreign
    talk.answered_last = asking.text if is_open else ""
    if asking.is_foreign and answer.then != "stopped":
        return [*never_said(answer.says), *leave_to_person(talk)]
    if answer.is_withdrawn:
        return _ask_again(talk, asking, at)
    if talk.user_since is not None and answer.then != "stopped":
        talk.held = answer
        return []
    if talk.words and not (answer.then != "listen" and is_polite(talk, talk.words)):
        words, talk.held = talk.words, answer
        return take(talk, words, at)
    talk.words = None
    return speak(talk, answer, at)


def speak(talk: CallState, answer: Answer, at: datetime) -> list[Command]:
    """Says an answer, and keeps what comes after it."""
    talk.words = None
    if answer.has_failed:
        return give_up(talk, "failed", "call.trouble")
    if answer.then == "transfer" and talk.limits.transfers:
        unsaid = [KeepHeard(u, "") for u in answer.says]
        then = NextStep("transfer", answer.reason, answer.route_to)
        return [*unsaid, *phrase(talk, "call.transfer", then)]
    then = _next_step(answer)
    unsaid: list[Command] = []
    if answer.then == "stopped":
        talk.has_stopped = True
        unsaid = [*nothing_first(talk), *talk.mouth.drop(), *talk.mouth.hush()]
    talk.mouth.add(*talk.told_first)
    talk.told_first = ()
    if not answer.says:
        return [*unsaid, *talk.mouth.next(at), *_silent(talk, answer, then, at)]
    talk.then = then
    if then.do in ("hang_up", "goodbye"):
        enter(talk, "ending", at)
        talk.is_final = answer.then == "stopped"
    talk.mouth.add(*answer.says)
    return [*unsaid, *talk.mouth.next(at)]


def _ask_again(talk: CallState, asking: Asking, at: datetime) -> list[Command]:
    """Nothing was decided: what they said belongs to what they say now."""
    talk.withdrawn = asking.text
    is_speaking = talk.user_since is not None and talk.words is None
    return [] if is_speaking else take(talk, talk.words or "", at)


def _silent(talk: CallState, answer: Answer, then: NextStep, at: datetime) -> list[Command]:
    """A turn without words of its own is never met with silence, but for a second stop."""
    if then.do != "listen":
        return after(talk, then, at)
    if answer.decision == "allow":
        is_lost = answer.reason.startswith("off_topic")
        return phrase(talk, "call.not_that" if is_lost else "call.anything_else")
    return [HandOn(answer.stopped_by or "not_permitted"), *phrase(talk, "call.person_later")]


def _next_step(answer: Answer) -> NextStep:
    if answer.then == "stopped":
        return NextStep("hang_up", "stopped")
    if answer.then == "goodbye":
        return NextStep("goodbye", "completed")
    if answer.then == "transfer":
        return NextStep("goodbye", "handed_over")
    if answer.has_booked:
        return NextStep("ask_more")
    return LISTEN
