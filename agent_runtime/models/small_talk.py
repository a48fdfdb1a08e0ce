"""Sentences of a letter that are only polite, and the letter without them."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agent_runtime.models.embedding import Embedder, Vectors
from agent_runtime.models.learner import Eye, Learner
from agent_runtime.models.reading_text import reading_text
from agent_runtime.words import read_words

_STRENGTH = 30.0
"""Inverse regularisation, by cross-validation."""

SHORT = 100
"""Characters below which a text is hardly a letter, and is read as it stands."""

_MOST_SENTENCES = 8
_SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True, eq=False)
class SmallTalk:
    """A plane between small talk and what buyers say to the point.

    Attributes:
        eye: How it looks at vectors.
        weights: One a dimension.
        start: Added to them; above zero a sentence is small talk.
    """

    eye: Eye
    weights: NDArray[np.float32]
    start: float

    def left_out_of(self, text: str, embedder: Embedder) -> str:
        """Returns a text without its small talk; all of it where nothing would be left."""
        parts = sentences_of(text) if len(text) >= SHORT else ()
        if not parts:
            return text
        is_polite = self.eye.sees(embedder.embed(parts)) @ self.weights + self.start > 0
        left = [part for part, polite in zip(parts, is_polite, strict=True) if not polite]
        return " ".join(left) or text

    @classmethod
    def learned(cls, polite: Vectors, learner: Learner) -> Self:
        """Returns what tells small talk from the texts that a learner has seen."""
        from sklearn.linear_model import LogisticRegression

        seen = np.vstack([learner.eye.sees(polite), learner.support])
        is_polite = np.arange(len(seen)) < len(polite)
        plane = LogisticRegression(C=_STRENGTH, max_iter=500).fit(seen, is_polite)
        return cls(learner.eye, plane.coef_[0].astype(np.float32), float(plane.intercept_[0]))


def sentences_of(text: str) -> tuple[str, ...]:
    """Returns the sentences of a text that has several, else none; many are cut to eight."""
    found = [part for part in _SENTENCE_ENDS.split(text) if len(part) > 1]
    if len(found) > _MOST_SENTENCES:
        found[_MOST_SENTENCES - 1 :] = [" ".join(found[_MOST_SENTENCES - 1 :])]
    return tuple(found) if len(found) > 1 else ()


@cache
def polite_sentences() -> tuple[str, ...]:
    """Returns sentences of small talk in all languages, as they are read."""
    talk = read_words("small_talk")
    return tuple(
        reading_text(sentence)
        for place in ("opens", "settings", "closes")
        for sentences in talk[place].values()
        for sentence in sentences
    )
