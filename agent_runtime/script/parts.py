"""What a sales script consists of, whatever it was written in."""

from dataclasses import dataclass
from typing import Literal

from agent_runtime.errors import ParleyError


class ScriptError(ParleyError):
    """A script, or what was made of it, that cannot be used."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A first or later message to somebody who has not answered."""

    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a buyer says, and what the script answers."""

    asked: str
    answered: str
    kind: Literal["objection", "question"]


@dataclass(frozen=True, slots=True)
class Parts:
    """A script, taken apart; each text in the words of its author, without personal data."""

    title: str = ""
    openings: tuple[Opening, ...] = ()
    questions: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    handoffs: tuple[str, ...] = ()
    closings: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    """What a buyer says and the script leaves without an answer."""
    unplaced: tuple[str, ...] = ()
    """What is none of these, or stands where nothing says what it is."""
    dialogue: tuple[str, ...] = ()
    """What the buyer of a transcript said, turn by turn."""
    remarks: tuple[str, ...] = ()
    """What had to be assumed, for the reviewer."""

    @property
    def is_empty(self) -> bool:
        """Says whether nothing was found that an agent could say or do."""
        found = (self.openings, self.questions, self.exchanges, self.handoffs, self.closings)
        return not any(found)
