"""A learnt opinion of what a message is: how it is worded, and what lies near it in meaning."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from agent_runtime.models.embedding import Vectors
from agent_runtime.models.letter_runs import BUCKETS, Counts, Runs, runs_of, weighed

_REACH = 5.0
_SOFTNESS = 10.0
_MARGIN = 3.0
"""What a margin of meaning is worth beside the log-odds of wording: by trial across authors."""
_BOTH = 1.5
"""By what their sum is divided, since the two are no independent witnesses."""
_LEVELS = 127
_FEWEST = 2
"""Runs of fewer texts say nothing."""


@dataclass(frozen=True, eq=False)
class Opinion:
    """A linear model of runs of letters and words, and a margin around vectors of meaning.

    Attributes:
        rarity: Inverse document frequency by bucket, of letters and of words; 0 is unknown.
        weights: What a run says, in log-odds, of letters and of words.
        start: Log-odds of a text that says nothing.
        support: Vectors that hold the margin, rounded to eight bits.
        sides: One a vector: to which side it pulls and how hard.
        offset: Added to the pull.
    """

    rarity: NDArray[np.float16]
    weights: NDArray[np.float16]
    start: float
    support: NDArray[np.int8]
    sides: NDArray[np.float32]
    offset: float

    def of_wording(self, text: str) -> float:
        """Returns the log-odds by wording alone."""
        runs = runs_of(text)
        return self.start + sum(
            _said(counts, self.rarity[kind], self.weights[kind])
            for kind, counts in enumerate((runs.letters, runs.words))
        )

    def of_meaning(self, vectors: Vectors) -> NDArray[np.float32]:
        """Returns the margin of each vector; above zero it lies among those that are meant."""
        apart = 2.0 - 2.0 * vectors @ self._held.T
        return np.exp(-_REACH * apart) @ self.sides + self.offset

    @cached_property
    def _held(self) -> Vectors:
        support = self.support.astype(np.float32)
        return support / np.linalg.norm(support, axis=1, keepdims=True)

    @staticmethod
    def joined(wording: float, meaning: float) -> float:
        """Returns how likely a text is what is meant, in [0, 1]."""
        return 1.0 / (1.0 + exp(-(wording + _MARGIN * meaning) / _BOTH))

    @classmethod
    def learned(
        cls,
        texts: Sequence[str],
        vectors: Vectors,
        is_meant: NDArray[np.bool_],
        counts_for: NDArray[np.float64],
    ) -> Self:
        """Returns the opinion that labelled texts teach.

        Args:
            texts: In plain lower-case letters.
            vectors: One a text.
            is_meant: Which of them are what the opinion is about.
            counts_for: How much each text counts.
        """
        from scipy.sparse import hstack
        from sklearn.linear_model import LogisticRegression
        from sklearn.svm import SVC

        runs = [runs_of(text) for text in texts]
        rarity = np.stack([_rarity([getattr(r, kind) for r in runs]) for kind in _KINDS])
        table = hstack([_table(runs, kind, rarity[n]) for n, kind in enumerate(_KINDS)]).tocsr()
        wording = LogisticRegression(C=_SOFTNESS, max_iter=300, solver="liblinear")
        wording.fit(table, is_meant, sample_weight=counts_for)
        # Its stubs know only the names of gammas, not numbers.
        meaning = SVC(C=_SOFTNESS, gamma=cast("Any", _REACH))
        meaning.fit(vectors, is_meant, sample_weight=counts_for)
        return cls(
            rarity=rarity,
            weights=np.asarray(wording.coef_)[0].reshape(len(_KINDS), BUCKETS).astype(np.float16),
            start=float(np.ravel(wording.intercept_)[0]),
            support=_rounded(meaning.support_vectors_.astype(np.float32)),
            sides=np.asarray(meaning.dual_coef_)[0].astype(np.float32),
            offset=float(meaning.intercept_[0]),
        )


_KINDS = ("letters", "words")


def _said(counts: Counts, rarity: NDArray[np.float16], weights: NDArray[np.float16]) -> float:
    if not counts:
        return 0.0
    found = weighed(counts, rarity[list(counts)].tolist())
    said = weights[list(found)].tolist()
    return sum(weight * say for weight, say in zip(found.values(), said, strict=True))


def _rarity(texts: Sequence[Counts]) -> NDArray[np.float16]:
    seen = np.zeros(BUCKETS)
    for counts in texts:
        seen[list(counts)] += 1.0
    rarity = np.log((1.0 + len(texts)) / (1.0 + seen)) + 1.0
    return np.where(seen < _FEWEST, 0.0, rarity).astype(np.float16)


def _table(runs: Sequence[Runs], kind: str, rarity: NDArray[np.float16]) -> Any:
    from scipy.sparse import csr_matrix

    rows = [weighed(c, rarity[list(c)].tolist()) for c in (getattr(r, kind) for r in runs)]
    ends = np.cumsum([0, *map(len, rows)])
    columns = [column for row in rows for column in row]
    values = [value for row in rows for value in row.values()]
    return csr_matrix((values, columns, ends), shape=(len(rows), BUCKETS))


def _rounded(vectors: Vectors) -> NDArray[np.int8]:
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    return np.round(vectors / largest * _LEVELS).astype(np.int8)
