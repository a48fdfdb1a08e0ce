"""What an experiment promises before anybody is assigned: one YAML file, hashed as a whole."""

import math
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_serializer, field_validator, model_validator

from experiments.assignment import Draw
from experiments.canonical import canonical_json, sha256
from experiments.errors import SpecError
from experiments.spec_parts import (
    AnalysisPlan,
    Arm,
    Column,
    GlobalHoldout,
    Guardrail,
    Name,
    Part,
    Population,
    PowerPlan,
    Primary,
    Ratio,
    StopRule,
    Switchback,
)
from experiments.yaml_file import read_mapping

SHIPPED_SPECS = Path(__file__).parent / "specs"


class Spec(Part):
    """One experiment, as registered. Only id, arms, control and primary are needed."""

    id: Name
    version: int = Field(default=1, ge=1)
    hypothesis: str = ""
    population: Population | None = None
    unit: Literal["person", "account"] = "person"
    layer: Name = "default"
    """Experiments of one layer never share a unit; those of two layers are independent."""
    salt: Name | None = None
    part: tuple[float, float] = (0.0, 1.0)
    """Stretch of its layer that the experiment has, as [0, 0.5]; hash only."""
    global_holdout: GlobalHoldout | None = None
    method: Literal["hash", "permutation"] = "hash"
    blocks: tuple[Column, ...] = Field(default=(), strict=False)
    seed: int | None = None
    arms: dict[Arm, float]
    control: Arm
    primary: Primary
    secondary: tuple[Column, ...] = Field(default=(), strict=False)
    guardrails: dict[Column, Guardrail] = Field(default_factory=dict)
    ratios: dict[Name, Ratio] = Field(default_factory=dict)
    """Metrics that are a sum over a sum; primary, secondary and guardrails may name them."""
    covariates: tuple[Column, ...] = Field(default=(), strict=False)
    """What was measured before assignment and foretells the metrics, for CUPED."""
    cupac: tuple[Column, ...] = Field(default=(), strict=False)
    """What a cross-fitted model may foretell the metrics from; its forecast is one covariate."""
    cluster: Column | None = None
    contacted: Column | None = None
    """Whether a unit was really reached, for the effect on those who were."""
    assigned_at: Column | None = None
    money: Column | None = None
    """The metric in money, for total and winsorised effects."""
    winsorise: dict[Column, float] = Field(default_factory=dict)
    """Quantile above which values are cut in the sensitivity check, as 0.99."""
    quantiles: dict[Column, tuple[float, ...]] = Field(default_factory=dict)
    segments: tuple[Column, ...] = Field(default=(), strict=False)
    """Columns named before by which effects are looked at apart."""
    contrasts: tuple[tuple[Arm, Arm], ...] = Field(default=(), strict=False)
    """Pairs of treated arms that are compared besides, the second being the base."""
    switchback: Switchback | None = None
    analysis: AnalysisPlan = AnalysisPlan()
    power: PowerPlan | None = None
    stop_rules: tuple[StopRule, ...] = Field(default=(), strict=False)

    @property
    def treated(self) -> tuple[str, ...]:
        """The arms that are compared with the control, in declared order."""
        return tuple(arm for arm in self.arms if arm != self.control)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The arms that are compared, each with its base: with the control, then the contrasts."""
        return (*((arm, self.control) for arm in self.treated), *self.contrasts)

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

    @property
    def draw(self) -> Draw:
        """What decides a unit's arm by its hash."""
        held = self.global_holdout
        return Draw(
            salt=self.salt or "",
            shares=self.arms,
            part=self.part,
            held_out=(held.salt, held.share) if held else None,
        )

    @property
    def _named_columns(self) -> tuple[str | None, ...]:
        of_ratios = (c for r in self.ratios.values() for c in (r.numerator, r.denominator))
        others = (self.cluster, self.contacted, self.assigned_at)
        known = (*self.covariates, *self.cupac, *self.segments)
        return (*self.metrics, *of_ratios, *known, *self.quantiles, *self.winsorise, *others)

    @field_validator("part", mode="before")
    @classmethod
    def _part_as_tuple(cls, part: Any) -> Any:
        return tuple(map(float, part)) if isinstance(part, list) and len(part) == 2 else part

    @field_validator("contrasts", mode="before")
    @classmethod
    def _as_tuples(cls, pairs: Any) -> Any:
        return [tuple(pair) for pair in pairs] if isinstance(pairs, list) else pairs

    @field_validator("quantiles", mode="before")
    @classmethod
    def _levels_as_tuples(cls, levels: Any) -> Any:
        if not isinstance(levels, dict):
            return levels
        return {k: tuple(v) if isinstance(v, list) else v for k, v in levels.items()}

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
        if taken := next((c for c in self._named_columns if c in ("unit_id", "arm")), None):
            raise ValueError(
                f"the column {taken!r} tells each unit's {'id' if taken == 'unit_id' else 'arm'}, "
                "so that it can play no other part"
            )
        if self.cluster in columns:
            raise ValueError(f"the column {self.cluster!r} is the cluster and can be nothing else")
        if self.switchback and self.cluster:
            raise ValueError("a switchback randomises periods, so that it names no cluster")
        if unknown := [a for pair in self.contrasts for a in pair if a not in self.treated]:
            raise ValueError(
                f"contrasts name {unknown[0]!r}, but the treated arms are {', '.join(self.treated)}"
            )
        if self.money is not None and self.money not in self.metrics:
            raise ValueError(f"money is {self.money!r}, but must be one of the metrics")
        levels = [*self.winsorise.values(), *(q for qs in self.quantiles.values() for q in qs)]
        if any(not 0 < level < 1 for level in levels):
            raise ValueError("every quantile lies between 0 and 1")
        if self.method == "permutation" and self.seed is None:
            raise ValueError("method 'permutation' needs a seed, a whole number that nobody chose")
        if not 0 <= self.part[0] < self.part[1] <= 1:
            raise ValueError("part is a stretch of the layer, from a lower to a higher share of 1")
        if self.method == "permutation" and self.part != (0.0, 1.0):
            raise ValueError("part belongs to method 'hash', not to 'permutation'")
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
    "string_pattern_mismatch": "it may hold letters, digits, dot, dash and underscore only "
    "(an arm also spaces within)",
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
