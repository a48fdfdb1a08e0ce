"""How much of a draft a reviewer changed before it went out (R71)."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from agent_runtime.domain import Sentence


def changed_share(drafted: Sequence[Sentence], sent: Sequence[Sentence]) -> float:
    """Returns the share of words that differ, from 0 (the same) to 1 (nothing is left).

    That is one less twice the words in common, in their order, over the words of both texts
    (Ratcliff and Obershelp). Only the number is kept, no words.
    """
    before, after = _words(drafted), _words(sent)
    if not before and not after:
        return 0.0
    return round(1 - SequenceMatcher(None, before, after, autojunk=False).ratio(), 9)


def _words(sentences: Sequence[Sentence]) -> list[str]:
    return [word for sentence in sentences for word in sentence.text.split()]
