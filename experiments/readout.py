"""What an analysis says: the JSON that notebooks, MLflow, dashboards and people read."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from experiments.comparison import Comparison, Role


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SampleRatio(_Part):
    """Whether as many units are in each arm as the shares promised."""

    observed: dict[str, int]
    expected: dict[str, float]
    counted: Literal["units", "clusters"]
    """What was randomised: whole clusters where the spec names a cluster."""
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


class MetricReadout(_Part):
    """One metric of one treated arm against the control, by intention to treat.

    Effects and means are per unit; `total` is the effect times the units of the treated arm.
    A bound or p-value is null where none follows from the data, as `method` says. With covariates
    the means are the adjusted ones, so that `effect = mean_arm - mean_control` always.
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
    mean_arm: float
    mean_control: float
    effect: float
    ci_low: float | None
    ci_high: float | None
    relative: float | None
    relative_ci_low: float | None
    relative_ci_high: float | None
    total: float
    total_ci_low: float | None
    total_ci_high: float | None
    p_value: float | None
    method: str
    margin: float | None
    """For a guardrail: the rise that it allows."""
    verdict: str

    @classmethod
    def of(cls, comparison: Comparison) -> Self:
        """Returns a comparison as one flat row."""
        estimate, ci, relative_ci = (
            comparison.estimate,
            comparison.estimate.ci,
            comparison.estimate.relative_ci,
        )
        return cls(
            metric=comparison.metric,
            role=comparison.role,
            arm=comparison.arm,
            control=comparison.control,
            n_arm=comparison.n_arm,
            n_control=comparison.n_control,
            n_missing=comparison.n_missing,
            is_share=comparison.is_share,
            mean_arm=estimate.mean_arm,
            mean_control=estimate.mean_control,
            effect=estimate.effect,
            ci_low=ci.low if ci else None,
            ci_high=ci.high if ci else None,
            relative=estimate.relative,
            relative_ci_low=relative_ci.low if relative_ci else None,
            relative_ci_high=relative_ci.high if relative_ci else None,
            total=estimate.effect * comparison.n_arm,
            total_ci_low=ci.low * comparison.n_arm if ci else None,
            total_ci_high=ci.high * comparison.n_arm if ci else None,
            p_value=estimate.p_value,
            method=estimate.method,
            margin=comparison.margin,
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

    @property
    def primary(self) -> MetricReadout:
        """The primary metric of the first treated arm: the headline."""
        return self.metrics[0]
