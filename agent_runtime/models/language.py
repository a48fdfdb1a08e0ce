"""What the loop asks of a language model: what do these words mean, and how sure is that."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from agent_runtime.domain import Drafted, Evidence, Guess


class LanguageModel(Protocol):
    """Reads one message. The same text always means the same."""

    version: str
    """Changes whenever an answer may change; traces carry it."""
    abstain_below: float
    """A best guess below this confidence is no reading; calibrated with the model."""

    def understand(self, text: str, language: str) -> tuple[Guess, ...]:
        """Returns the intents of a message with calibrated confidences, best first."""
        ...


class Drafter(Protocol):
    """Writes answers. What it writes is a proposal: the permit decides what becomes of it."""

    def draft(self, text: str, language: str, evidence: Sequence[Evidence]) -> tuple[Drafted, ...]:
        """Returns drafts, best first, each sentence with the fact that it claims to stand on."""
        ...


class ScriptedModel:
    """A fake that knows a few texts by heart and everything else not at all."""

    version = "scripted"
    abstain_below = 0.5

    def __init__(
        self,
        meanings: Mapping[str, str] | None = None,
        *,
        default: str = "",
        confidence: float = 0.95,
    ) -> None:
        self.confidence = confidence
        self._meanings = dict(meanings or {})
        self._default = default

    def understand(self, text: str, language: str) -> tuple[Guess, ...]:
        """Returns the scripted intent for a text that contains the script's words."""
        for words, intent in self._meanings.items():
            if words in text:
                return (Guess(intent, self.confidence),)
        return (Guess(self._default or "unclear", self.confidence if self._default else 0.1),)
