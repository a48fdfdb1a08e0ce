"""The answer of one experiment as it was published, with the places of its intervals."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bar(_Part):
    """One effect with its interval: places in percent of the width, and the same in words."""

    label: str
    note: str
    effect: str
    interval: str
    at: float | None
    low: float | None
    high: float | None
    margin: float | None
    excludes_zero: bool
    in_words: str


class Forest(_Part):
    """Effects over one axis, which always shows zero."""

    caption: str
    unit: str
    bars: tuple[Bar, ...]
    zero: float
    ticks: tuple[tuple[float, str], ...]
    has_margin: bool


class Arm(_Part):
    """One arm: who was found in it, and how many were to be."""

    name: str
    is_control: bool
    observed: int
    expected: float


class Line(_Part):
    """One metric of one arm against the control, in words."""

    metric: str
    role: str
    arm: str
    control: str
    n_arm: int
    n_control: int
    value: float | None
    """The effect, in the metric's own unit; shares as parts of 1."""
    low: float | None
    high: float | None
    change: float | None
    """The effect as a part of the control's mean."""
    mean_arm: str
    mean_control: str
    effect: str
    interval: str
    relative: str
    p_value: str
    state: str
    """`Shown`, `Not shown`, `Holds`, …"""
    said: str


class Blur(_Part):
    """What may have blurred the arms."""

    kind: str
    count: int
    is_measured: bool
    reading: str


class Experiment(_Part):
    """What an experiment asked, and what it says."""

    format: Literal[1] = 1
    id: str
    version: int
    question: str
    mode: Literal["fixed", "sequential"]
    unit: str
    control: str
    window: str
    """For how long a unit is watched, and whether all windows are closed."""
    as_registered: str
    """Whether it is what was promised, and who approved it."""
    deviations: tuple[str, ...]
    headline: str
    answers: tuple[str, ...]
    is_shown: bool
    """False while nothing may be shown: windows are open, or arms are not comparable."""
    arms: tuple[Arm, ...]
    sample_ratio: str
    is_mismatch: bool
    primary: Forest | None
    secondary: tuple[Forest, ...]
    guardrails: tuple[Forest, ...]
    segments: tuple[Forest, ...]
    lines: tuple[Line, ...]
    blurs: tuple[Blur, ...] | None
    """None where nobody looked."""
    money: tuple[str, ...]
    command: str
    """What gives the same answer again."""
    code_version: str
    data_version: str

    @property
    def holdout(self) -> Blur | None:
        """Whether the agent wrote to the control, as far as that was looked for."""
        kind = "agent_sends_to_control"
        return next((one for one in self.blurs or () if one.kind == kind), None)

    @property
    def guards(self) -> tuple[Line, ...]:
        """The guardrails, each against its margin."""
        return tuple(line for line in self.lines if line.role == "guardrail")


class Registered(_Part):
    """A question that was promised, whether it has an answer or not."""

    id: str
    version: int
    question: str
    approver: str
    registered_at: datetime
    arms: tuple[str, ...]

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Self:
        """Returns what a line of the log says."""
        spec = line["spec"]
        return cls(
            id=line["spec_id"],
            version=line["version"],
            question=" ".join(str(spec.get("hypothesis", "")).split()),
            approver=line["approver"],
            registered_at=line["registered_at"],
            arms=tuple(name for name, *_ in spec.get("arms", ())),
        )


class Decision(_Part):
    """What was decided about a campaign: by a stop rule, or by somebody."""

    what: str
    campaign: str
    experiment: str
    by: str
    why: str
    at: datetime

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Self:
        """Returns what a line of the log says."""
        rules = "; ".join(str(rule["said"]) for rule in line.get("rules", ()))
        return cls(
            what=line["decision"],
            campaign=line.get("campaign_id", ""),
            experiment=line.get("experiment_id", ""),
            by=line.get("by", ""),
            why=rules or line.get("why", ""),
            at=line["decided_at"],
        )
