"""What a draft stands on, and what became of each of its sentences."""

from dataclasses import dataclass
from typing import Literal

from agent_runtime.grounding.clauses import Clause

Grade = Literal["supported", "courtesy", "question", "blocked"]


@dataclass(frozen=True, slots=True)
class Given:
    """An approved fact: its id and what it says."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one sentence; `fact` names the facts behind it, `reason` why it is blocked."""

    sentence: str
    verdict: Grade
    fact: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Ground:
    """The facts of a draft, read once."""

    facts: tuple[tuple[Given, tuple[Clause, ...]], ...]
    names: frozenset[str]
    selves: frozenset[str]
    words: frozenset[str]
