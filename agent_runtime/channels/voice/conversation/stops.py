"""A stop that is heard beside any turn: nothing comes before it."""

from agent_runtime.channels.voice.commands import Command
from agent_runtime.channels.voice.conversation.answers import take
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import enter, withdraw
from agent_runtime.channels.voice.events import StopHeard


def stop_heard(talk: CallState, event: StopHeard) -> list[Command]:
    """Has it answered as a turn of its own, once, whatever goes on."""
    if talk.has_stopped or talk.phase in ("ringing", "machine", "menu"):
        return []
    talk.has_spoken, talk.is_final = True, False
    done = [*talk.mouth.hush(), *withdraw(talk)]
    talk.preparing.clear()
    enter(talk, "talking", event.at)
    return [*done, *take(talk, event.text, event.at)]
