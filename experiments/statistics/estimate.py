"""The difference between two arms and how far it can be trusted."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
"""Of every two-sided interval."""

FEW_EVENTS = 20
"""Fewer events or non-events than this in an arm, and a share's interval is Newcombe's: with a 10%
holdout the textbook's covers 94.3% at 20 events, 93.4% at 10 and 86% at 2 (computed exactly)."""


class Interval(NamedTuple):
    """Both ends of a two-sided interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One arm: a value a unit, and what was known of each unit before assignment."""

    values: NDArray[np.float64]
    covariates: NDArray[np.float64]
    """One column a covariate; no column where the spec names none."""
    cluster_ids: NDArray[np.int64]
    """The cluster of each unit as a number; empty where units were randomised one by one."""

    @property
    def variance(self) -> float:
        """The variance between units; exactly 0 where all values are the same."""
        if (self.values == self.values[0]).all():
            return 0.0
        return float(self.values.var(ddof=1))

    @property
    def is_still(self) -> bool:
        """Whether all values are the same."""
        return bool(self.values.min() == self.values.max())


@dataclass(frozen=True, slots=True)
class Estimate:
    """A difference of means in the metric's own unit, arm minus control.

    An interval or p-value is None where the data have no variation to draw it from; the relative
    effect and its interval where a mean is not above zero by enough to be compared by its ratio.
    """

    mean_arm: float
    mean_control: float
    method: str
    ci: Interval | None = None
    p_value: float | None = None
    relative_ci: Interval | None = None
    standard_error: float | None = None
    """Of the effect; None where the interval is not made of one."""
    freedom: float | None = None
    """Degrees of freedom of Student's t, where there is a standard error."""
    is_sequence: bool = False
    """Whether interval and p-value hold at every look, all looks together."""
    is_too_early: bool = False
    """Whether it is too early in the trial for an interval; a later look may have one."""

    @property
    def effect(self) -> float:
        """The difference, arm minus control."""
        return self.mean_arm - self.mean_control

    @property
    def relative(self) -> float | None:
        """The difference as a part of the control's mean."""
        return None if self.relative_ci is None else self.effect / self.mean_control
