"""Words around a time that say whether it is asked for, refused, gone by, or something else."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from agent_runtime.times.lexicon import load_lexicon
from agent_runtime.words import any_of

Stance: TypeAlias = Literal["refuse", "aside", "accept", "past", "elsewhere", "meet", "move"]

STANCES: tuple[Stance, ...] = ("refuse", "aside", "accept", "past", "elsewhere", "meet", "move")
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
    opens = {match.start() for match in patterns["opens"].finditer(lowered)}
    return _joined(sorted(found), opens)


_GAP = 2
"""Characters between cues that are one, as in "doesn't work"."""


def _joined(cues: list[Cue], opens: set[int]) -> list[Cue]:
    """Cues with neighbours made one, which shows the strongest of their stances."""
    joined: list[Cue] = []
    for cue in cues:
        last = joined[-1] if joined else None
        is_beside = last is not None and cue.start <= last.end + _GAP and cue.start not in opens
        if last and is_beside and "move" not in (cue.stance, last.stance):
            stance = cue.stance if _rank(cue) < _rank(last) else last.stance
            joined[-1] = Cue(last.start, max(cue.end, last.end), stance)
        else:
            joined.append(cue)
    return joined


def _rank(cue: Cue) -> int:
    return STANCES.index(cue.stance)


@lru_cache(maxsize=8)
def _patterns(language: str) -> dict[str, re.Pattern[str]]:
    cues = load_lexicon(language).cues
    return {
        name: re.compile(rf"(?<!\w){any_of(cues[name])}(?!\w)")
        for name in ("harmless", "opens", *STANCES)
    }
