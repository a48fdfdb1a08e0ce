"""The default language model: sentence vectors and an intent model; it writes nothing."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from agent_runtime.domain import Guess
from agent_runtime.hearing.new_text import message_of
from agent_runtime.models.embedding import CachedEmbedder, E5Embedder, Embedder, Vectors
from agent_runtime.models.intent_model import IntentModel, load_intent_model, train_intent_model
from agent_runtime.models.learner import Lesson, Table
from agent_runtime.models.reading_text import reading_text
from agent_runtime.models.shipped_vectors import ShippedVectors, ship
from agent_runtime.models.small_talk import SHORT, polite_sentences, sentences_of
from agent_runtime.models.stop_wish import StopWish
from agent_runtime.models.training import (
    FOLDER,
    Example,
    read_stop_wishes,
    read_training,
    training_hash,
)
from agent_runtime.models.variants import with_variants

DEFAULT_CACHE = Path("out/cache")
"""Vectors and trained models; safe to delete, it costs half a minute to make again."""

SHIPPED = FOLDER / "vectors.npz"

_METHOD = "13"
"""Raised with every change of how a model is trained or read."""

_KEPT = 5
_LEAST = 0.05
"""Further intents less likely than this are not worth a mention."""

_STOP_CONFIDENCE = 0.95
"""Of a wish to be left alone that lies clearly near those that were learned."""

_STOP_UNSURE = 0.5
"""What is left of such a wish that only the intent model reads; a person is asked then."""

_NEVER_FURTHER = frozenset({"unclear", "thanks_bye"})


class EmbeddedModel:
    """Understands a mail in about 2 ms a word, and at once when it has seen it before."""

    def __init__(
        self, embedder: Embedder, intents: IntentModel, stop: StopWish, *, version: str
    ) -> None:
        self.version = version
        self._stop = stop
        self.abstain_below = intents.abstain_below
        self._embedder = embedder
        self._intents = intents
        self._cached = lru_cache(maxsize=50_000)(self._understand)

    def understand(self, text: str, language: str) -> tuple[Guess, ...]:
        """Returns the intents of a message with calibrated confidences.

        The first is what comes first, with how likely that is right. The others follow by how
        likely it is that they are said as well.
        """
        del language
        return self._cached(reading_text(text))

    def _understand(self, text: str) -> tuple[Guess, ...]:
        point = self._intents.small_talk.left_out_of(text, self._embedder)
        first, said = self._intents.read(self._embedder.embed([point]))
        labels = self._intents.labels
        if "unsubscribe" in labels:
            stop = labels.index("unsubscribe")
            first = _weighed(first, stop, is_asked=self._asks_to_stop(text, point))
        best = int(first[0].argmax())
        further = sorted(
            (
                Guess(name, round(float(confidence), 4))
                for name, confidence in zip(labels, said[0], strict=True)
                if name != labels[best] and name not in _NEVER_FURTHER and confidence >= _LEAST
            ),
            key=lambda guess: -guess.confidence,
        )
        return (Guess(labels[best], round(float(first[0, best]), 4)), *further[: _KEPT - 1])

    def _asks_to_stop(self, text: str, point: str) -> bool:
        """Reads a letter sentence by sentence as well; its vectors are known from small talk."""
        parts = sentences_of(text) if len(text) >= SHORT else ()
        return self._stop.is_in(self._embedder.embed([point, *parts]))


def _weighed(first: Table, stop: int, *, is_asked: bool) -> Table:
    """Returns probabilities in which a stop leads where it is asked, and is unsure elsewhere."""
    weighed = first.copy()
    if is_asked:
        weighed *= 1.0 - _STOP_CONFIDENCE
        weighed[0, stop] += _STOP_CONFIDENCE
    else:
        weighed[0, stop] *= _STOP_UNSURE
    return weighed


def load_embedded_model(
    *,
    cache: Path = DEFAULT_CACHE,
    training: Path = FOLDER,
    embedder: Embedder | None = None,
) -> EmbeddedModel:
    """Returns the model of a training folder, trained first when no one has done so yet.

    Args:
        cache: Folder for vectors and trained models; several processes may share it.
        training: Folder of labelled utterances.
        embedder: Where vectors come from; the bundled model by default.
    """
    examples = read_training(training)
    cached = cached_embedder(embedder or E5Embedder(), cache)
    asks, others = read_stop_wishes(training)
    version = _version(cached, examples, (*asks, *others))
    path, beside = cache / f"{version}.npz", cache / f"{version}.stop.npz"
    if path.exists() and beside.exists():
        intents, stop = load_intent_model(path), StopWish.load(beside)
    else:
        vectors = ShippedVectors.load(SHIPPED, cached)
        intents = train(examples, vectors)
        stop = learn_to_stop(examples, asks, others, intents, vectors)
        intents.save(path)
        stop.save(beside)
    return EmbeddedModel(cached, intents, stop, version=version)


def shipped_version() -> str:
    """Returns the version of the model that the runtime loads, without loading it."""
    asks, others = read_stop_wishes()
    return _version(E5Embedder(), read_training(), (*asks, *others))


def _version(embedder: Embedder, examples: tuple[Example, ...], wishes: Iterable[str]) -> str:
    return f"embedded-{_METHOD}-{embedder.version}-{training_hash(examples, wishes)}"


def learn_to_stop(
    examples: Sequence[Example],
    asks: Sequence[str],
    others: Sequence[str],
    intents: IntentModel,
    embedder: Embedder,
) -> StopWish:
    """Returns what hears a wish to be left alone, learned from labelled examples and two lists."""

    def points(texts: Iterable[str]) -> Vectors:
        read = (reading_text(message_of(text)) for text in texts)
        return embedder.embed([intents.small_talk.left_out_of(text, embedder) for text in read])

    said = [e for e in examples if "unsubscribe" in (e.intent, *e.also)]
    not_said = [e for e in examples if "unsubscribe" not in (e.intent, *e.also)]
    return StopWish.learned(
        points((*(e.text for e in said), *asks)), points((*(e.text for e in not_said), *others))
    )


def ship_vectors(embedder: Embedder, path: Path = SHIPPED) -> int:
    """Writes what training asks for, computed anew where it is not cached; returns how many."""
    asked = _Listening(embedder)
    examples = read_training()
    learn_to_stop(examples, *read_stop_wishes(), train(examples, asked), asked)
    ship(path, asked.texts, embedder)
    return len(asked.texts)


class _Listening:
    """Notes which texts are asked for."""

    def __init__(self, inner: Embedder) -> None:
        self.version = inner.version
        self._inner = inner
        self._texts: dict[str, None] = {}

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        self._texts.update(dict.fromkeys(texts))
        return self._inner.embed(texts)


def cached_embedder(embedder: Embedder, cache: Path) -> CachedEmbedder:
    """Returns an embedder that keeps its vectors in the cache folder."""
    return CachedEmbedder(embedder, cache / "vectors.db")


def train(examples: tuple[Example, ...], embedder: Embedder) -> IntentModel:
    """Returns an intent model of labelled examples."""
    return train_intent_model(lesson_of(examples, embedder), embedder.embed(polite_sentences()))


def lesson_of(examples: Sequence[Example], embedder: Embedder) -> Lesson:
    """Returns labelled vectors of examples and their variants, read as mails are.

    That is without greeting and sign-off. The examples come first, in their order.
    """
    variants = with_variants(examples)
    read = [variant.example for variant in variants]
    first = np.array([example.intent for example in read])
    labels = np.unique(first).tolist()
    said = np.zeros((len(read), len(labels)))
    for row, example in enumerate(read):
        for name in {example.intent, *example.also} & set(labels):
            said[row, labels.index(name)] = 1.0
    return Lesson(
        vectors=embedder.embed([reading_text(message_of(example.text)) for example in read]),
        languages=np.array([example.language for example in read]),
        first=first,
        said=said,
        origins=np.array([variant.origin for variant in variants]),
    )
