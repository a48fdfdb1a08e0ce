"""What is fixed before the first look at a sequential trial."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LookPlan:
    """What was fixed before the first look and makes a sequence narrow where it matters."""

    share: float
    """Part of the two arms' units that is randomised into the treated one."""
    tightest_at: float
    """Units of the treated arm at which the sequence is to be narrowest."""
    baseline: float | None = None
    """Expected share of units with an event."""

    def progress(self, n_control: int, n_arm: int) -> float:
        """Returns how far the trial is towards that sample, by what both arms are worth."""
        return (1 / (self.tightest_at * (1 - self.share))) / (1 / n_arm + 1 / n_control)
