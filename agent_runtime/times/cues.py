"""Words around a time that say whether it is asked for: accepts, refuses, looks back, or is about
something else."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from agent_runtime.times.lexicon import load_lexicon
from agent_runtime.words import any_of

Stance: TypeAlias = Literal["refuse", "thanks", "accept", "past", "elsewhere", "meet", "move"]

STANCES: tuple[Stance, ...] = ("refuse", "thanks", "accept", "past", "elsewhere", "meet", "move")
"""Strongest first: what a clause with several of them says."""


class Cue(NamedTuple):
    """A stretch of the text that shows a stance."""

    start: int
    end: int
    stance: Stance


def find_cues(text: str, language: str) -> list[Cue]:
    """Returns the cues of a text in order; those within a harmless phrase are none."""
    lowered = text.lower().replace("’", "'")
    if len(lowered) != len(text):
        lowered = text
    patterns = _patterns(language)
    hidden = patterns["harmless"].sub(lambda m: " " * len(m[0]), lowered)
    found = [
        Cue(match.start(), match.end(), stance)
        for stance in STANCES
        for match in patterns[stance].finditer(lowered if stance == "accept" else hidden)
    ]
    return sorted(found)


@lru_cache(maxsize=8)
def _patterns(language: str) -> dict[str, re.Pattern[str]]:
    cues = load_lexicon(language).cues
    return {
        name: re.compile(rf"(?<!\w){any_of(cues[name])}(?!\w)") for name in ("harmless", *STANCES)
    }
