"""An intent model on sentence vectors: kernel regression, calibrated on what it did not see."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from numpy.typing import NDArray

from agent_runtime.models.calibration import SaidCurve, best_temperature, softmax, threshold
from agent_runtime.models.embedding import Vectors

_GAMMA = 0.6
"""Width of the kernel on centred unit vectors; like the next, by grouped cross-validation."""

_STRENGTH = 0.05
"""Ridge of the regression."""

_NEAR = 0.68
"""Centred cosine from which two utterances count as one saying: they share a fold."""

_FOLDS = 5

Table = NDArray[np.float64]
"""One row a text, one column a label."""


@dataclass(frozen=True, eq=False)
class Learner:
    """Two regressions that share a kernel: which intent comes first, and which are said at all.

    Attributes:
        centre: Mean of the vectors that it learned from.
        support: Those vectors, centred and of length one.
        weights: One row a vector; the columns of `first`, then those of `said`.
    """

    centre: NDArray[np.float32]
    support: NDArray[np.float32]
    weights: NDArray[np.float32]

    def scores(self, vectors: Vectors) -> tuple[Table, Table]:
        """Returns uncalibrated scores of each label: comes first, is said."""
        near = unit(vectors - self.centre) @ self.support.T
        kernel = np.exp(2 * _GAMMA * (near - 1))
        both = (kernel @ self.weights).astype(np.float64)
        middle = both.shape[1] // 2
        return both[:, :middle], both[:, middle:]


@dataclass(frozen=True, eq=False)
class IntentModel:
    """What was learned, and how scores become honest confidences."""

    labels: tuple[str, ...]
    learner: Learner
    temperature: float
    said_curve: SaidCurve
    abstain_below: float

    def probabilities(self, vectors: Vectors) -> Table:
        """Returns how likely each label is what comes first; rows sum to one."""
        return softmax(self.learner.scores(vectors)[0] / self.temperature)

    def read(self, vectors: Vectors) -> tuple[Table, Table]:
        """Returns how likely each label comes first, and how likely it is said beside that."""
        first, said = self.learner.scores(vectors)
        return softmax(first / self.temperature), self.said_curve.probability(said)

    def save(self, path: Path) -> None:
        """Writes the model to a file at once or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        curve = self.said_curve
        with NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as unfinished:
            np.savez(
                unfinished,
                labels=np.array(self.labels),
                centre=self.learner.centre,
                support=self.learner.support,
                weights=self.learner.weights,
                numbers=[self.temperature, curve.slope, curve.start, self.abstain_below],
            )
        Path(unfinished.name).replace(path)


def load_intent_model(path: Path) -> IntentModel:
    """Returns a model from its file."""
    with np.load(path, allow_pickle=False) as file:
        temperature, slope, start, abstain_below = file["numbers"].tolist()
        return IntentModel(
            labels=tuple(file["labels"].tolist()),
            learner=Learner(file["centre"], file["support"], file["weights"]),
            temperature=temperature,
            said_curve=SaidCurve(slope, start),
            abstain_below=abstain_below,
        )


def train_intent_model(vectors: Vectors, labelled: NDArray[np.str_], said: Table) -> IntentModel:
    """Returns a model of labelled vectors, calibrated on sayings that it did not see.

    Args:
        vectors: One a text.
        labelled: The intent that comes first in each text.
        said: One where a text says a label, else zero; columns are the sorted labels.
    """
    return trained_and_held_out(vectors, labelled, said)[0]


def trained_and_held_out(
    vectors: Vectors, labelled: NDArray[np.str_], said: Table
) -> tuple[IntentModel, Table, Table]:
    """Returns a model, and what it says of its own texts when their neighbours are held out."""
    labels = np.unique(labelled)
    index = np.searchsorted(labels, labelled)
    first, further = held_out_scores(vectors, index, said)
    temperature = best_temperature(first, index)
    probabilities = softmax(first / temperature)
    curve = SaidCurve.fitted(further, said, beside=probabilities.argmax(axis=1))
    model = IntentModel(
        labels=tuple(labels.tolist()),
        learner=learn(vectors, index, said),
        temperature=temperature,
        said_curve=curve,
        abstain_below=threshold(probabilities, index),
    )
    return model, probabilities, curve.probability(further)


def held_out_scores(vectors: Vectors, index: NDArray[np.intp], said: Table) -> tuple[Table, Table]:
    """Returns the scores of every text from a learner that saw nothing near it.

    Translations and variants of one saying lie close together. They share a fold, or else the
    figures would flatter the model.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    groups = groups_of(vectors)
    folds = StratifiedGroupKFold(
        min(_FOLDS, len(np.unique(groups))), shuffle=True, random_state=0
    ).split(vectors, index, groups)
    first, further = np.zeros(said.shape), np.zeros(said.shape)
    for train, test in folds:
        learner = learn(vectors[train], index[train], said[train])
        first[test], further[test] = learner.scores(vectors[test])
    return first, further


def groups_of(vectors: Vectors) -> NDArray[np.intp]:
    """Returns a group number for each vector; those that say nearly the same share one."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    centred = unit(vectors - vectors.mean(axis=0))
    near = csr_array(centred @ centred.T > _NEAR)
    return connected_components(near, directed=False)[1]


def learn(vectors: Vectors, index: NDArray[np.intp], said: Table) -> Learner:
    """Returns both regressions; a rare intent weighs more than a common one."""
    from sklearn.kernel_ridge import KernelRidge

    labels = said.shape[1]
    off = -1.0 / max(labels - 1, 1)
    first = np.full(said.shape, off)
    first[np.arange(len(index)), index] = 1.0
    counts = np.maximum(np.bincount(index, minlength=labels), 1)
    weights = np.sqrt(len(index) / labels / counts)[index]
    centre = vectors.mean(axis=0)
    support = unit(vectors - centre)
    regression = KernelRidge(kernel="rbf", gamma=_GAMMA, alpha=_STRENGTH)
    regression.fit(support, np.hstack([first, np.where(said > 0, 1.0, off)]), weights)
    return Learner(centre, support, regression.dual_coef_.astype(np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Returns the vectors at length one; a vector of nothing stays as it is."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
