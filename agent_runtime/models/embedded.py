"""The default language model: sentence vectors and an intent model; it writes nothing."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from agent_runtime.domain import Guess
from agent_runtime.hearing.new_text import message_of
from agent_runtime.models.embedding import CachedEmbedder, E5Embedder, Embedder
from agent_runtime.models.intent_model import IntentModel, load_intent_model, train_intent_model
from agent_runtime.models.learner import Lesson
from agent_runtime.models.reading_text import reading_text
from agent_runtime.models.small_talk import polite_sentences
from agent_runtime.models.training import FOLDER, Example, read_training, training_hash
from agent_runtime.models.variants import with_variants

DEFAULT_CACHE = Path("out/cache")
"""Vectors and trained models; safe to delete, it costs two minutes to make again."""

_METHOD = "10"
"""Raised with every change of how a model is trained or read."""

_KEPT = 5
_LEAST = 0.05
"""Further intents less likely than this are not worth a mention."""

_NEVER_FURTHER = frozenset({"unclear", "thanks_bye"})


class EmbeddedModel:
    """Understands a mail in about 2 ms a word, and at once when it has seen it before."""

    def __init__(self, embedder: Embedder, intents: IntentModel, *, version: str) -> None:
        self.version = version
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
    version = f"embedded-{_METHOD}-{cached.version}-{training_hash(examples)}"
    path = cache / f"{version}.npz"
    if path.exists():
        intents = load_intent_model(path)
    else:
        intents = train(examples, cached)
        intents.save(path)
    return EmbeddedModel(cached, intents, version=version)


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
