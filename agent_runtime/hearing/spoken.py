"""Whether what somebody says on the line asks that contact stop: as in mail, without commas."""

import re
from functools import cache

from agent_runtime.hearing.verdict import Verdict, verdict_on_stop
from agent_runtime.words import read_words


def asks_to_stop_on_the_line(text: str) -> bool:
    """Says whether an utterance is best taken for a wish that contact stop; in doubt it is."""
    return verdict_on_the_line(text) == "stop"


def verdict_on_the_line(text: str) -> Verdict:
    """Returns whether an utterance asks that contact stop; `unsure` is for a person.

    What people say only while they talk ("take me off speaker") is left out, and the rest judged.
    """
    said = text.lower().replace("’", "'")
    rest = " ".join(_asides().sub(" ", said).split())
    if len(rest) <= 1:
        return "none"
    return verdict_on_stop(text if rest == " ".join(said.split()) else rest)


@cache
def _asides() -> re.Pattern[str]:
    by_language: dict[str, list[str]] = read_words("spoken_asides")
    phrases = [phrase for phrases in by_language.values() for phrase in phrases]
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")
