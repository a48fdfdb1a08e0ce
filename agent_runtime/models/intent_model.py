"""A linear intent model on sentence vectors: trained once, read in milliseconds, calibrated."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent_runtime.models.embedding import Vectors

_SCALE = 5.0
"""E5 vectors of short mails lie close together; this spreads them for the regression."""

_STRENGTH = 1.0
"""Inverse regularisation of the regression; chosen by grouped cross-validation."""

_NEAR = 0.6
"""Centred cosine from which two utterances count as one saying: they share a fold."""

_FOLDS = 5
_ACCEPTED_RIGHT = 0.9
"""Share that must be right among accepted readings, on sayings that were held out."""


@dataclass(frozen=True, eq=False)
class IntentModel:
    """Weights of a softmax over intents, a temperature, and where it should abstain."""

    labels: tuple[str, ...]
    centre: NDArray[np.float32]
    weights: NDArray[np.float32]
    """One row a label."""
    bias: NDArray[np.float32]
    temperature: float
    abstain_below: float

    def probabilities(self, vectors: Vectors) -> NDArray[np.float64]:
        """Returns calibrated probabilities, one row a vector, one column a label."""
        logits = (vectors - self.centre) * _SCALE @ self.weights.T + self.bias
        return softmax(logits.astype(np.float64) / self.temperature)

    def save(self, path: Path) -> None:
        """Writes the model to a file at once or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as unfinished:
            np.savez(
                unfinished,
                labels=np.array(self.labels),
                centre=self.centre,
                weights=self.weights,
                bias=self.bias,
                numbers=np.array([self.temperature, self.abstain_below]),
            )
        Path(unfinished.name).replace(path)


def load_intent_model(path: Path) -> IntentModel:
    """Returns a model from its file."""
    with np.load(path, allow_pickle=False) as file:
        temperature, abstain_below = file["numbers"].tolist()
        return IntentModel(
            labels=tuple(file["labels"].tolist()),
            centre=file["centre"],
            weights=file["weights"],
            bias=file["bias"],
            temperature=temperature,
            abstain_below=abstain_below,
        )


def train_intent_model(vectors: Vectors, intents: NDArray[np.str_]) -> IntentModel:
    """Returns a model of labelled vectors, calibrated on sayings that it did not see."""
    centre = vectors.mean(axis=0)
    regression = fit(vectors - centre, intents)
    held_out = held_out_logits(vectors, intents)
    index = np.searchsorted(regression.classes_, intents)
    temperature = _best_temperature(held_out, index)
    return IntentModel(
        labels=tuple(regression.classes_.tolist()),
        centre=centre,
        weights=regression.coef_.astype(np.float32),
        bias=regression.intercept_.astype(np.float32),
        temperature=temperature,
        abstain_below=_threshold(softmax(held_out / temperature), index),
    )


def held_out_logits(vectors: Vectors, intents: NDArray[np.str_]) -> NDArray[np.float64]:
    """Returns logits of every example from a model that saw nothing near it.

    Translations and variants of one saying lie close together. They share a fold, or else the
    figures would flatter the model.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    groups = groups_of(vectors)
    count = min(_FOLDS, len(np.unique(groups)))
    folds = StratifiedGroupKFold(count, shuffle=True, random_state=0)
    labels = np.unique(intents)
    logits = np.zeros((len(intents), len(labels)))
    for train, test in folds.split(vectors, intents, groups):
        centre = vectors[train].mean(axis=0)
        regression = fit(vectors[train] - centre, intents[train])
        columns = np.searchsorted(labels, regression.classes_)
        logits[test] = -1e3
        logits[np.ix_(test, columns)] = regression.decision_function(
            (vectors[test] - centre) * _SCALE
        )
    return logits


def groups_of(vectors: Vectors) -> NDArray[np.int64]:
    """Returns a group number for each vector; those that say nearly the same share one."""
    centred = vectors - vectors.mean(axis=0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    groups = np.arange(len(vectors))
    for row, column in np.argwhere(np.triu(unit @ unit.T > _NEAR, k=1)):
        groups[groups == groups[column]] = groups[row]
    return groups


def fit(centred: Vectors, intents: NDArray[np.str_]) -> Any:
    """Returns a fitted multinomial regression."""
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=_STRENGTH, max_iter=500, class_weight="balanced")
    return regression.fit(centred * _SCALE, intents)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns rows that sum to one."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def _best_temperature(logits: NDArray[np.float64], index: NDArray[np.int64]) -> float:
    """The temperature with the least log loss (Guo et al. 2017, arXiv:1706.04599)."""
    rows = np.arange(len(index))

    def loss(temperature: float) -> float:
        chosen = softmax(logits / temperature)[rows, index]
        return -float(np.log(np.maximum(chosen, 1e-12)).mean())

    return min((float(t) for t in np.linspace(0.3, 2.0, 86)), key=loss)


def _threshold(probabilities: NDArray[np.float64], index: NDArray[np.int64]) -> float:
    """The lowest confidence from which enough of the accepted readings are right."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == index
    for threshold in np.linspace(0.2, 0.9, 71):
        accepted = confidence >= threshold
        if accepted.any() and right[accepted].mean() >= _ACCEPTED_RIGHT:
            return round(float(threshold), 3)
    return 0.9
