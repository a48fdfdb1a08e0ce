"""Which metrics are watched and what their movements mean: `rules.yaml`, checked when read."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from experiments.errors import ExperimentError
from experiments.yaml_file import read_mapping

SHIPPED = Path(__file__).with_name("rules.yaml")

Direction = Literal["up", "down", "flat"]
"""Higher, lower, or shown to have changed by less than the margin."""

Audience = Literal["sales", "revops", "learning", "leadership"]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Watch(_Part):
    """How a metric is watched; changes of less than the margin matter to nobody."""

    margin: Positive | None = None
    """In the metric's unit."""
    margin_relative: Positive | None = None
    """As a part of the value before."""
    settles_days: Annotated[int, Field(ge=0)] = 0
    """Its last days are not yet what they will be, so both periods end so much earlier."""
    unit: str = "person"
    """The entity by which its values are had: what happens to one is not independent."""

    @model_validator(mode="after")
    def _has_one_margin(self) -> Self:
        if (self.margin is None) == (self.margin_relative is None):
            raise ValueError("give either `margin` or `margin_relative`")
        return self

    def margin_at(self, before: float) -> float:
        """Returns the margin in the metric's unit."""
        return self.margin if self.margin is not None else (self.margin_relative or 0) * abs(before)


class Rule(_Part):
    """Movements that together call for something; all of `when` must hold."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    requirement: Annotated[str, Field(pattern=r"^R\d+$")] | None = None
    audience: Annotated[tuple[Audience, ...], Field(min_length=1)]
    when: dict[str, Direction]
    headline: str
    advice: str
    page: str
    """The page of docs/ that helps."""

    @model_validator(mode="after")
    def _has_a_direction(self) -> Self:
        if not {"up", "down"} & set(self.when.values()):
            raise ValueError(f"{self.id}: at least one metric of `when` must go up or down")
        return self


class Rules(_Part):
    """The metrics that are watched, and the rules over them."""

    metrics: dict[str, Watch]
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if twice := next((name for name in ids if ids.count(name) > 1), None):
            raise ValueError(f"the rule {twice!r} stands there twice")
        for rule in self.rules:
            if lost := next((name for name in rule.when if name not in self.metrics), None):
                raise ValueError(f"{rule.id}: {lost!r} is not one of `metrics`")
        return self

    @property
    def directed(self) -> frozenset[str]:
        """Metrics of which a rule asks whether they went up or down."""
        pairs = (pair for rule in self.rules for pair in rule.when.items())
        return frozenset(name for name, way in pairs if way != "flat")


@lru_cache(maxsize=4)
def load_rules(path: Path = SHIPPED) -> Rules:
    """Returns the rules of a file; raises `ExperimentError` with one sentence."""
    content = read_mapping(path)
    try:
        return Rules.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ExperimentError(f"{path}: {place}: {first['msg']}") from None
