"""Whether what somebody says on the line asks that contact stop: as in mail, without commas."""

import re
from functools import cache

from agent_runtime.hearing.safety import plain
from agent_runtime.hearing.verdict import asks_to_stop
from agent_runtime.words import read_words


def asks_to_stop_on_the_line(text: str) -> bool:
    """Says whether an utterance is best taken for a wish that contact stop.

    What people say only while they talk ("take me off speaker") is left out; in doubt it is a stop.
    """
    rest = " ".join(_asides().sub(" ", plain(text)).split())
    return len(rest) > 1 and asks_to_stop(rest if rest != plain(text) else text)


@cache
def _asides() -> re.Pattern[str]:
    by_language: dict[str, list[str]] = read_words("spoken_asides")
    phrases = [phrase for phrases in by_language.values() for phrase in phrases]
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")
