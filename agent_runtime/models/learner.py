"""What is learned from labelled vectors: kernel regressions that are blind to the language."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

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
        origins: Texts of one origin are variants of each other.
    """

    vectors: Vectors
    languages: NDArray[np.str_]
    first: NDArray[np.str_]
    said: Table
    origins: NDArray[np.intp]

    @cached_property
    def labels(self) -> NDArray[np.str_]:
        """The intents, sorted."""
        return np.unique(self.first)

    @cached_property
    def index(self) -> NDArray[np.intp]:
        """The column of what comes first in each text."""
        return np.searchsorted(self.labels, self.first)


@dataclass(frozen=True, eq=False)
class Eye:
    """How vectors are looked at: from their middle, and blind to what tells languages apart.

    Attributes:
        centre: Mean of the vectors that were learned from.
        tongues: Directions, as columns, in which languages differ.
    """

    centre: NDArray[np.float32]
    tongues: NDArray[np.float32]

    def sees(self, vectors: Vectors) -> NDArray[np.float32]:
        """Returns the vectors as they are seen, at length one."""
        centred = vectors - self.centre
        return unit(np.asarray(centred - centred @ self.tongues @ self.tongues.T, np.float32))

    @classmethod
    def opened(cls, vectors: Vectors, languages: NDArray[np.str_]) -> Self:
        """Returns the eye for vectors of texts in these languages."""
        centre, names = vectors.mean(axis=0), np.unique(languages)
        means = np.array([vectors[languages == name].mean(axis=0) for name in names])
        directions = np.linalg.svd(means - centre, full_matrices=False)[2]
        return cls(centre, directions[: len(names) - 1].T.astype(np.float32))


@dataclass(frozen=True, eq=False)
class Learner:
    """Two regressions that share a kernel: which intent comes first, and which are said at all.

    Attributes:
        eye: How it looks at vectors.
        support: Those that it learned from, as it sees them.
        weights: One row a vector; the columns of `first`, then those of `said`.
    """

    eye: Eye
    support: NDArray[np.float32]
    weights: NDArray[np.float32]

    def scores(self, vectors: Vectors) -> tuple[Table, Table]:
        """Returns uncalibrated scores of each label: comes first, is said."""
        near = self.eye.sees(vectors) @ self.support.T
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
    eye = Eye.opened(vectors, lesson.languages[rows])
    support = eye.sees(vectors)
    regression = KernelRidge(kernel="rbf").set_params(gamma=_GAMMA, alpha=_STRENGTH)
    regression.fit(support, np.hstack([first, np.where(said > 0, 1.0, off)]), weights)
    return Learner(eye, support, regression.dual_coef_.astype(np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Returns the vectors at length one; a vector of nothing stays as it is."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
