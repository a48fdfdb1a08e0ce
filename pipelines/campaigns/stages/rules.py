"""The states as data: what each lets a campaign do, and what it takes to enter it."""

from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, TypeAdapter, model_validator

from agent_runtime.authored import load_yaml
from agent_runtime.campaign_stage import StageBounds
from agent_runtime.domain import Autonomy
from pipelines.campaigns.parts import Part
from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError

FILE = Path(__file__).with_name("rules.yaml")

Stage = Literal["sandbox", "pilot", "hardening", "scale"]
"""sandbox: test addresses only; pilot: few people, looked at daily; hardening: tightened rules;
scale: as the campaign's file says."""

STAGES: tuple[Stage, ...] = get_args(Stage)


class Bounds(Part):
    """What a state lets a campaign do; None binds nothing."""

    tests_only: bool = False
    autonomy: Autonomy
    segments: int | None = Field(default=None, ge=1)
    channels: int | None = Field(default=None, ge=1)
    people: int | None = Field(default=None, ge=1)
    """All that were ever queued."""
    people_a_day: int | None = Field(default=None, ge=1)
    """First touches that fall on one day, UTC."""
    daily_review: bool = False
    """Whether a day is queued only when somebody has looked at the one before."""


class Criterion(Part):
    """One thing that has to be met before a state is entered."""

    id: str = Field(pattern=r"^[a-z_]+$")
    title: str
    metric: str = ""
    """Of the semantic layer; without one the id names a check of `checks.CHECKS`."""
    at_least: float | None = None
    at_most: float | None = None
    least_n: int = Field(default=0, ge=0)
    todo: str

    @model_validator(mode="after")
    def _has_one_bound(self) -> "Criterion":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"{self.id}: give at_least or at_most, and not both")
        return self

    @property
    def bound(self) -> str:
        """The bound in words."""
        word, limit = ("at least", self.at_least) if self.at_least is not None else ("at most", 0)
        limit = self.at_most if self.at_most is not None else limit
        rests = f" over at least {self.least_n}" if self.least_n else ""
        return f"{word} {limit:g}{rests}"

    def holds(self, value: float) -> bool:
        """Says whether a value is within the bound."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


class Rule(Part):
    """One state."""

    id: Stage
    says: str
    bounds: Bounds
    entry: tuple[Criterion, ...] = ()

    @property
    def told(self) -> StageBounds:
        """What the runtime is told."""
        bounds = self.bounds
        return StageBounds(self.id, tests_only=bounds.tests_only, autonomy=bounds.autonomy)


@cache
def rules(path: Path = FILE) -> dict[Stage, Rule]:
    """Returns the states in their order.

    Raises:
        ValueError: the file leaves a state out, or has them in another order.
    """
    written = TypeAdapter(tuple[Rule, ...]).validate_python(load_yaml(path.read_text("utf-8")))
    if tuple(rule.id for rule in written) != STAGES:
        raise ValueError(f"{path.name}: its states must be {', '.join(STAGES)}, in this order.")
    return {rule.id: rule for rule in written}


def stage_named(name: str) -> Stage:
    """Returns a state by name.

    Raises:
        PipelineError: there is none.
    """
    for stage in STAGES:
        if stage == name:
            return stage
    raise PipelineError(
        f"state {name!r} is unknown{did_you_mean(name, STAGES)}; use one of {', '.join(STAGES)}."
    )
