"""What retrieval is asked and answers; the index and its fake give the same kind of answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent_runtime.knowledge.asked import Asked, read_question
from agent_runtime.knowledge.found import Found, Signs
from agent_runtime.knowledge.passage import Passage
from agent_runtime.knowledge.ranking import WEIGHTS, Candidate, Ranking
from agent_runtime.knowledge.vocabulary import Vocabulary, stem, tokens
from agent_runtime.models.embedding import Embedder, Vectors

POOL = 30
"""Candidates of each kind of search that are ranked together."""


@dataclass(frozen=True, slots=True)
class Need:
    """One question, and what may be served to whom asked it."""

    question: str
    now: datetime
    """A passage that has expired by then is not found."""
    locales: tuple[str, ...] = ("en",)
    """The reader's language, then those that will do."""
    scopes: tuple[str, ...] | None = None
    """A passage must have one of them; None asks all passages, () none."""


class Retriever(Protocol):
    """Finds passages: `LanceRetriever` for real, `MemoryRetriever` beside it for tests."""

    def search(self, need: Need, *, limit: int = 3) -> tuple[Found, ...]:
        """Returns the passages that answer best, best first; the same need, the same answer."""
        ...

    def passage(self, passage_id: str) -> Passage | None:
        """Returns a passage by its id, whether or not it has expired."""
        ...


class MemoryRetriever:
    """A fake without an index: cosines over all vectors, and shared words."""

    def __init__(
        self,
        passages: Iterable[Passage],
        *,
        queries: Embedder,
        vectors: Vectors,
        weights: Signs = WEIGHTS,
    ) -> None:
        self._passages = tuple(passages)
        self._queries = queries
        self._vectors = vectors
        self._by_id = {passage.id: passage for passage in self._passages}
        self._vocabulary = Vocabulary(self._passages)
        self._stems = [frozenset(map(stem, tokens(p.searchable))) for p in self._passages]
        self._ranking = Ranking(self._vocabulary, weights)

    def search(self, need: Need, *, limit: int = 3) -> tuple[Found, ...]:
        """Returns the passages that answer best, best first."""
        allowed = [n for n, passage in enumerate(self._passages) if may_serve(passage, need)]
        asked = read_question(need.question, self._vocabulary, locale=need.locales[0])
        if not allowed or not asked.text:
            return ()
        query = self._queries.embed((asked.text,))[0]
        near = {n: float(self._vectors[n] @ query) for n in allowed}
        shared = {n: self._shared(n, asked) for n in allowed}
        meant = self._best(near)
        said = [n for n in self._best(shared) if shared[n] > 0]
        candidates = [
            Candidate(
                self._passages[n],
                self._vectors[n],
                meant.index(n) if n in meant else None,
                said.index(n) if n in said else None,
            )
            for n in dict.fromkeys((*meant, *said))
        ]
        return self._ranking.rank(asked, query, candidates, need.locales)[:limit]

    def passage(self, passage_id: str) -> Passage | None:
        """Returns a passage by its id."""
        return self._by_id.get(passage_id)

    def _best(self, scores: dict[int, float]) -> list[int]:
        return sorted(scores, key=lambda n: (-scores[n], self._passages[n].id))[:POOL]

    def _shared(self, number: int, asked: Asked) -> float:
        stems = self._stems[number]
        return sum(self._vocabulary.rarity(word) for word in asked.words if stem(word) in stems)


def may_serve(passage: Passage, need: Need) -> bool:
    """Says whether scope, language and expiry allow a passage; the index asks the same in SQL."""
    return (
        passage.locale in need.locales
        and need.now < passage.expires
        and (need.scopes is None or not set(need.scopes).isdisjoint(passage.scopes))
    )


def woven(lists: Sequence[Sequence[str]]) -> list[str]:
    """Returns one list of several: all first places, then all second ones, and so on."""
    longest = max(map(len, lists), default=0)
    places = (some[n] for n in range(longest) for some in lists if n < len(some))
    return list(dict.fromkeys(places))
