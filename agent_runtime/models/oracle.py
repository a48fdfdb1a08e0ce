"""A language model that is asked now and answers later; `in_background` is one on a server."""

from concurrent.futures import Future
from typing import Literal, Protocol

from agent_runtime.models.reply import Reply
from agent_runtime.prompting.prompt import Prompt

BreakerState = Literal["closed", "open", "half-open"]
"""closed: calls go through; open: none does; half-open: one tries whether they may again."""


class Oracle(Protocol):
    """A language model that is asked now and answers later."""

    @property
    def name(self) -> str:
        """Which model it is; answers are kept under it."""
        ...

    @property
    def state(self) -> BreakerState:
        """Whether it is asked at all."""
        ...

    @property
    def last_error(self) -> str:
        """What went wrong last; empty where nothing has."""
        ...

    @property
    def patience_s(self) -> float:
        """After how long an answer, or why there is none, is there for certain."""
        ...

    def ask(self, prompt: Prompt) -> "Future[Reply]":
        """Puts a question; never waits."""
        ...

    def close(self) -> None:
        """Gives up what is under way and closes all connections."""
        ...
