"""Whether a message asks that contact stop, by phrases and by a learnt opinion together.

A word like STOP alone is sure. Elsewhere phrases do not generalise and an opinion may err: where
they disagree clearly, neither a stop nor an answer is safe, and a person looks.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from agent_runtime.hearing.bounded import bounded
from agent_runtime.hearing.new_text import message_of
from agent_runtime.hearing.opt_out import is_opt_out, is_stop_word
from agent_runtime.hearing.reported import own_words
from agent_runtime.hearing.sentences import sentences_of

Verdict = Literal["stop", "unsure", "none"]

_AGAINST_PHRASE = 0.2
"""An opinion at most this likely unmakes a stop that phrases heard; measured across authors."""
_IN_A_SENTENCE = 0.45
"""A phrase that was heard stands where one sentence by itself is at least as likely to ask it."""
_ALONE = 0.7
"""From here on an opinion is a stop by itself."""
_DOUBT = 0.4
_LEANS = 0.1
_CLEAR = (-2.5, 3.5)
_CLEAR_OF_PHRASE = (-5.0, 2.5)
"""Log-odds of wording beyond which meaning changes no verdict, so that no vector is made."""
_NOTE = 200
"""Characters within which people mention an absence and answer; machines mostly write more."""
_OF_PEOPLE = 0.15
_SHORT = 320
"""Characters that are read as one; of longer messages their parts as well."""
_PART = 3
"""Sentences of a part: a sentence by itself lacks what it is about."""
_MOST_PARTS = 40


def verdict_on_stop(text: str) -> Verdict:
    """Returns whether what the writer added asks that contact stop; `unsure` is for a person."""
    return _verdict(bounded(text))


def asks_to_stop(text: str) -> bool:
    """Says whether a message is best taken for a wish that contact stop."""
    return verdict_on_stop(text) == "stop"


def leans_to_stop(text: str) -> bool:
    """Says whether a text may ask it where something else, like its subject, asks it already."""
    whole = bounded(text)
    return is_opt_out(whole) or _likelihood("opt_out", whole, *_CLEAR) > _LEANS


def speaks_of_machine(text: str) -> bool:
    """Says whether a short text only speaks of an automatic answer or an absence, as people do."""
    whole = bounded(text)
    is_note = len(whole) < _NOTE
    return is_note and _likelihood("auto_reply", whole, *_CLEAR_OF_PHRASE) < _OF_PEOPLE


@lru_cache(maxsize=8192)
def _verdict(text: str) -> Verdict:
    is_phrase = is_opt_out(text)
    if is_phrase and is_stop_word(message_of(text)):
        return "stop"
    likely = _likelihood("opt_out", text, *(_CLEAR_OF_PHRASE if is_phrase else _CLEAR))
    if likely > (_AGAINST_PHRASE if is_phrase else _ALONE) or (
        is_phrase and _a_sentence_asks(text)
    ):
        return "stop"
    return "unsure" if is_phrase or likely > _DOUBT else "none"


def _a_sentence_asks(text: str) -> bool:
    sentences = sentences_of(message_of(text)).split("\n")[:_MOST_PARTS]
    return any(_likelihood("opt_out", s, *_CLEAR) > _IN_A_SENTENCE for s in sentences)


@lru_cache(maxsize=8192)
def _likelihood(
    matter: Literal["opt_out", "auto_reply"], text: str, low: float, high: float
) -> float:
    """Returns how likely a message is what is meant, by its likeliest part.

    Args:
        matter: What is meant.
        text: As somebody wrote it; only what they added is read.
        low: Log-odds of wording below which meaning is left out.
        high: Log-odds above which it is left out.
    """
    from agent_runtime.models.opinions import meaning_of, opinion_on, plain

    opinion = opinion_on(matter)
    best = 0.0
    for part in _parts(own_words(message_of(text))):
        wording = opinion.of_wording(plain(part))
        is_open = low < wording < high
        meaning = float(opinion.of_meaning(meaning_of(part))[0]) if is_open else 0.0
        best = max(best, opinion.joined(wording, meaning))
    return best


def _parts(message: str) -> Iterator[str]:
    yield message
    if len(message) <= _SHORT:
        return
    sentences = sentences_of(message).split("\n")
    for at in range(min(max(1, len(sentences) - _PART + 1), _MOST_PARTS)):
        yield ". ".join(sentences[at : at + _PART])
