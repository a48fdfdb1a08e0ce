"""An intent model on sentence vectors: kernel regression, calibrated on what it did not see."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from numpy.typing import NDArray

from agent_runtime.models.calibration import SaidCurve, best_temperature, softmax, threshold
from agent_runtime.models.embedding import Vectors
from agent_runtime.models.learner import Eye, Learner, Lesson, Table, learn, unit
from agent_runtime.models.small_talk import SmallTalk

_NEAR = 0.68
"""Centred cosine from which two utterances count as one saying: they share a fold."""

_FOLDS = 5


@dataclass(frozen=True, eq=False)
class IntentModel:
    """What was learned, and how scores become honest confidences."""

    labels: tuple[str, ...]
    learner: Learner
    small_talk: SmallTalk
    temperature: float
    said_curve: SaidCurve
    abstain_below: float

    def probabilities(self, vectors: Vectors) -> Table:
        """Returns how likely each label is what comes first; rows sum to one."""
        return softmax(self.learner.scores(vectors)[0] / self.temperature)

    def read(self, vectors: Vectors) -> tuple[Table, Table]:
        """Returns how likely each label comes first, and how likely it is said beside that."""
        first, said = self.learner.scores(vectors)
        return softmax(first / self.temperature), self.said_curve.probability(said)

    def save(self, path: Path) -> None:
        """Writes the model to a file at once or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        curve = self.said_curve
        numbers = [self.small_talk.start, self.temperature, curve.slope, curve.start]
        with NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as unfinished:
            np.savez(
                unfinished,
                labels=np.array(self.labels),
                centre=self.learner.eye.centre,
                tongues=self.learner.eye.tongues,
                support=self.learner.support,
                weights=self.learner.weights,
                polite=self.small_talk.weights,
                numbers=[*numbers, self.abstain_below],
            )
        Path(unfinished.name).replace(path)


def load_intent_model(path: Path) -> IntentModel:
    """Returns a model from its file."""
    with np.load(path, allow_pickle=False) as file:
        polite, temperature, slope, start, abstain_below = file["numbers"].tolist()
        learner = Learner(Eye(file["centre"], file["tongues"]), file["support"], file["weights"])
        return IntentModel(
            labels=tuple(file["labels"].tolist()),
            learner=learner,
            small_talk=SmallTalk(learner.eye, file["polite"], polite),
            temperature=temperature,
            said_curve=SaidCurve(slope, start),
            abstain_below=abstain_below,
        )


def train_intent_model(lesson: Lesson, polite: Vectors) -> IntentModel:
    """Returns a model of labelled vectors, calibrated on sayings that it did not see.

    Args:
        lesson: What is learned.
        polite: Vectors of small talk.
    """
    return trained_and_held_out(lesson, polite)[0]


def trained_and_held_out(lesson: Lesson, polite: Vectors) -> tuple[IntentModel, Table, Table]:
    """Returns a model, and what it says of its own texts when their neighbours are held out."""
    index = lesson.index
    first, further = held_out_scores(lesson)
    temperature = best_temperature(first, index)
    probabilities = softmax(first / temperature)
    curve = SaidCurve.fitted(further, lesson.said, beside=probabilities.argmax(axis=1))
    learner = learn(lesson, np.arange(len(index)))
    model = IntentModel(
        labels=tuple(lesson.labels.tolist()),
        learner=learner,
        small_talk=SmallTalk.learned(polite, learner),
        temperature=temperature,
        said_curve=curve,
        abstain_below=threshold(probabilities, index),
    )
    return model, probabilities, curve.probability(further)


def held_out_scores(lesson: Lesson) -> tuple[Table, Table]:
    """Returns the scores of every text from a learner that saw nothing near it.

    Translations and variants of one saying lie close together. They share a fold, or else the
    figures would flatter the model.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    index, groups = lesson.index, groups_of(lesson.vectors, lesson.origins)
    folds = StratifiedGroupKFold(
        min(_FOLDS, len(np.unique(groups))), shuffle=True, random_state=0
    ).split(lesson.vectors, index, groups)
    first, further = np.zeros(lesson.said.shape), np.zeros(lesson.said.shape)
    for train, test in folds:
        first[test], further[test] = learn(lesson, train).scores(lesson.vectors[test])
    return first, further


def groups_of(vectors: Vectors, origins: NDArray[np.intp]) -> NDArray[np.intp]:
    """Returns a group number for each vector; those that say nearly the same share one.

    Args:
        vectors: One a text.
        origins: Texts of one origin share a group, however far apart they lie.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    centred = unit(vectors - vectors.mean(axis=0))
    near = (centred @ centred.T > _NEAR) | (origins[:, None] == origins[None, :])
    return connected_components(csr_array(near), directed=False)[1]
