"""One metric of one treated arm beside the control: the numbers and what they say."""

from dataclasses import dataclass
from typing import Literal

from experiments.plain_numbers import signed
from experiments.statistics.estimate import CONFIDENCE, Estimate, Interval
from experiments.statistics.noninferiority import MarginTest, margin_test

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
    estimate: Estimate | None
    """None while a window is open in a fixed trial, and where a secondary metric has no values."""
    is_measured: bool = True
    """Whether both arms have the two values that an estimate takes; unknown while hidden."""
    weight: float | None = None
    """What the effect is multiplied by for a total; None means by the units of the arm."""
    p_adjusted: float | None = None
    """Of a secondary metric: corrected over all of them."""

    @property
    def margin_test(self) -> MarginTest | None:
        """Of a guardrail: the test against its margin, and its power; none beside a sequence."""
        if self.margin is None or self.estimate is None or self.estimate.is_sequence:
            return None
        return margin_test(self.estimate, self.margin, n_arm=self.n_arm, n_control=self.n_control)

    @property
    def method(self) -> str:
        """How it was estimated, or why it was not."""
        if self.estimate is not None:
            return self.estimate.method
        return "none while windows are open" if self.is_measured else "none without values"

    @property
    def total_weight(self) -> float:
        """Units of the arm, or of a ratio the sum of its denominators there."""
        return self.n_arm if self.weight is None else self.weight

    @property
    def verdict(self) -> str:
        """What is shown, in plain words."""
        if not self.is_measured:
            return (
                f"not measured: {self.metric} has {self.n_arm:,} values of {self.arm} and "
                f"{self.n_control:,} of {self.control}, but needs two of each"
            )
        if self.estimate is None:
            return f"not shown yet: {self.metric} is not looked at before its windows close"
        if self.estimate.is_too_early:
            return f"not shown yet: {self.estimate.method} ({self.metric}, {self.arm})"
        if self.estimate.ci is None:
            return f"not shown: {self.metric} does not vary, so nothing follows for {self.arm}"
        if self.margin is None:
            return self._corrected(
                self._verdict_on_effect(self.estimate, self.estimate.ci), self.estimate
            )
        return self._verdict_on_guardrail(self.estimate.ci, self.margin)

    def _verdict_on_effect(self, estimate: Estimate, ci: Interval) -> str:
        low, high = self._number(ci.low), self._number(ci.high)
        if ci.low <= 0 <= ci.high:
            return (
                f"not shown: the interval includes zero; effects above {high} and below "
                f"{low}{self._unit} are excluded ({self.metric}, {self.arm} against {self.control})"
            )
        effect = estimate.effect
        total = f"{signed(effect * self.total_weight)} over its {self.n_arm:,} units"
        per = " per unit" if self.weight is None else ""
        return (
            f"shown: {self.arm} {'raises' if effect > 0 else 'lowers'} {self.metric} by "
            f"{self._number(abs(effect)).lstrip('+')}{self._unit}{per} against {self.control} "
            f"(interval {low} to {high}), {total}"
        )

    def _corrected(self, verdict: str, estimate: Estimate) -> str:
        p_value, p_adjusted = estimate.p_value, self.p_adjusted
        if self.role != "secondary" or p_value is None or p_adjusted is None:
            return verdict
        if not verdict.startswith("shown") or p_adjusted < 1 - CONFIDENCE:
            return verdict
        return (
            f"not shown: alone it would be (p = {p_value:.2g}), but not among all secondary "
            f"metrics (corrected p = {p_adjusted:.2g}); {verdict.removeprefix('shown: ')}"
        )

    def _verdict_on_guardrail(self, ci: Interval, margin: float) -> str:
        high, allowed = self._number(ci.high), f"{self._number(margin)}{self._unit} is allowed"
        if ci.high < margin:
            return f"holds: {self.metric} rises by at most {high}, {allowed}"
        if ci.low > margin:
            return f"broken: {self.metric} rises by at least {self._number(ci.low)}, {allowed}"
        test = self.margin_test
        chance = (
            f"; had nothing changed, the chance to show it was {test.power:.0%}" if test else ""
        )
        return f"not shown to hold: {self.metric} may rise by {high}, {allowed}{chance}"

    @property
    def _unit(self) -> str:
        return " percentage points" if self.is_share else ""

    def _number(self, value: float) -> str:
        return signed(value * 100, 3) if self.is_share else signed(value)
