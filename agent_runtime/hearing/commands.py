"""Words of command in text messages: STOP, HELP and START, and the same in other languages."""

from collections.abc import Mapping
from functools import cache

from agent_runtime.domain import Cue
from agent_runtime.words import read_words

_AROUND = " \t\r\n.,;:!\"'“”„’()[]*-–…¡"


def command_of(text: str, *, is_stopped: bool = False) -> Cue:
    """Returns the command that a text is, alone and whatever its case; empty for ordinary words.

    Args:
        text: The message as it arrived.
        is_stopped: Whether the sender has stopped us before: only then does a plain yes mean START.

    >>> command_of("Stop."), command_of("please stop at noon"), command_of("Yes")
    ('stop', '', '')
    """
    cue = _known(text)[0]
    is_yes = not cue and is_stopped and _word(text) in _answers()
    return "start" if is_yes else cue


def language_of_command(text: str) -> str:
    """Returns the language of a word of command, empty where it is said in every language."""
    return _known(text)[1]


def _known(text: str) -> tuple[Cue, str]:
    """Who asks "Cancel?" commands nothing, but who asks "Help?" wants help."""
    if found := _commands().get(_word(text)):
        return found
    asked = _commands().get(_word(text.replace("?", " ").replace("¿", " ")), ("", ""))
    return asked if asked[0] == "help" else ("", "")


def _word(text: str) -> str:
    return " ".join(text.casefold().strip(_AROUND).split())


@cache
def _commands() -> Mapping[str, tuple[Cue, str]]:
    words = read_words("texting")
    cues: tuple[Cue, ...] = ("start", "help", "stop")
    return {
        word.casefold(): (cue, "" if language == "any" else language)
        for cue in cues
        for language, known in words[cue].items()
        for word in known
    }


@cache
def _answers() -> frozenset[str]:
    known = read_words("texting")["if_stopped"].values()
    return frozenset(word.casefold() for words in known for word in words)
