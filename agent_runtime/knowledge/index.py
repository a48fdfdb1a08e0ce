"""Search in the LanceDB index: nearest vectors and full text, each filtered inside the query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from agent_runtime.knowledge.asked import Asked, read_question
from agent_runtime.knowledge.found import Found, Signs
from agent_runtime.knowledge.passage import Passage
from agent_runtime.knowledge.ranking import WEIGHTS, Candidate, Ranking
from agent_runtime.knowledge.retriever import POOL, Need, woven
from agent_runtime.knowledge.table import connect, current_table, passages_in
from agent_runtime.knowledge.vocabulary import Vocabulary
from agent_runtime.models.embedding import Embedder, Vectors

_QUESTIONS_KEPT = 2048
_SYNONYM_BOOST = 0.3


class LanceRetriever:
    """Finds passages in the index; sees at once when another process has built a new one.

    Threads may share it: what one search works on never changes under it.
    """

    def __init__(self, folder: Path, *, queries: Embedder, weights: Signs = WEIGHTS) -> None:
        self._folder = folder
        self._weights = weights
        self._opened = _Opened()
        self._vector = lru_cache(maxsize=_QUESTIONS_KEPT)(lambda text: queries.embed((text,))[0])

    def search(self, need: Need, *, limit: int = 3) -> tuple[Found, ...]:
        """Returns the passages that answer best, best first, by both searches together."""
        index = self._fresh()
        locales = [locale for locale in need.locales if locale in index.written]
        if not locales or need.scopes == ():
            return ()
        asked = read_question(need.question, index.vocabulary, locale=need.locales[0])
        if not asked.text:
            return ()
        query, allowed = self._vector(asked.text), _filter(need)
        meant = _meant(index.table, query, allowed, locales)
        said = _said(index.table, asked, allowed, locales)
        by_meaning = {name: place for place, name in enumerate(meant)}
        by_words = {name: place for place, name in enumerate(said)}
        candidates = [
            Candidate(index.passages[name], vector, by_meaning.get(name), by_words.get(name))
            for name, vector in {**meant, **said}.items()
        ]
        return index.ranking.rank(asked, query, candidates, need.locales)[:limit]

    def passage(self, passage_id: str) -> Passage | None:
        """Returns a passage by its id, whether or not it has expired."""
        return self._fresh().passages.get(passage_id)

    def _fresh(self) -> "_Opened":
        name = current_table(self._folder)
        if name != self._opened.name:
            self._opened = _open(self._folder, name, self._weights)
        return self._opened


@dataclass(frozen=True)
class _Opened:
    """One table, and what was learned from it when it was opened."""

    name: str = ""
    table: Any = None
    passages: Mapping[str, Passage] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    """The languages that passages are in."""
    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary(()))
    ranking: Ranking = field(default_factory=lambda: Ranking(Vocabulary(())))


def _open(folder: Path, name: str, weights: Signs) -> _Opened:
    if not name:
        return _Opened()
    table = connect(folder).open_table(name)
    passages = passages_in(table)
    vocabulary = Vocabulary(passages.values())
    return _Opened(
        name=name,
        table=table,
        passages=passages,
        written=frozenset(passage.locale for passage in passages.values()),
        vocabulary=vocabulary,
        ranking=Ranking(vocabulary, weights),
    )


def _meant(table: Any, query: Vectors, allowed: str, locales: Sequence[str]) -> dict[str, Vectors]:
    """Nearest vectors of each language: a language lies nearer to itself than to others."""
    found: dict[str, Vectors] = {}
    for locale in locales:
        search = table.search(query).distance_type("cosine")
        found |= _rows(search, f"{allowed} and locale = '{locale}'", "_distance")
    return dict(sorted(found.items(), key=lambda f: (-round(float(f[1] @ query), 6), f[0])))


def _said(table: Any, asked: Asked, allowed: str, locales: Sequence[str]) -> dict[str, Vectors]:
    """Full text, language by language, the lists woven into one."""
    if not asked.words:
        return {}
    searches = [table.search(_match(asked, locale), query_type="fts") for locale in locales]
    lists = [_rows(search, allowed, "_score") for search in searches]
    vectors = {name: vector for some in lists for name, vector in some.items()}
    return {name: vectors[name] for name in woven([list(some) for some in lists])[:POOL]}


def _match(asked: Asked, locale: str) -> Any:
    """The question's own words count most; other words for the same count less."""
    from lancedb import query

    match: Any = query.MatchQuery
    column = f"text_{locale}"
    own = match(" ".join(asked.words), column)
    if not asked.synonyms:
        return own
    others = match(" ".join(asked.synonyms), column, boost=_SYNONYM_BOOST)
    return query.BooleanQuery([(query.Occur.SHOULD, own), (query.Occur.SHOULD, others)])


def _filter(need: Need) -> str:
    """What `may_serve` says, as SQL: it runs before the search, so nothing crowds out."""
    parts = [
        f"locale in ({_quoted(need.locales)})",
        f"expires > timestamp '{need.now.isoformat(sep=' ', timespec='microseconds')}'",
    ]
    if need.scopes is not None:
        parts.append(f"array_has_any(scopes, [{_quoted(need.scopes)}])")
    return " and ".join(parts)


def _quoted(words: Sequence[str]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)


def _rows(search: Any, allowed: str, score: str) -> dict[str, Vectors]:
    """Returns id and vector of the best rows, best first; equal scores in the order of ids."""
    query = search.where(allowed, prefilter=True).select(["id", "vector", score]).limit(POOL)
    rows = query.to_arrow()
    if not rows.num_rows:
        return {}
    ids = rows["id"].to_pylist()
    scores = np.asarray(rows[score].to_numpy())
    vectors = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    matrix = vectors.reshape(len(ids), -1)
    sign = 1.0 if score == "_distance" else -1.0
    order = sorted(range(len(ids)), key=lambda n: (sign * round(float(scores[n]), 6), ids[n]))
    return {ids[n]: matrix[n] for n in order}
