"""What an acceptance check is: cases that run one by one, and a judge over all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Result = dict[str, Any]
"""What one case found; it must survive JSON."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the bound holds, with the figure that was measured."""

    passed: bool
    figure: str | float
    bound: str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim with a bound. `judge` gets the results of the cases that were run, by case."""

    cases: list[str]
    sample: list[str]
    """The few cases that CI runs; the judge must be able to judge them alone."""
    run: Callable[[str], Result]
    judge: Callable[[Mapping[str, Result]], Verdict]
