"""One metric of one treated arm beside the control: the numbers and what they say."""

from dataclasses import dataclass
from typing import Literal

from experiments.statistics.estimate import Estimate, Interval

Role = Literal["primary", "secondary", "guardrail"]
"""primary: decides; secondary: explains; guardrail: may not rise by more than its margin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An estimate with what is needed to read it."""

    metric: str
    role: Role
    arm: str
    control: str
    n_arm: int
    n_control: int
    n_missing: int
    is_share: bool
    """Whether every value is 0 or 1, so that means are shares."""
    margin: float | None
    estimate: Estimate

    @property
    def verdict(self) -> str:
        """What is shown, in plain words."""
        if self.estimate.ci is None:
            return f"not shown: {self.metric} does not vary, so nothing follows for {self.arm}"
        if self.margin is None:
            return self._verdict_on_effect(self.estimate.ci)
        return self._verdict_on_guardrail(self.estimate.ci, self.margin)

    def _verdict_on_effect(self, ci: Interval) -> str:
        low, high = self._number(ci.low), self._number(ci.high)
        if ci.low <= 0 <= ci.high:
            return (
                f"not shown: the interval includes zero; effects above {high} and below "
                f"{low}{self._unit} are excluded ({self.metric}, {self.arm} against {self.control})"
            )
        effect = self.estimate.effect
        return (
            f"shown: {self.arm} {'raises' if effect > 0 else 'lowers'} {self.metric} by "
            f"{self._number(abs(effect)).lstrip('+')}{self._unit} per unit against {self.control} "
            f"(interval {low} to {high}), {effect * self.n_arm:+,.4g} over its {self.n_arm:,} units"
        )

    def _verdict_on_guardrail(self, ci: Interval, margin: float) -> str:
        high, allowed = self._number(ci.high), f"{self._number(margin)}{self._unit} is allowed"
        if ci.high < margin:
            return f"holds: {self.metric} rises by at most {high}, {allowed}"
        if ci.low > margin:
            return f"broken: {self.metric} rises by at least {self._number(ci.low)}, {allowed}"
        return f"not shown to hold: {self.metric} may rise by {high}, {allowed}"

    @property
    def _unit(self) -> str:
        return " percentage points" if self.is_share else ""

    def _number(self, value: float) -> str:
        return f"{value * 100:+.3g}" if self.is_share else f"{value:+.4g}"
