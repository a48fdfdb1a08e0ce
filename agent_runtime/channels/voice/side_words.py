"""What people say beside the matter itself: that they listen, that we wait, yes, no, goodbye."""

import re
from functools import cache
from typing import Literal

from agent_runtime.hearing.sentences import fold
from agent_runtime.words import any_of, read_words

_MARKS = re.compile(r"[^\w\s]|_")

Aside = Literal["listening", "hold", "agrees", "refuses", "parting"]


def is_aside(text: str, aside: Aside, *, language: str) -> bool:
    """Says whether an utterance is this and nothing else; English counts in every language."""
    words = " ".join(_MARKS.sub(" ", fold(text)).split())
    return any(_pattern(aside, name).fullmatch(words) for name in {language, "en"})


@cache
def _pattern(aside: Aside, language: str) -> re.Pattern[str]:
    lines = read_words("calls")[aside].get(language, [])
    if aside == "listening":
        lines = [re.escape(" ".join(_MARKS.sub(" ", fold(line)).split())) for line in lines]
    return re.compile(any_of(lines) if lines else r"(?!)")
