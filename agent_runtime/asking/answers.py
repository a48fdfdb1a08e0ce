"""What the store promises of answers of language models."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from agent_runtime.models.reply import Reply

AnswerState = Literal["ANSWERED", "FAILED"]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One answer, kept under its question, so that a turn that is worked again says the same."""

    tenant_id: str
    question: str
    """Hash of model, prompt version and prompt."""
    asked_for: str
    """Key of the message whose turn asked."""
    thread_id: str
    model: str
    prompt: str
    """Version of the prompt."""
    asked_at: datetime
    reply: Reply
    state: AnswerState
    removed: str = ""
    """When its words were removed, and by which rule; empty while they are there."""


class AnswerRows(Protocol):
    """The part of a transaction that answers of models need."""

    def save_answer(self, answer: KeptAnswer) -> None:
        """Keeps an answer over an earlier one to the same question."""
        ...

    def answer_to(self, question: str) -> KeptAnswer | None:
        """What was said to a question."""
        ...

    def answer_for(self, message_key: str) -> KeptAnswer | None:
        """What was last said to a question that was asked for this message."""
        ...
