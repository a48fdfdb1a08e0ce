"""What is learned from labelled vectors: kernel regressions that are blind to the language."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agent_runtime.models.embedding import Vectors

_GAMMA = 0.9
"""Width of the kernel on centred unit vectors; like the next, by grouped cross-validation."""

_STRENGTH = 0.03
"""Ridge of the regression."""

Table = NDArray[np.float64]
"""One row a text, one column a label."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """Labelled vectors.

    Attributes:
        vectors: One a text.
        languages: The language of each text.
        first: The intent that comes first in each text.
        said: One where a text says a label, else zero; columns are the sorted labels.
    """

    vectors: Vectors
    languages: NDArray[np.str_]
    first: NDArray[np.str_]
    said: Table

    @cached_property
    def labels(self) -> NDArray[np.str_]:
        """The intents, sorted."""
        return np.unique(self.first)

    @cached_property
    def index(self) -> NDArray[np.intp]:
        """The column of what comes first in each text."""
        return np.searchsorted(self.labels, self.first)


@dataclass(frozen=True, eq=False)
class Learner:
    """Two regressions that share a kernel: which intent comes first, and which are said at all.

    Attributes:
        centre: Mean of the vectors that it learned from.
        tongues: Directions, as columns, in which languages differ; it is blind to them.
        support: Those vectors as it sees them.
        weights: One row a vector; the columns of `first`, then those of `said`.
    """

    centre: NDArray[np.float32]
    tongues: NDArray[np.float32]
    support: NDArray[np.float32]
    weights: NDArray[np.float32]

    def scores(self, vectors: Vectors) -> tuple[Table, Table]:
        """Returns uncalibrated scores of each label: comes first, is said."""
        near = _seen(vectors, self.centre, self.tongues) @ self.support.T
        kernel = np.exp(2 * _GAMMA * (near - 1))
        both = (kernel @ self.weights).astype(np.float64)
        middle = both.shape[1] // 2
        return both[:, :middle], both[:, middle:]


def learn(lesson: Lesson, rows: NDArray[np.intp]) -> Learner:
    """Returns both regressions of some rows; a rare intent weighs more than a common one."""
    from sklearn.kernel_ridge import KernelRidge

    vectors, index, said = lesson.vectors[rows], lesson.index[rows], lesson.said[rows]
    labels = said.shape[1]
    off = -1.0 / max(labels - 1, 1)
    first = np.full(said.shape, off)
    first[np.arange(len(index)), index] = 1.0
    counts = np.maximum(np.bincount(index, minlength=labels), 1)
    weights = np.sqrt(len(index) / labels / counts)[index]
    centre = vectors.mean(axis=0)
    tongues = _tongues(vectors, lesson.languages[rows])
    support = _seen(vectors, centre, tongues)
    regression = KernelRidge(kernel="rbf").set_params(gamma=_GAMMA, alpha=_STRENGTH)
    regression.fit(support, np.hstack([first, np.where(said > 0, 1.0, off)]), weights)
    return Learner(centre, tongues, support, regression.dual_coef_.astype(np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Returns the vectors at length one; a vector of nothing stays as it is."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _tongues(vectors: Vectors, languages: NDArray[np.str_]) -> NDArray[np.float32]:
    """The directions that lead from one language's mean to another's."""
    names = np.unique(languages)
    means = np.array([vectors[languages == name].mean(axis=0) for name in names])
    directions = np.linalg.svd(means - vectors.mean(axis=0), full_matrices=False)[2]
    return directions[: len(names) - 1].T.astype(np.float32)


def _seen(
    vectors: Vectors, centre: NDArray[np.float32], tongues: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Vectors without what tells languages apart, at length one."""
    centred = vectors - centre
    return unit(np.asarray(centred - centred @ tongues @ tongues.T, dtype=np.float32))
