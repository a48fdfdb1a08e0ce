"""What a search found, and what speaks for it."""

from dataclasses import dataclass

from agent_runtime.knowledge.passage import Passage


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for a passage; also the weight of each sign.

    A word is weighed by its rarity; 1 is that of a word which only one passage has.
    """

    vectors: float = 0.0
    """Its place among those with the nearest vectors: 1 for the first, 0 for none."""
    words: float = 0.0
    """Its place in the full-text search, likewise."""
    near: float = 0.0
    """How many spreads its cosine is above the usual one of its language's candidates."""
    coverage: float = 0.0
    """Weight of what the question speaks of that it names, in these or other words."""
    headings: float = 0.0
    """The same for its headings below the title."""
    exact: float = 0.0
    """Share of the question's names, numbers and abbreviations; 1 when it has none."""
    names: float = 0.0
    """Weight of those."""
    titled: float = 0.0
    """Share of the question's words that stand in titles which its own title has."""
    language: float = 0.0
    """1 in the reader's language."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its score."""

    passage: Passage
    score: float
    cosine: float
    signs: Signs
    is_about_another: bool = False
    """Whether the question is about something that no passage names."""
    twin_of: str = ""
    """Id of a better passage beside which this one is not needed."""
