"""Whether words mean that contact shall stop, however they are put.

The rules hear the phrases that people wrote down; this hears what means nearly the same. It may
only add a stop, never take one back.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from agent_runtime.models.embedding import Vectors

_REACH = 5.0
"""Width of the kernel, and below what softens its margin: by trial on lists of other authors."""
_SOFTNESS = 10.0


_CLEAR = 0.2
"""Of the margin, beyond which a text asks it; what is angry lies just before that."""


@dataclass(frozen=True, eq=False)
class StopWish:
    """A margin around what is near to asking that contact stop: a support vector machine.

    Attributes:
        support: Vectors that hold the margin, one a row.
        weights: One a row.
        start: Added to them; clearly above zero a text asks that contact stop.
    """

    support: Vectors
    weights: NDArray[np.float32]
    start: float

    def is_in(self, vectors: Vectors) -> bool:
        """Says whether one of a message's vectors, of the whole and of its sentences, asks it."""
        apart = 2.0 - 2.0 * vectors @ self.support.T
        return bool((np.exp(-_REACH * apart) @ self.weights + self.start > _CLEAR).any())

    @classmethod
    def learned(cls, asks: Vectors, others: Vectors) -> Self:
        """Returns what tells texts that ask it from those that do not; it may have to hear none."""
        if not len(asks):
            return cls(others[:0], np.zeros(0, dtype=np.float32), -1.0)
        from sklearn.svm import SVC

        # Its stubs know only the names of gammas, not numbers.
        machine = SVC(C=_SOFTNESS, gamma=cast("Any", _REACH), class_weight="balanced")
        machine.fit(np.vstack([asks, others]), np.arange(len(asks) + len(others)) < len(asks))
        return cls(
            support=machine.support_vectors_.astype(np.float32),
            weights=machine.dual_coef_[0].astype(np.float32),
            start=float(machine.intercept_[0]),
        )

    def save(self, path: Path) -> None:
        """Writes it to a file at once or not at all."""
        with NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as unfinished:
            np.savez(unfinished, support=self.support, weights=self.weights, start=self.start)
        Path(unfinished.name).replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Returns it from its file."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["support"], file["weights"], float(file["start"]))
