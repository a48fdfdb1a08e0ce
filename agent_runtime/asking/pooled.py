"""What a turn reads and drafts with: one kept answer beside the model that ships."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_runtime.domain import Drafted, Evidence, Guess
from agent_runtime.models.answer import Answer
from agent_runtime.models.language import LanguageModel

WEIGHT = 0.7
"""Of the language model in the pool; judged, until readings that people checked say otherwise."""

_LEAST = 0.05
_STOP = "unsubscribe"


class PooledReading:
    """Reads one message as two models do: a linear opinion pool (Stone, 1961).

    A pool of two that disagree is unsure, and an unsure agent asks or hands over. A stop that the
    model that ships is sure of stands; one that only the language model hears is never sure.
    """

    def __init__(self, shipped: LanguageModel, answer: Answer) -> None:
        self.version = shipped.version
        self.abstain_below = shipped.abstain_below
        self._shipped, self._answer = shipped, answer

    def understand(self, text: str, language: str) -> tuple[Guess, ...]:
        """Returns the pooled intents, what comes first at the beginning."""
        own = self._shipped.understand(text, language)
        if own and own[0].name == _STOP and own[0].confidence >= self.abstain_below:
            return own
        told = self._answer.intents
        first = self._bounded(_pool(told[:1], own[:1]))
        best = max(first, key=lambda name: first[name])
        said = _pool(told, own)
        further = sorted(
            (
                Guess(name, round(sure, 4))
                for name, sure in said.items()
                if name not in (best, _STOP)
            ),
            key=lambda guess: -guess.confidence,
        )
        kept = [guess for guess in further if guess.confidence >= _LEAST]
        return (Guess(best, round(first[best], 4)), *kept)

    def _bounded(self, first: dict[str, float]) -> dict[str, float]:
        if _STOP in first:
            first[_STOP] = min(first[_STOP], self.abstain_below - 0.01)
        return first


@dataclass(frozen=True, slots=True)
class KeptDrafts:
    """Drafts what the language model wrote when it was asked."""

    answer: Answer

    def draft(self, text: str, language: str, evidence: Sequence[Evidence]) -> tuple[Drafted, ...]:
        """Returns the drafts of the answer; they were vetted against its own question."""
        del text, language, evidence
        return self.answer.drafts


def _pool(told: Sequence[Guess], own: Sequence[Guess]) -> dict[str, float]:
    pooled = {guess.name: WEIGHT * guess.confidence for guess in told}
    for guess in own:
        pooled[guess.name] = pooled.get(guess.name, 0.0) + (1 - WEIGHT) * guess.confidence
    return pooled
