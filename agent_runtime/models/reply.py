"""What a call to a language model came to: its words and what they took, or why there are none."""

from dataclasses import dataclass
from typing import Literal, get_args

FailureCode = Literal[
    "unreachable",
    "no_first_token",
    "too_slow",
    "too_slow_for_chat",
    "busy",
    "server_error",
    "out_of_memory",
    "broke_off",
    "refused",
    "too_long",
    "aborted",
    "breaker_open",
]
"""Why a server gave no answer.

unreachable: nothing listens there; no_first_token, too_slow: a time limit passed;
too_slow_for_chat: it was still writing when the limit of somebody who waits before a chat window
passed, which is no outage; busy: it said so (429, 503); broke_off: the connection ended before the
answer did; refused: it does not take the question (400, 401, 404, 422); too_long: it reached its
token limit or would not stop; aborted: it stopped for another reason; breaker_open: it was not
asked, since it has failed too often.
"""

FAILURES: tuple[FailureCode, ...] = get_args(FailureCode)

OUTAGES: frozenset[FailureCode] = frozenset(
    {
        "unreachable",
        "no_first_token",
        "too_slow",
        "busy",
        "server_error",
        "out_of_memory",
        "broke_off",
    }
)
"""Failures of the server itself, by which the breaker opens."""


class Unanswered(Exception):
    """A language model gave no answer."""

    def __init__(self, reason: FailureCode, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: FailureCode = reason


@dataclass(frozen=True, slots=True)
class Reply:
    """One call.

    Attributes:
        text: What the model wrote; empty where it failed.
        failure: Why it failed; empty where it did not.
        detail: The same in words, for people who run the server.
        prompt_tokens: Tokens that the server read.
        cached_tokens: Of these, those that it had read before.
        completion_tokens: Tokens that it wrote.
        first_token_ms: Until the first words came, waiting for a free place included.
        latency_ms: Until the last.
        retries: How often the call was made again.
    """

    text: str = ""
    failure: FailureCode | Literal[""] = ""
    detail: str = ""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    first_token_ms: float = 0.0
    latency_ms: float = 0.0
    retries: int = 0
