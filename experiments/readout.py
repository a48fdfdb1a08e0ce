"""What an analysis says: the JSON that notebooks, MLflow, dashboards and people read."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from experiments.comparison import Comparison, Role
from experiments.contamination import Blur
from experiments.reproduction import Reproduction
from experiments.sections.parts import (
    Balance,
    Compliers,
    FurtherSections,
    Money,
    QuantileEffect,
    Segments,
    Sensitivity,
    Uplift,
)

_SECTIONS = frozenset(
    {*FurtherSections.model_fields, "deviations", "contamination", "reproduction"}
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SampleRatio(_Part):
    """Whether as many units are in each arm as the shares promised."""

    observed: dict[str, int]
    expected: dict[str, float]
    counted: Literal["units", "clusters", "periods"]
    """What was randomised: whole clusters or periods where the spec names them."""
    p_value: float
    is_mismatch: bool

    @property
    def verdict(self) -> str:
        """Why nothing can be shown where the arms have other sizes than were promised."""
        found = ", ".join(f"{arm} {count:,}" for arm, count in self.observed.items())
        planned = ", ".join(f"{arm} {count:,.1f}" for arm, count in self.expected.items())
        return (
            f"not shown: the arms may not be comparable; {self.counted} found: {found}, expected: "
            f"{planned} (sample ratio p = {self.p_value:.2g}); find out who is missing"
        )


class Windows(_Part):
    """How many units of each arm have been watched for the whole window, at the time of a look."""

    as_of: datetime
    days: int
    closed: dict[str, int]
    open: dict[str, int]
    last_closes_at: datetime

    @property
    def are_closed(self) -> bool:
        """Whether no unit is still being watched."""
        return not any(self.open.values())

    @property
    def left_out(self) -> str:
        """What a sequential trial leaves out, as an addition to its verdict; empty if nothing."""
        if self.are_closed:
            return ""
        return f"; {self._waiting:,} units are left out, since their window is open"

    @property
    def _waiting(self) -> int:
        return sum(self.open.values())

    @property
    def verdict(self) -> str:
        """Why nothing is shown while windows are open."""
        waiting = self._waiting
        return (
            f"not shown yet: the window of {self.days} days is still open for {waiting:,} of "
            f"{waiting + sum(self.closed.values()):,} units; the last one closes at "
            f"{self.last_closes_at:%Y-%m-%d %H:%M} UTC, and a fixed trial shows nothing before"
        )


class MetricReadout(_Part):
    """One metric of one treated arm against the control, by intention to treat.

    Effects and means are per unit; `total` is the effect times the units of the treated arm (of a
    ratio, times the sum of its denominators there).
    A bound or p-value is null where none follows from the data, as `method` says. With covariates
    the means are the adjusted ones, so that `effect = mean_arm - mean_control` always. While a
    window is open in a fixed trial, or no sequence has begun in a sequential one, the means and all
    that follows from them are null.
    """

    metric: str
    role: Role
    arm: str
    control: str
    n_arm: int
    n_control: int
    n_missing: int
    """Units of both arms without a value; they are left out."""
    is_share: bool
    mean_arm: float | None
    mean_control: float | None
    effect: float | None
    ci_low: float | None
    ci_high: float | None
    relative: float | None
    relative_ci_low: float | None
    relative_ci_high: float | None
    total: float | None
    total_ci_low: float | None
    total_ci_high: float | None
    p_value: float | None
    p_adjusted: float | None = None
    """Of a secondary metric: corrected over all of them; else the p-value itself."""
    method: str
    margin: float | None
    """For a guardrail: the rise that it allows."""
    p_margin: float | None = None
    """For a guardrail, one-sided: how likely so low a rise is were the true one the margin."""
    margin_power: float | None = None
    """For a guardrail: chance that it is shown to hold where nothing changes."""
    verdict: str

    @classmethod
    def of(cls, comparison: Comparison) -> Self:
        """Returns a comparison as one flat row."""
        made = comparison.estimate
        estimate = None if made is None or made.is_too_early else made
        ci = estimate.ci if estimate else None
        relative_ci = estimate.relative_ci if estimate else None
        p_value = estimate.p_value if estimate else None
        against_margin, weight = comparison.margin_test, comparison.total_weight
        is_corrected = comparison.role == "secondary"
        return cls(
            metric=comparison.metric,
            role=comparison.role,
            arm=comparison.arm,
            control=comparison.control,
            n_arm=comparison.n_arm,
            n_control=comparison.n_control,
            n_missing=comparison.n_missing,
            is_share=comparison.is_share,
            mean_arm=estimate.mean_arm if estimate else None,
            mean_control=estimate.mean_control if estimate else None,
            effect=estimate.effect if estimate else None,
            ci_low=ci.low if ci else None,
            ci_high=ci.high if ci else None,
            relative=estimate.relative if estimate else None,
            relative_ci_low=relative_ci.low if relative_ci else None,
            relative_ci_high=relative_ci.high if relative_ci else None,
            total=estimate.effect * weight if estimate else None,
            total_ci_low=ci.low * weight if ci else None,
            total_ci_high=ci.high * weight if ci else None,
            p_value=p_value,
            p_adjusted=comparison.p_adjusted if is_corrected else p_value,
            method=comparison.method,
            margin=comparison.margin,
            p_margin=against_margin.p_value if against_margin else None,
            margin_power=against_margin.power if against_margin else None,
            verdict=comparison.verdict,
        )


class Readout(_Part):
    """The answer to one registered question."""

    spec_id: str
    version: int
    spec_hash: str
    confidence: float
    verdict: str
    srm: SampleRatio
    metrics: tuple[MetricReadout, ...]
    mode: Literal["fixed", "sequential"] = "fixed"
    windows: Windows | None = None
    """Null where the spec does not name `assigned_at` and `primary.window_days`."""
    balance: tuple[Balance, ...] | None = None
    compliers: tuple[Compliers, ...] | None = None
    segments: Segments | None = None
    quantiles: tuple[QuantileEffect, ...] | None = None
    uplift: tuple[Uplift, ...] | None = None
    sensitivity: tuple[Sensitivity, ...] | None = None
    money: tuple[Money, ...] | None = None
    deviations: tuple[str, ...] | None = None
    """Where the analysis departs from what was registered; absent where nobody looked."""
    contamination: tuple[Blur, ...] | None = None
    reproduction: Reproduction | None = None
    """Absent where the readout was made in Python, from a table without a file."""

    @model_serializer(mode="wrap")
    def _without_empty_sections(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content = serialise(self)
        return {k: v for k, v in content.items() if v is not None or k not in _SECTIONS}

    @property
    def primary(self) -> MetricReadout:
        """The primary metric of the first treated arm: the headline."""
        return self.metrics[0]

    @property
    def is_hidden(self) -> bool:
        """Whether a fixed trial still waits for windows to close."""
        return self.mode == "fixed" and self.windows is not None and not self.windows.are_closed
