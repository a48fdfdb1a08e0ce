"""How a language model is doing, as the worker last wrote it down for `parley status`."""

from dataclasses import dataclass

STATE = "language_model"
"""Under which name the store keeps it."""


@dataclass(frozen=True, slots=True)
class ModelState:
    """How a language model was when it was last asked."""

    name: str
    breaker: str
    """`closed`: it is asked; `open`: it is left alone for a while; `half-open`: one call tries."""
    at: str
    """When that was, by the runtime's clock."""
    last_error: str = ""
    answered: int = 0
    failed: int = 0
    """Since the worker began."""
    entailment: str = ""
    """Which model of entailment gives second opinions; empty where none is set."""
    entailment_breaker: str = ""
    entailment_error: str = ""

    @property
    def said(self) -> str:
        """The state in one line."""
        is_asked = "answers" if self.breaker == "closed" else f"BREAKER {self.breaker.upper()}"
        counts = f"{self.answered:,} answered, {self.failed:,} not"
        error = f"; last error {self.last_error}" if self.last_error else ""
        return f"{self.name}: {is_asked} ({self.at[:16]}), {counts}{error}"

    @property
    def second(self) -> str:
        """The state of the model of entailment in one line; empty where none is set."""
        is_asked = self.entailment_breaker == "closed"
        state = "answers" if is_asked else f"BREAKER {self.entailment_breaker.upper()}"
        error = f"; last error {self.entailment_error}" if self.entailment_error else ""
        return f"{self.entailment}: {state}{error}" if self.entailment else ""
