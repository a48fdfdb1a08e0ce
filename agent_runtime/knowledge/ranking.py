"""Which candidate answers best: two lists fused by rank, then what else speaks for a passage."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from agent_runtime.knowledge.asked import Asked
from agent_runtime.knowledge.found import Found, Signs
from agent_runtime.knowledge.passage import Passage
from agent_runtime.knowledge.twins import twins_last
from agent_runtime.knowledge.vocabulary import Vocabulary, stem, tokens

RANK_CONSTANT = 20
"""How slowly a place in a list loses its worth (reciprocal rank fusion)."""

_SAID_OTHERWISE = 0.8
"""What a synonym is worth beside the buyer's own word."""

_USUAL_OF = 10
_FARTHEST = -0.04
"""From here on a lower cosine says nothing more."""

_ENOUGH = 2.5
"""So many times the rarest word: more words of a question say nothing more."""


WEIGHTS = Signs(
    vectors=0.7,
    words=1.4,
    near=96.0,
    coverage=2.0,
    headings=1.2,
    exact=0.4,
    names=0.35,
    titled=0.5,
    language=0.12,
)
"""Fitted to the questions of `tuning.yaml` in the tests, of which none is among those tested."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that one of the searches found, with its place in each list, from 0."""

    passage: Passage
    vector: NDArray[np.float32]
    by_meaning: int | None = None
    by_words: int | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """The words of a passage, read once."""

    words: frozenset[str]
    stems: frozenset[str]
    title: frozenset[str]
    headings: frozenset[str]
    """Stems of the headings below the title."""


def _read(passage: Passage) -> _Read:
    title, *headings = passage.heading_path
    words = frozenset(tokens(passage.searchable))
    return _Read(
        words=words,
        stems=frozenset(map(stem, words)),
        title=frozenset(tokens(title)),
        headings=frozenset(map(stem, tokens(" ".join(headings)))),
    )


class Ranking:
    """Ranks candidates by the words of one knowledge base."""

    def __init__(self, vocabulary: Vocabulary, weights: Signs = WEIGHTS) -> None:
        self._vocabulary = vocabulary
        self._weights = asdict(weights)
        self._read: dict[str, _Read] = {}

    def rank(
        self,
        asked: Asked,
        query: NDArray[np.float32],
        candidates: Sequence[Candidate],
        locales: Sequence[str],
    ) -> tuple[Found, ...]:
        """Returns the candidates best first; those not needed beside a better one come last."""
        if not candidates:
            return ()
        cosines = [float(c.vector @ query) for c in candidates]
        usual = _usual(candidates, cosines)
        found = []
        for candidate, cosine in zip(candidates, cosines, strict=True):
            near = cosine - usual[candidate.passage.locale]
            signs = self._signs(asked, candidate, near, locales[0])
            score = sum(weight * getattr(signs, name) for name, weight in self._weights.items())
            found.append(Found(candidate.passage, round(score, 6), round(cosine, 6), signs))
        order = sorted(range(len(found)), key=lambda n: (-found[n].score, found[n].passage.id))
        vectors = np.array([candidates[n].vector for n in order])
        return twins_last([found[n] for n in order], vectors)

    def _signs(self, asked: Asked, candidate: Candidate, near: float, locale: str) -> Signs:
        passage, rarest = candidate.passage, self._vocabulary.rarest
        read = self._read.get(passage.id) or self._read.setdefault(passage.id, _read(passage))
        return Signs(
            vectors=_worth(candidate.by_meaning),
            words=_worth(candidate.by_words),
            near=max(near, _FARTHEST),
            coverage=min(_named(asked, read.stems) / rarest, _ENOUGH),
            headings=min(_named(asked, read.headings) / rarest, _ENOUGH),
            exact=_share(asked.exact, read.words, none=1.0),
            names=min(sum(asked.exact.get(word, 0.0) for word in read.words) / rarest, _ENOUGH),
            titled=_share(asked.titled, read.title, none=0.0),
            language=float(passage.locale == locale),
        )


def _usual(candidates: Sequence[Candidate], cosines: Sequence[float]) -> dict[str, float]:
    """The usual cosine of good candidates, language by language: each has a level of its own."""
    found: dict[str, list[float]] = {}
    for candidate, cosine in zip(candidates, cosines, strict=True):
        found.setdefault(candidate.passage.locale, []).append(cosine)
    best = {locale: sorted(some, reverse=True)[:_USUAL_OF] for locale, some in found.items()}
    return {locale: sum(some) / len(some) for locale, some in best.items()}


def _worth(place: int | None) -> float:
    return 0.0 if place is None else (RANK_CONSTANT + 1) / (RANK_CONSTANT + 1 + place)


def _named(asked: Asked, has: frozenset[str]) -> float:
    named = 0.0
    for concept, rarity in asked.concepts:
        if concept.own <= has:
            named += rarity
        elif concept.is_said(has):
            named += rarity * _SAID_OTHERWISE
    return named


def _share(rarities: Mapping[str, float], has: frozenset[str], *, none: float) -> float:
    whole = sum(rarities.values())
    return sum(worth for word, worth in rarities.items() if word in has) / whole if whole else none
