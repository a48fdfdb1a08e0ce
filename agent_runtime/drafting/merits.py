"""How good a draft is, as a sum of named parts that anybody can follow (R47, R71).

Nothing here decides whether a draft may go out; the rules do. It decides which of those that may
is said, or stands first before a reviewer.
"""

import re
from collections.abc import Callable, Sequence

from agent_runtime.domain import ChannelName, Merit, Sentence
from agent_runtime.drafting.style import words_in
from agent_runtime.grounding.sentences import split_sentences
from agent_runtime.library.style_guide import StyleGuide

WEIGHTS = {
    "confidence": 0.30,
    "grounding": 0.25,
    "style": 0.15,
    "question": 0.10,
    "personal": 0.10,
    "length": 0.10,
}
"""What each part may give at most; together 1. Judged, until reviewers' choices teach otherwise:
every choice of a reviewer is traced with these parts."""

READER = "reader."
"""Facts about the reader's own account begin so."""

_ENOUGH_FACTS = 2
"""Naming more about a reader than this makes no message better."""
_SHORT, _LONG = 0.15, 0.75
"""Shares of the longest that a draft may be, between which its length is right."""
_CONTENT_WORD = re.compile(r"[^\W\d_]{4,}|\d+(?:[.,]\d+)*")


def merits_of(
    sentences: Sequence[Sentence],
    confidence: float,
    guide: StyleGuide,
    *,
    channel: ChannelName,
    is_approved: Callable[[Sentence], bool],
    texts_of: Callable[[str], Sequence[str]],
) -> tuple[Merit, ...]:
    """Returns what a draft is worth, part by part, in the order of `WEIGHTS`.

    Args:
        sentences: What it says between greeting and signature.
        confidence: Of draft and reading together, from 0 to 1.
        guide: The style guide, by whose limits length is judged.
        channel: By which it would go.
        is_approved: Whether a sentence is approved wording as it stands.
        texts_of: What a fact says.
    """
    text = "\n\n".join(sentence.text for sentence in sentences)
    shares = [1.0 if is_approved(s) else _margin(s, texts_of) for s in sentences]
    approved = sum(map(is_approved, sentences))
    words, most = words_in(text), guide.limits.words_on(channel)
    longest = max(map(words_in, split_sentences(text)), default=0)
    about = dict.fromkeys(f for s in sentences for f in s.facts if f.startswith(READER))
    asks_last = text.rstrip().endswith("?")
    parts: dict[str, tuple[float, str]] = {
        "confidence": (confidence, f"it is {confidence:.0%} sure"),
        "grounding": (
            sum(shares) / len(shares) if shares else 0.0,
            f"{approved} of {len(sentences)} sentences in approved words; of the farthest from its "
            f"fact {min(shares, default=0.0):.0%} of the words are the fact's",
        ),
        "style": (
            _falling(longest / guide.limits.words_per_sentence, start=0.5),
            f"its longest sentence has {longest} words of {guide.limits.words_per_sentence}",
        ),
        "question": (
            1.0 if asks_last else 0.5,
            "it asks one question, at the end" if asks_last else "it asks nothing",
        ),
        "personal": (
            min(len(about), _ENOUGH_FACTS) / _ENOUGH_FACTS,
            f"it names {', '.join(about)}" if about else "it names nothing about the reader",
        ),
        "length": (_length_fit(words, most), f"{words} words of at most {most}"),
    }
    return tuple(
        Merit(name, round(WEIGHTS[name] * share, 4), WEIGHTS[name], why)
        for name, (share, why) in parts.items()
    )


def total(merits: Sequence[Merit]) -> float:
    """Returns the sum of all parts, from 0 to 1."""
    return round(sum(merit.points for merit in merits), 4)


def _margin(sentence: Sentence, texts_of: Callable[[str], Sequence[str]]) -> float:
    """The share of a sentence's words that its facts have; one without facts claims nothing."""
    if not sentence.facts:
        return 1.0
    known = {w for f in sentence.facts for t in texts_of(f) for w in _content_words(t)}
    own = _content_words(sentence.text)
    return round(sum(word in known for word in own) / len(own), 4) if own else 1.0


def _content_words(text: str) -> list[str]:
    return _CONTENT_WORD.findall(text.casefold())


def _length_fit(words: int, most: int) -> float:
    share = words / most
    if share < _SHORT:
        return share / _SHORT
    return _falling(share, start=_LONG)


def _falling(share: float, *, start: float) -> float:
    """1 until `start`, and from there down to 0 at 1."""
    return min(1.0, max(0.0, (1.0 - share) / (1.0 - start)))
