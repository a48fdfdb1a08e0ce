"""The default language model: sentence vectors and a linear intent model; it writes nothing."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent_runtime.domain import Guess
from agent_runtime.models.embedding import CachedEmbedder, E5Embedder, Embedder
from agent_runtime.models.intent_model import IntentModel, load_intent_model, train_intent_model
from agent_runtime.models.reading_text import reading_text, sentences_of
from agent_runtime.models.training import FOLDER, Example, read_training, training_hash

DEFAULT_CACHE = Path("out/cache")
"""Vectors and trained models; safe to delete, it costs half a minute to make again."""

_METHOD = "5"
"""Raised with every change of how a model is trained or read."""

_SENTENCES = 4
_SAID_OUTRIGHT = 0.75
"""A sentence of a longer mail adds an intent of its own only from this confidence on."""

_DECIDES = 0.85
"""From this confidence on a sentence may say what the mail is about."""

_KEPT = 5
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
        """Reads the whole mail, then its sentences: each may add an intent of its own.

        Where the whole is a blend that says nothing clearly, its clearest sentence decides.
        """
        parts = sentences_of(text, limit=_SENTENCES)
        table = self._intents.probabilities(self._embedder.embed((text, *parts)))
        whole = dict(zip(self._intents.labels, table[0].tolist(), strict=True))
        said = self._said_outright(table[1:])
        best = max(whole, key=lambda name: whole[name])
        if whole[best] < self.abstain_below:
            clear = [name for name, confidence in said.items() if confidence >= _DECIDES]
            best = max(clear, key=lambda name: whole[name], default=best)
        sure = {name: max(whole[name], said.get(name, 0.0)) for name in whole}
        ranked = sorted(sure, key=lambda name: (name != best, -sure[name]))
        return tuple(Guess(name, round(sure[name], 4)) for name in ranked[:_KEPT])

    def _said_outright(self, rows: NDArray[np.float64]) -> dict[str, float]:
        said: dict[str, float] = {}
        for row in rows:
            name, confidence = self._intents.labels[row.argmax()], float(row.max())
            if confidence >= _SAID_OUTRIGHT and name not in _NEVER_FURTHER:
                said[name] = max(said.get(name, 0.0), confidence)
        return said


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
