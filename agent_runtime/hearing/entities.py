"""Verbatim spans that later turns and the CRM need: tools, times, budget, timeline."""

import re
from functools import lru_cache

from agent_runtime.times.resolve import asked_words
from agent_runtime.words import any_of, read_words

_PATTERNS = {
    name: re.compile(rf"(?<!\w){any_of(words)}(?!\w)", re.IGNORECASE)
    for name, words in read_words("entities").items()
}


@lru_cache(maxsize=8192)
def find_entities(text: str, language: str) -> tuple[tuple[str, str], ...]:
    """Returns name and span of each entity, at most one a name."""
    found = [(name, m[0]) for name, pattern in _PATTERNS.items() if (m := pattern.search(text))]
    if time := asked_words(text, language=language):
        found.append(("requested_time", time))
    return tuple(found)
