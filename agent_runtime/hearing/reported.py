"""What others are quoted as saying is not what the writer asks."""

import re
from functools import cache

from agent_runtime.words import any_of, read_words

_QUOTED = re.compile(r"[\"“”„«»‹›]([^\"“”„«»‹›\n]{3,120})[\"“”„«»‹›]")
_SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s+|\n+")


def own_words(text: str) -> str:
    """Returns a text without what its sentences quote of customers, leads and other third parties.

    `Half of our leads reply "take me off your list"` asks nothing of us. What the writer quotes of
    themselves stays: `I said "stop" twice`.
    """
    if not _QUOTED.search(text):
        return text
    parts = _SENTENCE_ENDS.split(text)
    return "\n".join(_QUOTED.sub(" … ", part) if _is_of_others(part) else part for part in parts)


def _is_of_others(sentence: str) -> bool:
    return bool(_others().search(_QUOTED.sub(" ", sentence)))


@cache
def _others() -> re.Pattern[str]:
    return re.compile(any_of(read_words("reported")["others"]), re.IGNORECASE)
