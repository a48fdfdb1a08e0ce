"""Patterns of the word files for mail, and the form of a text that they are held against."""

import re
from collections.abc import Iterable

from agent_runtime.words import any_of

_READ = 12_000
"""Machines say what they have to say in fewer characters than this."""


def flat(text: str) -> str:
    """Returns the beginning of a text in lower case on one line, with straight apostrophes."""
    return " ".join(text[:_READ].lower().replace("’", "'").split())


def pattern_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """Returns one pattern for a list of a word file, to be held against `flat` texts."""
    return re.compile(any_of(patterns))
