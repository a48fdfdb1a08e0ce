"""From scores to confidences that are right as often as they say, and where to rather abstain."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

ACCEPTED_RIGHT = 0.96
"""Share that must be right among accepted readings of held-out sayings: 95% and a margin."""

_NEVER_ACCEPTED = 0.99


@dataclass(frozen=True, slots=True)
class SaidCurve:
    """A logistic curve from a score to how likely a further intent is said (Platt 1999)."""

    slope: float
    start: float

    def probability(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns a probability for each score."""
        return 1.0 / (1.0 + np.exp(-np.clip(self.slope * scores + self.start, -50, 50)))

    @classmethod
    def fitted(
        cls, scores: NDArray[np.float64], said: NDArray[np.float64], *, beside: NDArray[np.intp]
    ) -> Self:
        """Returns the curve of held-out scores, the label that was taken to come first aside.

        Where no text says more than one thing, nothing further is ever heard.
        """
        from sklearn.linear_model import LogisticRegression

        others = np.ones(scores.shape, dtype=bool)
        others[np.arange(len(beside)), beside] = False
        if (said.sum(axis=1) > 1).sum() == 0:
            return cls(0.0, -50.0)
        fitted = LogisticRegression(C=1e3).fit(scores[others][:, None], said[others] > 0)
        return cls(float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns rows that sum to one."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def best_temperature(scores: NDArray[np.float64], index: NDArray[np.intp]) -> float:
    """Returns the temperature with the least log loss (Guo et al. 2017, arXiv:1706.04599)."""
    rows = np.arange(len(index))

    def loss(temperature: float) -> float:
        chosen = softmax(scores / temperature)[rows, index]
        return -float(np.log(np.maximum(chosen, 1e-12)).mean())

    return min((float(t) for t in np.geomspace(0.02, 2.0, 150)), key=loss)


def threshold(probabilities: NDArray[np.float64], index: NDArray[np.intp]) -> float:
    """Returns the lowest confidence from which enough of the accepted readings are right."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == index
    for lowest in np.linspace(0.2, 0.98, 79):
        accepted = confidence >= lowest
        if accepted.any() and right[accepted].mean() >= ACCEPTED_RIGHT:
            return round(float(lowest), 3)
    return _NEVER_ACCEPTED
