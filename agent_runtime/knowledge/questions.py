"""Which sentences of a message ask something; where nothing is asked, nothing is looked up."""

import re
from functools import lru_cache

from agent_runtime.hearing.new_text import message_of
from agent_runtime.words import any_of, read_words

MAX_QUESTIONS = 3
"""Later ones of a long list are for a person."""

_ASKS = re.compile(any_of(read_words("questions")["asks"]), re.IGNORECASE)
_ABOUT = {
    fact: re.compile(any_of(patterns), re.IGNORECASE)
    for fact, patterns in read_words("questions")["about"].items()
}
_SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s+|\n+")
_LEAD_IN = re.compile(r"^[\W_]+")


@lru_cache(maxsize=4096)
def questions_of(text: str) -> tuple[str, ...]:
    """Returns the sentences that ask something, in their order, at most three.

    Args:
        text: What the buyer newly wrote; greeting and sign-off do not matter.
    """
    asked = [sentence for sentence in _sentences(message_of(text)) if _is_question(sentence)]
    return tuple(dict.fromkeys(asked))[:MAX_QUESTIONS]


def is_about(fact: str, question: str) -> bool:
    """Says whether a question is about one of the facts of the CRM or of the thread."""
    return bool(_ABOUT[fact].search(question.replace("’", "'")))


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_ENDS.split(text) if part.strip()]


def _is_question(sentence: str) -> bool:
    bare = _LEAD_IN.sub("", sentence.replace("’", "'"))
    return sentence.rstrip(" )\"'»”").endswith("?") or bool(_ASKS.search(bare))
