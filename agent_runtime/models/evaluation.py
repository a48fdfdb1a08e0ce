"""How well intents are read, said honestly: on sayings that nothing was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent_runtime.domain import Guess, Perception
from agent_runtime.models.embedded import lesson_of
from agent_runtime.models.embedding import CachedEmbedder, Embedder
from agent_runtime.models.intent_model import trained_and_held_out
from agent_runtime.models.small_talk import polite_sentences
from agent_runtime.models.training import Example
from agent_runtime.perceive import SAID_OUTRIGHT

_BINS = 10


@dataclass(frozen=True, slots=True)
class Point:
    """What happens when readings are accepted from a confidence on.

    Attributes:
        confidence: Readings at least this sure are accepted.
        coverage: Share of texts that are accepted.
        accuracy: Share that is right among those.
    """

    confidence: float
    coverage: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Readings of about the same confidence: how sure they were, and how often right."""

    share: float
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Figures of one way to read, over `n` texts.

    Attributes:
        n: How many texts.
        accuracy: Share whose primary intent is right, abstaining never.
        macro_f1: Mean F1 of the primary intent over intents.
        micro_f1: F1 of all intents that are said, the primary one among them.
        calibration_error: Expected calibration error of the primary intent, ten equal bins.
        coverage: Share of texts where it does not abstain.
        accepted_accuracy: Share that is right among those.
        curve: Coverage and accuracy by the confidence from which readings are accepted.
        bins: What the calibration error is made of.
        f1: F1 of the primary intent, by intent.
    """

    n: int
    accuracy: float
    macro_f1: float
    micro_f1: float
    calibration_error: float
    coverage: float
    accepted_accuracy: float
    curve: tuple[Point, ...]
    bins: tuple[Bin, ...]
    f1: dict[str, float]


def evaluate(examples: Sequence[Example], seen: Sequence[Perception]) -> Reading:
    """Returns figures of perceptions against what their texts were labelled with.

    Args:
        examples: Labelled texts.
        seen: What was perceived in each of them.
    """
    truth = np.array([example.intent for example in examples])
    guessed = np.array([perception.primary for perception in seen])
    confidence = np.array([perception.confidence for perception in seen])
    accepted = np.array([not perception.abstain for perception in seen])
    right = guessed == truth
    bins = tuple(_bins(confidence, right))
    f1 = {str(name): _f1(guessed == name, truth == name) for name in np.unique(truth)}
    return Reading(
        n=len(truth),
        accuracy=float(right.mean()),
        macro_f1=float(np.mean(list(f1.values()))),
        micro_f1=_micro_f1(examples, seen),
        calibration_error=sum(b.share * abs(b.accuracy - b.confidence) for b in bins),
        coverage=float(accepted.mean()),
        accepted_accuracy=float(right[accepted].mean()) if accepted.any() else 0.0,
        curve=tuple(_curve(confidence, right)),
        bins=bins,
        f1=f1,
    )


def cross_validate(examples: tuple[Example, ...], embedder: Embedder) -> Reading:
    """Returns figures of the model alone, from folds that never split a saying.

    A saying and its translations are either all trained on or all held out.
    """
    cached = CachedEmbedder(embedder)
    lesson, polite = lesson_of(examples, cached), cached.embed(polite_sentences())
    model, first, said = trained_and_held_out(lesson, polite)
    return evaluate(
        examples,
        [
            _perception(model.labels, model.abstain_below, *both)
            for both in zip(first[: len(examples)], said[: len(examples)], strict=True)
        ],
    )


def _perception(
    labels: tuple[str, ...],
    abstain_below: float,
    first: NDArray[np.float64],
    said: NDArray[np.float64],
) -> Perception:
    best = int(first.argmax())
    confidence = float(first[best])
    further = (
        Guess(name, float(said[column]))
        for column, name in enumerate(labels)
        if column != best and said[column] >= SAID_OUTRIGHT
    )
    intents = (Guess(labels[best], confidence), *further)
    return Perception(labels[best], confidence, confidence < abstain_below, intents)


def _f1(guessed: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return 2 * float((guessed & true).sum()) / max(float(guessed.sum() + true.sum()), 1.0)


def _micro_f1(examples: Sequence[Example], seen: Sequence[Perception]) -> float:
    both = total = 0
    for example, perception in zip(examples, seen, strict=True):
        said = {example.intent, *example.also}
        heard = {guess.name for guess in perception.intents}
        both += len(said & heard)
        total += len(said) + len(heard)
    return 2 * both / max(total, 1)


def _bins(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[Bin]:
    number = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    inside = [number == b for b in np.unique(number)]
    return [
        Bin(float(some.mean()), float(confidence[some].mean()), float(right[some].mean()))
        for some in inside
    ]


def _curve(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[Point]:
    points = []
    for least in (0.0, *np.linspace(0.3, 0.95, 14).tolist(), 0.97, 0.98, 0.99):
        accepted = confidence >= least
        if accepted.any():
            shares = float(accepted.mean()), float(right[accepted].mean())
            points.append(Point(round(least, 2), *shares))
    return points
