"""What an experiment promises before anybody is assigned: one YAML file, hashed as a whole."""

import math
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)

from experiments.canonical import canonical_json, sha256
from experiments.errors import SpecError
from experiments.yaml_file import read_mapping

SHIPPED_SPECS = Path(__file__).parent / "specs"

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
"""An id, arm or column: letters, digits, dot, dash, underscore."""

Column = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Population(_Part):
    """Who is randomised: the members of these segments."""

    segments: tuple[Name, ...] = Field(min_length=1, strict=False)


class Primary(_Part):
    """The one metric that decides, and its window in days counted from assignment."""

    metric: Column
    window_days: int | None = Field(default=None, gt=0)


class Guardrail(_Part):
    """A metric that may not rise by more than `margin`, in the metric's own unit."""

    margin: float = Field(gt=0)


class AnalysisPlan(_Part):
    """How often one may look: once after the window (fixed), or at any time (sequential)."""

    mode: Literal["fixed", "sequential"] = "fixed"


class Spec(_Part):
    """One experiment, as registered. Only id, arms, control and primary are needed."""

    id: Name
    version: int = Field(default=1, ge=1)
    hypothesis: str = ""
    population: Population | None = None
    unit: Literal["person", "account"] = "person"
    layer: Name = "default"
    salt: Name | None = None
    method: Literal["hash", "permutation"] = "hash"
    blocks: tuple[Column, ...] = Field(default=(), strict=False)
    seed: int | None = None
    arms: dict[Name, float]
    control: Name
    primary: Primary
    secondary: tuple[Column, ...] = Field(default=(), strict=False)
    guardrails: dict[Column, Guardrail] = {}
    covariates: tuple[Column, ...] = Field(default=(), strict=False)
    cluster: Column | None = None
    analysis: AnalysisPlan = AnalysisPlan()

    @property
    def treated(self) -> tuple[str, ...]:
        """The arms that are compared with the control, in declared order."""
        return tuple(arm for arm in self.arms if arm != self.control)

    @property
    def metrics(self) -> tuple[str, ...]:
        """All metric columns: primary, secondary, guardrails."""
        return (self.primary.metric, *self.secondary, *self.guardrails)

    @property
    def content(self) -> dict[str, Any]:
        """The spec as plain data, without the fields at their default; it loads again."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @cached_property
    def spec_hash(self) -> str:
        """SHA-256 of the content's canonical JSON: what was promised, in 64 hex digits."""
        return sha256(canonical_json(self.content))

    @field_validator("arms", mode="before")
    @classmethod
    def _from_pairs(cls, arms: Any) -> Any:
        are_pairs = isinstance(arms, list) and all(
            isinstance(p, list) and len(p) == 2 for p in arms
        )
        return dict(arms) if are_pairs else arms

    @field_serializer("arms")
    def _as_pairs(self, arms: dict[str, float]) -> list[tuple[str, float]]:
        """The order of the arms decides who gets which: pairs keep it where keys are sorted."""
        return list(arms.items())

    @field_validator("arms")
    @classmethod
    def _shares_make_a_whole(cls, arms: dict[str, float]) -> dict[str, float]:
        if len(arms) < 2:
            raise ValueError("an experiment needs at least two arms")
        if any(not 0 < share < 1 for share in arms.values()):
            raise ValueError("every share lies between 0 and 1")
        if not math.isclose(total := math.fsum(arms.values()), 1, abs_tol=1e-9):
            raise ValueError(f"shares must sum to 1, these sum to {total:g}")
        return arms

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if self.control not in self.arms:
            raise ValueError(f"control {self.control!r} must be one of the arms {list(self.arms)}")
        columns = (*self.metrics, *self.covariates)
        if twice := next((c for c in columns if columns.count(c) > 1), None):
            raise ValueError(f"the column {twice!r} may play one part only: metric or covariate")
        if self.method == "permutation" and self.seed is None:
            raise ValueError("method 'permutation' needs a seed, a whole number that nobody chose")
        if self.method == "hash" and (self.blocks or self.seed is not None):
            raise ValueError("blocks and seed belong to method 'permutation', not to 'hash'")
        return self


def load_spec(path: Path) -> Spec:
    """Returns the spec in a YAML file; raises `SpecError` naming file, field, value and rule."""
    content = read_mapping(path)
    try:
        return Spec.model_validate(content)
    except ValidationError as error:
        raise SpecError(f"{path}: {_sentence(error)}") from None


_RULES = {
    "dict_type": "it must be a mapping",
    "model_type": "it must be a mapping",
    "string_pattern_mismatch": "it may hold letters, digits, dot, dash and underscore only",
    "tuple_type": "it must be a list",
}


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    rule = _RULES.get(first["type"], first["msg"].removeprefix("Value error, "))
    if first["type"] == "missing":
        return f"the field {field!r} is missing, but every spec needs it"
    if first["type"] == "extra_forbidden":
        return f"the field {field!r} is unknown; known are {', '.join(Spec.model_fields)}"
    if not field:
        return rule
    return f"the field {field!r} is {first['input']!r}, but {rule[0].lower()}{rule[1:]}"
