"""What people say that they will do, and by when (R33)."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from agent_runtime.hearing.new_text import message_of
from agent_runtime.hearing.safety import plain
from agent_runtime.times.resolve import resolve_times
from agent_runtime.words import any_of, read_words

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class HeardPromise:
    """One promise in the words of who made it."""

    words: str
    due_at: datetime
    """The end of the time that was named: until then it can be kept."""


@lru_cache(maxsize=4096)
def hear_promises(
    text: str, language: str, *, now: datetime, zone: str
) -> tuple[HeardPromise, ...]:
    """Returns the promises of a text, in its order.

    Args:
        text: What somebody wrote; quoted mail does not count.
        language: Two letters; a language without words of its own promises nothing.
        now: When they wrote.
        zone: IANA name of where they are; decides what "Monday" is.
    """
    pattern = _patterns().get(language)
    if pattern is None:
        return ()
    found = []
    for sentence in map(str.strip, _SENTENCE.split(message_of(text))):
        said = None if sentence.endswith("?") else pattern.search(plain(sentence))
        # The words of the promise themselves would say that no meeting is meant.
        for part in (sentence[said.end() :], sentence) if said else ():
            times = resolve_times(part, now=now, zone=zone or "UTC", language=language)
            if times:
                found.append(HeardPromise(sentence, max(time.end for time in times)))
                break
    return tuple(found)


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        language: re.compile(any_of(patterns))
        for language, patterns in read_words("promises").items()
    }
