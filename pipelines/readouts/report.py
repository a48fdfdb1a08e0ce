"""All figures of a run in one document: what the terminal, the page and MLflow show."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from experiments.readout import Readout


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Records(_Part):
    """What became of the rows of one canonical table; read = accepted + merged + quarantined."""

    source: str
    read: int
    accepted: int
    merged: int
    quarantined: int
    reasons: dict[str, int]


class Messages(_Part):
    """Messages that arrived at one side or the other."""

    agent_sent: int
    human_sent: int
    inbound: int


class Unknown(_Part):
    """Messages of which the server's answer was lost."""

    resolved: int
    open: int


class Lift(_Part):
    """The primary metric of the treated arm against the control."""

    metric: str
    arm: str
    control: str
    effect: float | None
    """Null while windows are open in a fixed trial."""
    ci_low: float | None
    ci_high: float | None
    p_value: float | None


class Planted(_Part):
    """What only a sandbox knows."""

    planted_effect: float
    planted_total: float
    base_rate: float
    planted_pipeline_usd: float | None = None
    """Per unit; null where the sandbox plays no deals."""


class Step(_Part):
    """One step of the funnel; `by_arm` is empty before anybody was assigned."""

    label: str
    note: str
    total: int
    by_arm: dict[str, int]


class Figure(_Part):
    """One value of a metric with what it is made of; `reason` says why a value is null."""

    value: float | None
    numerator: float | None
    denominator: float | None
    n: int
    reason: str


class MetricRow(_Part):
    """A metric, its definition and its values, over everybody and by arm."""

    name: str
    label: str
    unit: str
    description: str
    formula: str
    grain: str
    owner: str
    requirement: str
    total: Figure
    by_arm: dict[str, Figure]
    is_split: bool
    """Whether its values by arm mean anything."""


class Daily(_Part):
    """A count per day, by arm."""

    metric: str
    label: str
    days: tuple[date, ...]
    by_arm: dict[str, tuple[float, ...]]


class Line(_Part):
    """One message of a thread, in placeholder text."""

    at: datetime
    actor: str
    is_inbound: bool
    subject: str
    text: str
    intent: str | None


class Thread(_Part):
    """A whole conversation."""

    title: str
    arm: str
    playbook: str
    language: str
    lines: tuple[Line, ...]


class Check(_Part):
    """One data test of the warehouse."""

    name: str
    status: Literal["pass", "fail", "warn", "error", "skipped"]
    failures: int
    message: str


class Origin(_Part):
    """What the figures stand on, so that they can be made again."""

    experiment_id: str
    version: int
    spec_hash: str
    hypothesis: str
    window_days: int | None
    data_version: str
    """SHA-256 of the units that were analysed."""
    code_version: str
    first_day: date | None
    last_day: date | None
    made_at: datetime


class Report(_Part):
    """The report of one campaign run, written as report.json."""

    origin: Origin
    unit: str
    arms: tuple[str, ...]
    control: str
    records: tuple[Records, ...]
    people: dict[str, int]
    funnel: tuple[Step, ...]
    ineligible: dict[str, int]
    """People by the first reason why a campaign may not write to them."""
    messages: Messages
    unknown: Unknown
    replies: int
    meetings: dict[str, int]
    opt_outs: int
    sends_after_opt_out: int
    holdout_sends: int
    lift: Lift
    planted: Planted | None
    readout: Readout
    metrics: tuple[MetricRow, ...]
    daily: tuple[Daily, ...]
    threads: tuple[Thread, ...]
    checks: tuple[Check, ...]
    mlflow_run: str

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        """Data tests that are not as they should be."""
        return tuple(c for c in self.checks if c.status not in {"pass", "skipped"})
