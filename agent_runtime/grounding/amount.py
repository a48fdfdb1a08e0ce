"""One amount of a sentence, and the words that bound it."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.units import MONEY, TIME, in_base

Bound = Literal["exact", "approx", "at_most", "less_than", "at_least", "more_than"]

BOUNDS: tuple[Bound, ...] = ("at_most", "less_than", "at_least", "more_than", "approx")
RANGES = word_set("to - – — and bis a y und ate à e et or")
BETWEEN = word_set("between zwischen entre tra fra from von de da")
TRAILING = frozenset(
    (
        "at most",
        "at the most",
        "at least",
        "maximum",
        "max",
        "minimum",
        "or so",
        "or more",
        "or less",
        "or fewer",
    )
) | frozenset(
    (
        "or thereabouts",
        "and above",
        "and up",
        "and more",
        "or above",
        "or under",
        "onwards",
        "or older",
        "and older",
    )
)
BEFORE_UNITS = word_set("operating calendar consecutive full whole straight billable")
HOURS = frozenset(("am", "pm", "uhr", "oclock"))
"""Words after a number that make it a time of day."""


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount of a sentence; `start` and `end` are places of tokens."""

    value: Fraction
    start: int
    end: int
    high: Fraction | None = None
    """The upper end of a range."""
    units: tuple[str, ...] = ()
    """What the unit may be; empty for a plain count."""
    bound: Bound = "exact"
    is_in: bool = False
    """`in four hours`: at most as long."""
    is_every: bool = False
    per: frozenset[str] = field(default_factory=frozenset)
    others: tuple[Fraction, ...] = ()
    noun: str = ""
    """What is counted, where there is no unit."""
    words: str = ""

    @property
    def key(self) -> tuple[str, Fraction]:
        """What makes two amounts the same, whatever their unit is called."""
        return in_base(self.value, self.units[0]) if self.units else ("", self.value)

    @property
    def is_money(self) -> bool:
        """Whether it is in a currency."""
        return not MONEY.isdisjoint(self.units)

    @property
    def is_time(self) -> bool:
        """Whether it is a stretch of time."""
        return not TIME.isdisjoint(self.units)
