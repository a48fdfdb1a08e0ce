"""Why two contacts may be one person, in words, the weightiest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.identity.levels import COMPARISONS, KINDS
from pipelines.identity.model import Model, shipped

_SLIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was compared."""

    field: str
    words: str
    times: float
    """How many times likelier it makes one person; below 1 it speaks for two."""

    @property
    def sentence(self) -> str:
        """The reason as a colleague reads it."""
        if 1 - _SLIGHT < self.times < 1 + _SLIGHT:
            return f"{self.words} (says little)"
        if self.times >= 1:
            return f"{self.words} ({_round(self.times)} times likelier one person)"
        return f"{self.words} ({_round(1 / self.times)} times likelier two people)"


def reasons(pair: Mapping[str, Any], model: Model | None = None) -> list[Reason]:
    """Returns what was found of each thing that was compared.

    What a level adds is counted from the comparison's middle level, so that the signs can be read.

    Args:
        pair: A row of `matching.PAIRS`.
        model: Weights; the shipped ones where none are given.
    """
    known = model or shipped()
    (kind,) = (kind for kind, levels in KINDS.items() if pair["name"] in levels)
    weights = known.by_kind[kind]
    found = []
    for comparison in COMPARISONS:
        words = {level.name: level.words for level in comparison.levels}
        if words[pair[comparison.name]]:
            of_level = weights.by_level[comparison.name]
            middle = of_level.get("missing", 0.0)
            times = 2.718281828 ** (of_level[pair[comparison.name]] - middle)
            found.append(Reason(comparison.name, words[pair[comparison.name]], times))
    return sorted(found, key=lambda reason: -max(reason.times, 1 / reason.times))


def in_one_line(pair: Mapping[str, Any], model: Model | None = None) -> str:
    """Returns the reasons as one line, for the history."""
    return "; ".join(reason.words for reason in reasons(pair, model))


def _round(times: float) -> str:
    return f"{times:.0f}" if times >= 10 else f"{times:.1f}"
