"""Which words of theirs are no turn where they stand."""

from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.side_words import is_aside


def only_listens(talk: CallState, words: str) -> bool:
    """Whether they say that they listen, and nothing else."""
    return is_aside(words, "listening", language=talk.language)


def is_polite(talk: CallState, words: str) -> bool:
    """Whether nothing but politeness is said to our goodbye."""
    is_farewell = is_aside(words, "farewell", language=talk.language)
    return is_farewell or only_listens(talk, words)
