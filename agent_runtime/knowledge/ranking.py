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

_FARTHEST, _NEAREST = -3.0, 4.0
"""Beyond these a cosine says nothing more."""

_NO_SPREAD = 1e-6
_FEW_STAND_OUT, _MANY = 1.5, 10
"""Among few, the best cannot stand out by as many spreads as among many."""

_MIN_EXACT = 0.3
"""With less of the names asked for, one of which is unknown, a passage is about another."""

_ENOUGH = 2.5
"""So many times the rarest word: more words of a question say nothing more."""


WEIGHTS = Signs(
    vectors=0.5,
    words=1.4,
    near=1.3,
    coverage=2.0,
    headings=1.2,
    exact=0.4,
    names=0.4,
    titled=0.4,
    language=0.3,
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
        nearness = _nearness(candidates, cosines)
        found = []
        for candidate, cosine, near in zip(candidates, cosines, nearness, strict=True):
            signs = self._signs(asked, candidate, near, locales[0])
            score = sum(weight * getattr(signs, name) for name, weight in self._weights.items())
            is_about_another = bool(asked.unknown) and signs.exact < _MIN_EXACT
            found.append(
                Found(
                    candidate.passage,
                    round(score, 6),
                    round(cosine, 6),
                    signs,
                    is_about_another=is_about_another,
                )
            )
        order = sorted(range(len(found)), key=lambda n: (-found[n].score, found[n].passage.id))
        vectors = np.array([candidates[n].vector for n in order])
        return twins_last([found[n] for n in order], vectors)

    def _signs(self, asked: Asked, candidate: Candidate, near: float, locale: str) -> Signs:
        passage, rarest = candidate.passage, self._vocabulary.rarest
        read = self._read.get(passage.id) or self._read.setdefault(passage.id, _read(passage))
        return Signs(
            vectors=_worth(candidate.by_meaning),
            words=_worth(candidate.by_words),
            near=near,
            coverage=min(_named(asked, read.stems) / rarest, _ENOUGH),
            headings=min(_named(asked, read.headings) / rarest, _ENOUGH),
            exact=_share(asked.exact, read.words, none=1.0),
            names=min(_weight(asked.exact, read.words) / rarest, _ENOUGH),
            titled=_share(asked.titled, read.title, none=0.0),
            language=float(passage.locale == locale),
        )


def _nearness(candidates: Sequence[Candidate], cosines: Sequence[float]) -> list[float]:
    """How far each cosine is above the usual one, in spreads, language by language.

    A language lies nearer to itself than to others, and models differ in what they call near.
    """
    levels: dict[str, list[float]] = {}
    for candidate, cosine in zip(candidates, cosines, strict=True):
        levels.setdefault(candidate.passage.locale, []).append(cosine)
    usual = {locale: _level(some) for locale, some in levels.items()}
    near = []
    for candidate, cosine in zip(candidates, cosines, strict=True):
        mean, spread, more = usual[candidate.passage.locale]
        above = (cosine - mean) / spread if spread > _NO_SPREAD else 0.0
        near.append(min(max(above + more, _FARTHEST), _NEAREST))
    return near


def _level(cosines: Sequence[float]) -> tuple[float, float, float]:
    """Mean and spread of some cosines, and what is added because they are few."""
    more = _FEW_STAND_OUT * max(0.0, 1.0 - len(cosines) / _MANY)
    return float(np.mean(cosines)), float(np.std(cosines)), more


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
    return _weight(rarities, has) / whole if whole else none


def _weight(rarities: Mapping[str, float], has: frozenset[str]) -> float:
    return sum(rarity for word, rarity in rarities.items() if word in has)
