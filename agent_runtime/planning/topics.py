"""Which one of several approved texts is about what a buyer wrote."""

import re
from collections.abc import Sequence
from functools import lru_cache

from agent_runtime.hearing.new_text import message_of
from agent_runtime.hearing.safety import plain
from agent_runtime.library.content import Content
from agent_runtime.words import any_of


def text_about(message: str, texts: Sequence[Content]) -> str:
    """Returns the id of the text whose topics the buyer named, or nothing when that is not clear.

    The text of which most topics were named wins; where two are named equally, none is the exact
    one. A text without topics suits every buyer, where no other is named.
    """
    words = plain(message_of(message))
    named = sorted(((_named(c.topics, words), c.id) for c in texts if c.topics), reverse=True)
    if named and named[0][0]:
        is_clear = len(named) == 1 or named[0][0] > named[1][0]
        return named[0][1] if is_clear else ""
    return next((content.id for content in texts if not content.topics), "")


def _named(topics: tuple[str, ...], words: str) -> int:
    return len(set(_beginnings(topics).findall(words)))


@lru_cache(maxsize=1024)
def _beginnings(topics: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted((plain(topic) for topic in topics), key=len, reverse=True)
    return re.compile(rf"(?<!\w){any_of(re.escape(topic) for topic in longest_first)}")
