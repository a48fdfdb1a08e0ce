"""Which sentences of a message ask something; where nothing is asked, nothing is looked up."""

import re
from functools import lru_cache

from agent_runtime.hearing.new_text import message_of
from agent_runtime.knowledge.vocabulary import telling, tokens
from agent_runtime.words import any_of, read_words

MAX_QUESTIONS = 3
"""Later ones of a long list are for a person."""

_TELLING_WORDS = 4
"""A question with fewer words that tell leans on what was said before it."""

_TELLS_SOMETHING = 2

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

    A short question is read together with the sentence before it, of which it speaks.

    Args:
        text: What the buyer newly wrote; greeting and sign-off do not matter.
    """
    found: dict[str, None] = {}
    before = ""
    for sentence in _sentences(message_of(text)):
        is_question = _is_question(sentence)
        if is_question:
            is_short = len(telling(tokens(sentence))) < _TELLING_WORDS
            found[f"{before} {sentence}".strip() if is_short else sentence] = None
        tells = len(telling(tokens(sentence))) >= _TELLS_SOMETHING
        before = sentence if tells and not is_question else ""
    return tuple(found)[:MAX_QUESTIONS]


def is_about(fact: str, question: str) -> bool:
    """Says whether a question is about one of the facts of the CRM or of the thread."""
    return bool(_ABOUT[fact].search(question.replace("’", "'")))


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_ENDS.split(text) if part.strip()]


def _is_question(sentence: str) -> bool:
    bare = _LEAD_IN.sub("", sentence.replace("’", "'"))
    return sentence.rstrip(" )\"'»”").endswith("?") or bool(_ASKS.search(bare))
