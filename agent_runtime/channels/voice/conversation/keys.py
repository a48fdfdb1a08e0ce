"""Keys that they press: none means anything here, and that is said once."""

from datetime import datetime

from agent_runtime.channels.voice.commands import Command, TakeKey
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import is_past, phrase
from agent_runtime.channels.voice.events import KeyPressed


def key_pressed(talk: CallState, event: KeyPressed) -> list[Command]:
    """Takes note of it; they are there."""
    talk.prompts = 0
    talk.quiet_since = event.at
    talk.keyed_at = None if talk.keys_told else event.at
    return [TakeKey()]


def no_keys(talk: CallState, keyed_at: datetime, at: datetime) -> list[Command]:
    """Whoever presses keys wants something, a stop perhaps: once they are asked to say it."""
    if not is_past(keyed_at, talk.limits.keys_s, at):
        return []
    talk.keyed_at, talk.keys_told = None, True
    return phrase(talk, "call.keys")
