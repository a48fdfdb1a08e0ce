"""How well the embedded model reads, said honestly: on sayings that it was not trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent_runtime.models.embedding import CachedEmbedder, Embedder
from agent_runtime.models.intent_model import (
    IntentModel,
    held_out_logits,
    softmax,
    train_intent_model,
)
from agent_runtime.models.reading_text import reading_text
from agent_runtime.models.training import Example

_BINS = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """Figures of one way to read, over `n` texts.

    Attributes:
        n: How many texts.
        accuracy: Share whose best intent is right, abstaining never.
        macro_f1: Mean F1 over intents.
        calibration_error: Expected calibration error in ten bins.
        threshold: Confidence from which a reading is accepted.
        coverage: Share of texts that are accepted.
        accepted_accuracy: Share that is right among those.
    """

    n: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    threshold: float
    coverage: float
    accepted_accuracy: float


def cross_validate(examples: tuple[Example, ...], embedder: Embedder) -> Reading:
    """Returns figures from folds that never split a saying and its translations."""
    cached = CachedEmbedder(embedder)
    vectors = cached.embed([reading_text(example.text) for example in examples])
    intents = np.array([example.intent for example in examples])
    model = train_intent_model(vectors, intents)
    logits = held_out_logits(vectors, intents)
    return _figures(softmax(logits / model.temperature), intents, model)


def evaluate(model: IntentModel, examples: tuple[Example, ...], embedder: Embedder) -> Reading:
    """Returns figures of a trained model on texts that were kept apart from its training."""
    vectors = embedder.embed([reading_text(example.text) for example in examples])
    intents = np.array([example.intent for example in examples])
    return _figures(model.probabilities(vectors), intents, model)


def _figures(
    probabilities: NDArray[np.float64], intents: NDArray[np.str_], model: IntentModel
) -> Reading:
    confidence = probabilities.max(axis=1)
    guessed = np.array(model.labels)[probabilities.argmax(axis=1)]
    right = guessed == intents
    accepted = confidence >= model.abstain_below
    return Reading(
        n=len(intents),
        accuracy=float(right.mean()),
        macro_f1=_macro_f1(guessed, intents),
        calibration_error=_calibration_error(confidence, right),
        threshold=model.abstain_below,
        coverage=float(accepted.mean()),
        accepted_accuracy=float(right[accepted].mean()) if accepted.any() else 0.0,
    )


def _macro_f1(guessed: NDArray[np.str_], intents: NDArray[np.str_]) -> float:
    scores = []
    for name in np.unique(intents):
        both = ((guessed == name) & (intents == name)).sum()
        scores.append(2 * both / max((guessed == name).sum() + (intents == name).sum(), 1))
    return float(np.mean(scores))


def _calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = (
        abs(float(right[bins == b].mean()) - float(confidence[bins == b].mean()))
        * (bins == b).mean()
        for b in np.unique(bins)
    )
    return float(sum(gaps))
