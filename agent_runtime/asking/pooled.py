"""What a turn reads and drafts with: one kept answer beside the model that ships."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_runtime.domain import Drafted, Evidence, Guess
from agent_runtime.models.answer import Answer
from agent_runtime.models.language import LanguageModel

RELIABILITY = 0.8
"""How often a language model is right where it is sure; judged, until people have checked it."""

_LEAST = 0.05
_STOP = "unsubscribe"


class PooledReading:
    """Reads one message as two models do: the language model is a witness, weighed by Bayes.

    Its word is right with its own confidence, and no more often than `RELIABILITY`. Where it agrees
    the reading is surer, never less so; where it does not the reading is unsure, and an unsure
    agent asks or hands over, unless the model that ships was all but certain. A stop that the
    model that ships is sure of stands; one that only the language model hears is never sure.
    """

    def __init__(self, shipped: LanguageModel, answer: Answer) -> None:
        self.version = shipped.version
        self.abstain_below = shipped.abstain_below
        self._shipped, self._answer = shipped, answer

    def understand(self, text: str, language: str) -> tuple[Guess, ...]:
        """Returns the joint intents, what comes first at the beginning."""
        own = self._shipped.understand(text, language)
        told = self._answer.intents
        if not own or not told:
            return own
        if own[0].name == _STOP and own[0].confidence >= self.abstain_below:
            return own
        first = _weighed(own[0], told[0])
        if told[0].name == _STOP:
            first[_STOP] = min(first[_STOP], self.abstain_below - 0.01)
        best = max(first, key=lambda name: first[name])
        return (Guess(best, round(first[best], 4)), *_further(own, told, first, but=best))


def _weighed(own: Guess, told: Guess) -> dict[str, float]:
    """Returns what each of the first readings is worth once both have spoken."""
    right = min(max(told.confidence, 0.5), RELIABILITY)
    if own.name == told.name:
        return {own.name: _posterior(own.confidence, right)}
    left = _posterior(own.confidence, 1.0 - right)
    return {own.name: left, told.name: min(told.confidence, RELIABILITY, 1.0 - left)}


def _posterior(prior: float, right: float) -> float:
    """Returns how likely a reading is after a witness who is right so often has confirmed it."""
    for_it, against = prior * right, (1.0 - prior) * (1.0 - right)
    return for_it / (for_it + against) if for_it + against else 0.0


def _further(
    own: Sequence[Guess], told: Sequence[Guess], first: dict[str, float], *, but: str
) -> list[Guess]:
    """Returns the other readings, a first one that lost among them; a second stop is no reading."""
    said = dict(first)
    for guess in own[1:]:
        said[guess.name] = max(said.get(guess.name, 0.0), guess.confidence)
    for guess in told[1:]:
        said[guess.name] = max(said.get(guess.name, 0.0), RELIABILITY * guess.confidence)
    kept = [Guess(name, round(sure, 4)) for name, sure in said.items() if name not in (but, _STOP)]
    return sorted(
        (guess for guess in kept if guess.confidence >= _LEAST), key=lambda g: -g.confidence
    )


@dataclass(frozen=True, slots=True)
class KeptDrafts:
    """Drafts what the language model wrote when it was asked."""

    answer: Answer

    def draft(self, text: str, language: str, evidence: Sequence[Evidence]) -> tuple[Drafted, ...]:
        """Returns the drafts of the answer; they were vetted against its own question."""
        del text, language, evidence
        return self.answer.drafts
