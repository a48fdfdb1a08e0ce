"""The knowledge of one workspace: its shelf, and an index that follows the shelf."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from agent_runtime.knowledge.index import LanceRetriever
from agent_runtime.knowledge.passage import Passage
from agent_runtime.knowledge.shelf import Shelf, passages_of
from agent_runtime.knowledge.table import build_index, current_table, table_name
from agent_runtime.models.embedding import CachedEmbedder, E5Embedder, Embedder, Vectors
from agent_runtime.settings import Settings

_BATCH = 8

Progress = Callable[[int, int], None]
"""Told how many passages have their vector, and how many need one."""


class KnowledgeBase:
    """Reads documents from the shelf and keeps the index in step with them."""

    def __init__(self, shelf: Shelf, index: Path, *, queries: Embedder, passages: Embedder) -> None:
        self.shelf = shelf
        self._index = index
        self._queries = queries
        self._embedder = passages

    def reindex(self, progress: Progress | None = None) -> int:
        """Brings the index in step with the shelf; returns how many passages can be served.

        Does nothing when it is in step. About a tenth of a second for each new passage.
        """
        passages = tuple(passages_of(self.shelf.documents()))
        name = table_name(passages, embedder=self._embedder.version) if passages else ""
        if name != current_table(self._index):
            build_index(self._index, passages, self._vectors(passages, progress), name=name)
        return len(passages)

    def retriever(self) -> LanceRetriever:
        """Returns what finds passages; it follows later changes of the index by itself."""
        self.reindex()
        return LanceRetriever(self._index, queries=self._queries)

    def _vectors(self, passages: Sequence[Passage], progress: Progress | None) -> Vectors:
        parts = [np.zeros((0, 0), dtype=np.float32)]
        for start in range(0, len(passages), _BATCH):
            batch = passages[start : start + _BATCH]
            parts.append(self._embedder.embed([passage.searchable for passage in batch]))
            if progress:
                progress(start + len(batch), len(passages))
        return np.concatenate(parts[1:]) if len(parts) > 1 else parts[0]


def open_knowledge(settings: Settings, *, queries: Embedder | None = None) -> KnowledgeBase:
    """Returns the knowledge of the settings' workspace, read by the bundled model.

    Args:
        settings: Where the workspace and the cache of vectors are.
        queries: An embedder that is loaded already; it must read texts as queries.
    """
    vectors = CachedEmbedder(E5Embedder(reads="passage"), settings.cache / "vectors.db")
    return KnowledgeBase(
        Shelf(settings.paths.knowledge),
        settings.paths.index,
        queries=queries or E5Embedder(),
        passages=vectors,
    )
