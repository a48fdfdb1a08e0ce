"""Other languages than the one in which the call began."""

from datetime import datetime

from agent_runtime.channels.voice.commands import Ask, Command, Overheard, Say, Speak, Withdraw
from agent_runtime.channels.voice.conversation.phases import LISTEN, TELL, Asking
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import forget_answer, give_up, phrase
from agent_runtime.channels.voice.events import LanguageHeard

_NOBODY_YET = ("machine", "menu", "greeting")


def language_heard(talk: CallState, event: LanguageHeard) -> list[Command]:
    """Goes on in it, and says once again in it who speaks; or leaves it to a person."""
    if event.language == talk.language or talk.phase in ("ending", "transferring", "ringing"):
        return []
    if not event.is_led:
        return _not_that_language(talk, event)
    talk.language = event.language
    why = "asked" if event.is_asked else "spoken"
    done: list[Command] = [Speak(event.language, why, event.share)]
    if talk.phase in _NOBODY_YET:
        return done
    talk.tells = why
    return [*_bridge(talk, event), *done]


def read_foreign(talk: CallState, words: str, at: datetime) -> list[Command]:
    """Whoever asks in it that contact stop is obeyed before anything else is said."""
    if not words:
        return leave_to_person(talk)
    done = forget_answer(talk)
    if talk.asking is not None:
        done.append(Withdraw(talk.asking.number))
    talk.turns += 1
    talk.asking = Asking(talk.turns, words, at, is_foreign=True)
    heard = Overheard(words, "another language")
    return [*done, heard, Ask(talk.turns, words, only_stops=True)]


def leave_to_person(talk: CallState) -> list[Command]:
    """Says that a person gets back to them, in their language where some voice speaks it."""
    language, talk.foreign, talk.user_since = talk.foreign, "", None
    return give_up(talk, "language", "call.language_later", language=language)


def told_in_language(talk: CallState) -> list[Command]:
    """In a language that has just begun it is said anew that an AI speaks."""
    if not talk.tells:
        return []
    text = "call.language_asked" if talk.tells == "asked" else "call.language"
    then = TELL if talk.tells == "spoken" else LISTEN
    return phrase(talk, text, then, language=talk.language)


def in_language(talk: CallState, done: list[Command]) -> list[Command]:
    """Goes on in the language of what is said, where that is another."""
    spoken: list[Command] = []
    for command in done:
        if isinstance(command, Say) and command.utterance.language != talk.language:
            talk.language = command.utterance.language
            spoken.append(Speak(talk.language))
        spoken.append(command)
    return spoken


def _bridge(talk: CallState, event: LanguageHeard) -> list[Command]:
    if event.is_ready or talk.user_since is not None:
        return []
    talk.fillers += 1
    return phrase(talk, "call.one_moment")


def _not_that_language(talk: CallState, event: LanguageHeard) -> list[Command]:
    if talk.phase in _NOBODY_YET:
        return []
    talk.foreign = event.language if event.language in talk.spoken else talk.language
    talk.foreign_since = event.at
    return []
