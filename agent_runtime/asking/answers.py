"""What the store promises of answers of language models."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from agent_runtime.grounding.opinions import NO_OPINIONS, Opinions
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
    opinions: Opinions = NO_OPINIONS
    """What a model of entailment said of its drafts, by hashes."""
    removed: str = ""
    """When its words were removed, and by which rule; empty while they are there."""


def best_of(answers: Iterable[KeptAnswer], message_key: str = "") -> KeptAnswer | None:
    """Returns the answer that stands: one that is no failure, the message's own, the newest."""

    def weight(one: KeptAnswer) -> tuple[bool, bool, datetime, str]:
        return (one.state == "ANSWERED", one.asked_for == message_key, one.asked_at, one.question)

    return max(answers, key=weight, default=None)


class AnswerRows(Protocol):
    """The part of a transaction that answers of models need."""

    def save_answer(self, answer: KeptAnswer) -> None:
        """Keeps an answer over an earlier one to the same question for the same message."""
        ...

    def answer_to(self, question: str, *, message_key: str) -> KeptAnswer | None:
        """What was said to a question, a failure only where nothing else was.

        Two messages may ask the same; of their answers this message's own stands.
        """
        ...

    def answer_for(self, message_key: str) -> KeptAnswer | None:
        """What was said to questions that were asked for this message, as above."""
        ...
