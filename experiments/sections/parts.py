"""The sections as data: what the JSON of a readout may hold besides its metrics."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from experiments.statistics.estimate import Estimate, Interval


class Section(BaseModel):
    """A part of the readout; null where no number follows from the data."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Effect(Section):
    """An effect with its 95% interval."""

    effect: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    method: str

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        """Returns an estimate as an effect."""
        return cls.from_parts(estimate.effect, estimate.ci, estimate.p_value, estimate.method)

    @classmethod
    def from_parts(
        cls, effect: float | None, ci: Interval | None, p_value: float | None, method: str
    ) -> Self:
        """Returns the parts as one effect, for estimates that are no difference of means."""
        low, high = ci if ci else (None, None)
        return cls(effect=effect, ci_low=low, ci_high=high, p_value=p_value, method=method)

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return (
            self.ci_low is not None
            and self.ci_high is not None
            and (self.ci_low > 0 or self.ci_high < 0)
        )


class CovariateBalance(Section):
    """One covariate in two arms; `standardised` is the difference in standard deviations."""

    covariate: str
    mean_arm: float
    mean_control: float
    standardised: float


class Balance(Section):
    """Whether one treated arm and the control were alike before assignment."""

    arm: str
    control: str
    covariates: tuple[CovariateBalance, ...]
    p_value: float | None
    """Of all differences together."""
    method: str
    verdict: str


class Compliers(Section):
    """The effect on those who were reached because they were assigned to the arm."""

    metric: str
    arm: str
    control: str
    reached_arm: float
    reached_control: float
    first_stage_f: float | None
    is_weak: bool
    effect: Effect
    verdict: str


class SegmentEffect(Section):
    """The effect within one level of a segment; `p_adjusted` is corrected over all levels."""

    segment: str
    level: str
    metric: str
    arm: str
    control: str
    n_arm: int
    n_control: int
    effect: Effect
    p_adjusted: float | None


class Interaction(Section):
    """Whether the effect differs between the levels of a segment."""

    segment: str
    metric: str
    arm: str
    p_value: float | None
    p_adjusted: float | None
    """Corrected over all segments and arms."""
    verdict: str


class Segments(Section):
    """The primary metric by the segments that were named before."""

    levels: tuple[SegmentEffect, ...]
    interactions: tuple[Interaction, ...]


class QuantileEffect(Section):
    """The difference of one quantile between two arms."""

    metric: str
    quantile: float
    arm: str
    control: str
    value_arm: float
    value_control: float
    effect: Effect


class QiniPoint(Section):
    """Gain per unit of all units, where this share with the highest forecast is treated."""

    share: float
    gain: float


class Uplift(Section):
    """Whether a forecast finds those who gain more: a hint for the next trial, no finding."""

    metric: str
    arm: str
    control: str
    features: tuple[str, ...]
    is_exploratory: Literal[True] = True
    curve: tuple[QiniPoint, ...]
    qini: Effect
    """Area between the curve and ranking by chance."""
    verdict: str


class Sensitivity(Section):
    """The headline done in another way; it should say the same."""

    check: Literal["winsorised", "randomisation", "unadjusted"]
    metric: str
    arm: str
    control: str
    effect: Effect
    agrees: bool | None
    """Whether it excludes zero, on the same side, where the headline does, and only there."""


class Money(Section):
    """What the arm brought in all, beside the same with huge values cut."""

    metric: str
    arm: str
    control: str
    n_arm: int
    total: Effect
    winsorised_at: float
    """Value above which values were cut, a quantile of all arms together."""
    winsorised_quantile: float
    winsorised_total: Effect
    verdict: str


class FurtherSections(Section):
    """All sections; null where the spec does not ask, or may not be answered yet."""

    balance: tuple[Balance, ...] | None = None
    compliers: tuple[Compliers, ...] | None = None
    segments: Segments | None = None
    quantiles: tuple[QuantileEffect, ...] | None = None
    uplift: tuple[Uplift, ...] | None = None
    sensitivity: tuple[Sensitivity, ...] | None = None
    money: tuple[Money, ...] | None = None
