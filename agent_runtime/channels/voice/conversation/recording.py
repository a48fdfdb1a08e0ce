"""Leave to record, as they give it and take it back."""

from datetime import datetime

from agent_runtime.channels.voice.commands import Command, Overheard, Record, Unrecord
from agent_runtime.channels.voice.conversation.answers import take
from agent_runtime.channels.voice.conversation.phases import NextStep
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import enter, forget_answer, phrase
from agent_runtime.channels.voice.side_words import is_aside


def leave_given(talk: CallState, words: str, at: datetime) -> list[Command]:
    """Only a plain yes is leave; any other words are a turn, and nothing is recorded."""
    done = talk.mouth.drop()
    enter(talk, "talking", at)
    if is_aside(words, "agrees", language=talk.language):
        talk.has_leave_to_record = True
        told = phrase(talk, "call.recording_yes", NextStep("reason"))
        return [*done, Overheard(words, "leave to record"), Record(), *told]
    if is_aside(words, "refuses", language=talk.language):
        told = phrase(talk, "call.recording_no", NextStep("reason"))
        return [*done, Overheard(words, "no leave to record"), *told]
    return [*done, *take(talk, words, at)]


def leave_taken(talk: CallState, words: str, at: datetime) -> list[Command]:
    """Whatever else they say is answered as always."""
    talk.has_leave_to_record = False
    if not is_aside(words, "unrecorded", language=talk.language):
        return [Unrecord(), *take(talk, words, at)]
    done = forget_answer(talk)
    told = phrase(talk, "call.recording_no")
    return [Unrecord(), *done, Overheard(words, "leave taken back"), *told]
