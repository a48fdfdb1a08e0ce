"""What a bake-off promises before anybody is drawn: one YAML file, from which the spec follows."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from experiments.bakeoff.rubric import DIMENSIONS
from experiments.canonical import canonical_json, sha256
from experiments.errors import BakeOffError, SpecError
from experiments.spec import Spec
from experiments.spec_parts import Column, Guardrail, Name, Part, Population, PowerPlan, Primary
from experiments.yaml_file import read_mapping

HOLDOUT = "holdout"
"""The arm whom no candidate writes to."""
ANSWERS = "answers"
"""Evidence of a criterion: what the candidate answered and proved, judged by people."""
WHOLE = 100
"""What the weights of the criteria sum to."""


class Scope(Part):
    """Where the candidates play: one segment, one channel, one playbook."""

    segment: Name
    channel: Name
    playbook: Name


class People(Part):
    """How many contacts a bake-off takes, and within which blocks they are drawn."""

    fewest: int = Field(default=50, ge=6)
    most: int = Field(default=100, ge=6)
    blocks: tuple[Column, ...] = Field(default=("segment",), strict=False)


class Candidate(Part):
    """One of those who are compared, and the words by which a reviewer would know it."""

    label: str = ""
    marks: tuple[str, ...] = Field(default=(), strict=False)


class Measure(Part):
    """What is measured of a candidate's own work and is nothing that a holdout could have."""

    numerator: Column
    denominator: Column | None = None
    """Left out, each unit with a value counts once."""
    summary: Literal["mean", "median"] = "mean"
    better: Literal["higher", "lower"] = "higher"


class Review(Part):
    """The daily review: so many threads of each candidate, each read by so many reviewers."""

    threads_per_day: int = Field(default=10, ge=1)
    reviewers: int = Field(default=2, ge=1, le=5)


class Criterion(Part):
    """A line of the scorecard: what it weighs, and the evidence of which it is the mean."""

    weight: float = Field(ge=0, le=WHOLE)
    evidence: tuple[str, ...] = Field(min_length=1, strict=False)
    """`answers`, `review.DIMENSION` or `measure.NAME`."""


