"""The parts of a spec: who, what is measured, how it is looked at, when it stops."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _as_text(value: Any) -> Any:
    """A whole number as a name: YAML reads `control: 0` as one."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
"""An id or layer: letters, digits, dot, dash, underscore."""

Arm = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9_. -]*[A-Za-z0-9_.-])?$"),
]
"""An arm, as the data name it: as a name, and spaces within."""

Column = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]

Share = Annotated[float, Field(gt=0, lt=1)]


class Part(BaseModel):
    """A part that is read strictly: no unknown field, no guessed type, no infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Population(Part):
    """Who is randomised: the members of these segments, as one snapshot of the data knew them."""

    segments: tuple[Name, ...] = Field(min_length=1, strict=False)
    snapshot: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """SHA-256 of the data; empty where the population grows while the trial runs."""


class Primary(Part):
    """The one metric that decides, and its window in days counted from assignment."""

    metric: Column
    window_days: int | None = Field(default=None, gt=0)


class Guardrail(Part):
    """A metric that may not rise by more than `margin`, in the metric's own unit."""

    margin: float = Field(gt=0)


class Ratio(Part):
    """A metric that is a sum over a sum, as revenue per meeting; units are randomised still."""

    numerator: Column
    denominator: Column


class GlobalHoldout(Part):
    """People whom no campaign's agent writes to, under a salt that all campaigns share."""

    salt: Name
    share: Share


class AnalysisPlan(Part):
    """How one may look: once after the window (fixed), or at any time (sequential)."""

    mode: Literal["fixed", "sequential"] = "fixed"
    correction: Literal["holm", "benjamini-hochberg", "none"] = "holm"
    """Over the secondary metrics; the primary stands alone and needs none."""
    tightest_at: int | None = Field(default=None, gt=0)
    """Units of an arm at which a sequence is to be narrowest; by default the planned sample."""


class PowerPlan(Part):
    """What the trial is big enough to see; written into the registry with the sizes it needs."""

    baseline: Share
    mde_relative: float
    power: Share = 0.8
    alpha: Share = 0.05
    units_per_day: float | None = Field(default=None, gt=0)
    """Units that become eligible a day, from which a duration follows."""
    cluster_size: float = Field(default=1, ge=1)
    icc: float = Field(default=0, ge=0, le=1)
    """How alike the units of a cluster are."""
    r_squared: float = Field(default=0, ge=0, lt=1)
    """Part of the variance that the covariates foretell."""


class StopRule(Part):
    """When a campaign stops by itself: a metric beyond a bound once enough units are counted."""

    metric: Column
    """A metric of the semantic layer, or `sample_ratio` (its p-value), or `budget_usd`, or a
    guardrail of the spec: then the bound is on its rise against the control, in its own unit."""
    above: float | None = None
    below: float | None = None
    after: int = Field(default=0, ge=0)
    """Fewest counted units (or messages) from which it may speak."""
    tell: tuple[Name, ...] = Field(default=(), strict=False)
    """Who is told besides the campaign's owner."""

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError(f"the stop rule of {self.metric!r} needs either 'above' or 'below'")
        return self


class Switchback(Part):
    """Times instead of units are randomised, as a capacity test needs; the rows are units still."""

    period: Column
    """Column of the period in which a unit fell; a period is in one arm as a whole."""
    carry_over: int = Field(default=0, ge=0)
    """Periods after a switch that are left out, since what went before still acts."""
