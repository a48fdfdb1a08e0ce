"""Vectors of the training texts that come with them, so that training needs no minutes of reading.

They are rounded to eight bits; a text that is not among them is computed as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agent_runtime.models.embedding import Embedder, Vectors, vector_key

_LEVELS = 127


@dataclass(frozen=True, eq=False)
class ShippedVectors:
    """An embedder that looks its texts up in a file first.

    Attributes:
        rows: Where the vector of a text's key lies.
        rounded: One vector a row, its largest part at 127.
        inner: What computes the others.
    """

    rows: dict[bytes, int]
    rounded: NDArray[np.int8]
    inner: Embedder

    @property
    def version(self) -> str:
        """The version of what makes the vectors."""
        return self.inner.version

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Returns one unit vector a text, computing only those that the file does not hold."""
        found = [self.rows.get(vector_key(self.version, text)) for text in texts]
        unknown = [text for text, row in zip(texts, found, strict=True) if row is None]
        known = self.rounded[[row for row in found if row is not None]].astype(np.float32)
        vectors = np.empty((len(texts), self.rounded.shape[1]), dtype=np.float32)
        is_known = np.array([row is not None for row in found], dtype=bool)
        vectors[is_known] = known / np.maximum(np.linalg.norm(known, axis=1, keepdims=True), 1e-9)
        if unknown:
            vectors[~is_known] = self.inner.embed(unknown)
        return vectors

    @classmethod
    def load(cls, path: Path, inner: Embedder) -> Self | Embedder:
        """Returns the embedder with a file of its own version before it, or else the embedder."""
        if not path.exists():
            return inner
        with np.load(path, allow_pickle=False) as file:
            if str(file["version"]) != inner.version:
                return inner
            keys, rounded = file["keys"], file["rounded"]
        return cls({key.tobytes(): row for row, key in enumerate(keys)}, rounded, inner)


def ship(path: Path, texts: Sequence[str], embedder: Embedder) -> None:
    """Writes the vectors of texts to a file, in the order of their keys."""
    keyed = sorted((vector_key(embedder.version, text), text) for text in set(texts))
    vectors = embedder.embed([text for _, text in keyed])
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9)
    np.savez_compressed(
        path,
        version=np.array(embedder.version),
        keys=np.frombuffer(b"".join(key for key, _ in keyed), np.uint8).reshape(len(keyed), -1),
        rounded=np.rint(vectors / largest * _LEVELS).astype(np.int8),
    )