class BakeOff(Part):
    """One bake-off, as registered."""

    id: Name
    version: int = Field(default=1, ge=1)
    kind: Literal["playbook", "model", "vendor", "agent"]
    scope: Scope
    people: People = People()
    candidates: dict[Name, Candidate]
    arms: dict[Name, float]
    seed: int
    layer: Name = "outbound"
    primary: Primary
    secondary: tuple[Column, ...] = Field(default=(), strict=False)
    guardrails: dict[Column, Guardrail] = Field(default_factory=dict)
    measures: dict[Name, Measure] = Field(default_factory=dict)
    power: PowerPlan
    review: Review = Review()
    must_haves: dict[Name, str] = Field(default_factory=dict)
    criteria: dict[Name, Criterion]

    @property
    def names(self) -> tuple[str, ...]:
        """The candidates, in declared order."""
        return tuple(self.candidates)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every two candidates, the second being the base."""
        names = self.names
        return tuple((a, b) for i, a in enumerate(names) for b in names[i + 1 :])

    @property
    def digest(self) -> str:
        """SHA-256 of the whole plan; the spec carries it, so that weights are registered too."""
        return sha256(canonical_json(self.model_dump(mode="json")))

    def label(self, name: str) -> str:
        """Returns what a page calls a candidate or the holdout."""
        known = self.candidates.get(name)
        return known.label if known and known.label else name

    def to_spec(self) -> Spec:
        """Returns the experiment that the registry keeps and that draws and analyses the arms."""
        names = " and ".join(self.names)
        return Spec(
            id=self.id,
            version=self.version,
            hypothesis=(
                f"Of {names} one brings more {self.primary.metric} than the other, and than nobody "
                f"({self.scope.segment}, {self.scope.channel}, {self.scope.playbook}); bake-off "
                f"plan {self.digest}."
            ),
            population=Population(segments=(self.scope.segment,)),
            layer=self.layer,
            method="permutation",
            blocks=self.people.blocks,
            seed=self.seed,
            arms=self.arms,
            control=HOLDOUT,
            primary=self.primary,
            secondary=self.secondary,
            guardrails=self.guardrails,
            assigned_at="assigned_at" if self.primary.window_days else None,
            contrasts=self.pairs,
            power=self.power,
        )

    @model_validator(mode="after")
    def _candidates_are_arms(self) -> Self:
        if len(self.candidates) < 2:
            raise ValueError("a bake-off needs at least two candidates")
        if HOLDOUT not in self.arms:
            raise ValueError(
                f"the arms are {', '.join(self.arms)}, but one must be {HOLDOUT!r}, whom no "
                "candidate writes to"
            )
        if set(self.arms) != {*self.candidates, HOLDOUT}:
            raise ValueError(
                f"the arms are {', '.join(self.arms)}, but must be the candidates "
                f"({', '.join(self.candidates)}) and {HOLDOUT!r}"
            )
        if self.people.most < self.people.fewest:
            raise ValueError(
                f"people.most is {self.people.most}, but must be at least people.fewest "
                f"({self.people.fewest})"
            )
        return self

    @model_validator(mode="after")
    def _weights_make_a_whole(self) -> Self:
        total = sum(criterion.weight for criterion in self.criteria.values())
        if abs(total - WHOLE) > 1e-9:
            raise ValueError(f"the weights sum to {total:g}, but must sum to {WHOLE}")
        known = {ANSWERS, *(f"review.{d}" for d in DIMENSIONS)}
        known |= {f"measure.{name}" for name in self.measures}
        for name, criterion in self.criteria.items():
            if unknown := [part for part in criterion.evidence if part not in known]:
                raise ValueError(
                    f"the criterion {name!r} names the evidence {unknown[0]!r}, but there are "
                    f"{', '.join(sorted(known))}"
                )
            if len(set(criterion.evidence)) < len(criterion.evidence):
                raise ValueError(f"the criterion {name!r} names an evidence twice")
        return self

    @model_validator(mode="after")
    def _measures_are_no_outcomes(self) -> Self:
        outcomes = {self.primary.metric, *self.secondary, *self.guardrails}
        used = {part for criterion in self.criteria.values() for part in criterion.evidence}
        for name, measure in self.measures.items():
            if {measure.numerator, measure.denominator} & outcomes:
                raise ValueError(
                    f"the measure {name!r} reads an outcome of the trial, which stays hidden until "
                    "its windows close"
                )
            if f"measure.{name}" in used and measure.better == "lower":
                raise ValueError(
                    f"the measure {name!r} is better when lower, but a criterion counts shares "
                    "that are better when higher"
                )
            if measure.summary == "median" and measure.denominator:
                raise ValueError(f"the measure {name!r} is a median, which has no denominator")
        return self


def load_bakeoff(path: Path) -> BakeOff:
    """Returns the plan in a YAML file; raises `BakeOffError`: file, field, value and rule."""
    try:
        plan = BakeOff.model_validate(read_mapping(path))
    except ValidationError as error:
        raise BakeOffError(f"{path}: {_sentence(error)}") from None
    except SpecError as error:
        raise BakeOffError(str(error)) from None
    try:
        plan.to_spec()
    except ValidationError as error:
        raise BakeOffError(f"{path}: {_sentence(error)}") from None
    return plan


def _sentence(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    rule = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"the field {field!r} is missing, but every bake-off needs it"
    if first["type"] == "extra_forbidden":
        return f"the field {field!r} is unknown; known at the top are {', '.join(_FIELDS)}"
    if not first["loc"]:
        return rule
    return f"the field {field!r} is {first['input']!r}, but {rule[0].lower()}{rule[1:]}"


_FIELDS = tuple(BakeOff.model_fields)
