"""`movements.json`: what dashboards and the command line show of a comparison."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from experiments.movements.rules import Audience

State = Literal["up", "down", "flat", "cannot tell"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Movement(_Part):
    """A metric in two periods; `reason` says why nothing can be told of its change."""

    metric: str
    label: str
    unit: str
    keys: dict[str, str | None]
    """Dimension to value where the comparison was split."""
    state: State
    before: float | None
    after: float | None
    change: float | None
    ci_low: float | None
    ci_high: float | None
    p_adjusted: float | None
    """Of no change, two-sided, Holm over everything that was compared."""
    margin: float | None
    """A change of less matters to nobody."""
    n_before: int
    n_after: int
    before_days: tuple[date, date] | None
    after_days: tuple[date, date] | None
    reason: str


class Finding(_Part):
    """A rule whose movements are all there."""

    rule: str
    requirement: str | None
    audience: tuple[Audience, ...]
    keys: dict[str, str | None]
    headline: str
    evidence: tuple[Movement, ...]
    certainty: str
    """How sure it is, in a sentence; by the adjusted p of its weakest direction."""
    advice: str
    page: str


class Period(_Part):
    """First and last day of both periods."""

    before: tuple[date, date]
    after: tuple[date, date]


class Changes(_Part):
    """What changed; `quiet` says so in words where no rule is met, and is null elsewhere."""

    period: Period | None = None
    findings: tuple[Finding, ...]
    movements: tuple[Movement, ...]
    quiet: str | None
    caution: str
    """What the comparison cannot show."""
    experiments: tuple[str, ...] = ()
    """Pages of experiments, which can show it."""
