"""The default language model: sentence vectors and a linear intent model; it writes nothing."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from agent_runtime.domain import Guess
from agent_runtime.models.embedding import CachedEmbedder, E5Embedder, Embedder
from agent_runtime.models.intent_model import IntentModel, load_intent_model, train_intent_model
from agent_runtime.models.reading_text import reading_text, sentences_of
from agent_runtime.models.training import FOLDER, Example, read_training, training_hash

DEFAULT_CACHE = Path("out/cache")
"""Vectors and trained models; safe to delete, it costs half a minute to make again."""

_METHOD = "4"
"""Raised with every change of how a model is trained or read."""

_SENTENCES = 4
_SAID_OUTRIGHT = 0.75
"""A sentence of a longer mail adds an intent of its own only from this confidence on."""

_NEVER_FURTHER = frozenset({"unclear", "thanks_bye"})


class EmbeddedModel:
    """Understands a mail in about 15 ms a sentence, and at once when it has seen it before."""

    def __init__(self, embedder: Embedder, intents: IntentModel, *, version: str) -> None:
        self.version = version
        self.abstain_below = intents.abstain_below
        self._embedder = embedder
        self._intents = intents
        self._cached = lru_cache(maxsize=50_000)(self._understand)

    def understand(self, text: str, language: str) -> tuple[Guess, ...]:
        """Returns the intents of a message with calibrated confidences, best first."""
        del language
        return self._cached(reading_text(text))

    def _understand(self, text: str) -> tuple[Guess, ...]:
        parts = sentences_of(text, limit=_SENTENCES)
        table = self._intents.probabilities(self._embedder.embed((text, *parts)))
        guesses = {
            self._intents.labels[place]: float(table[0, place])
            for place in np.argsort(-table[0])[:5]
        }
        best = next(iter(guesses))
        for row in table[1:]:
            name, confidence = self._intents.labels[row.argmax()], float(row.max())
            if confidence >= _SAID_OUTRIGHT and name != best and name not in _NEVER_FURTHER:
                guesses[name] = max(guesses.get(name, 0.0), min(confidence, guesses[best]))
        ranked = sorted(guesses.items(), key=lambda guess: (guess[0] != best, -guess[1]))
        return tuple(Guess(name, round(confidence, 4)) for name, confidence in ranked)


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
    vectors = embedder.embed([reading_text(example.text) for example in examples])
    return train_intent_model(vectors, np.array([example.intent for example in examples]))
