"""What a fit model may look at, as data: outcome, features, and what is never one."""

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.documents import find_document, read_document
from pipelines.errors import PipelineError

SHIPPED = Path(__file__).parent / "specs"

STABLE = frozenset(
    {
        "accounts.industry",
        "accounts.employees",
        "accounts.revenue_usd",
        "contacts.seniority",
    }
)
"""Columns that no deal changes, so that today's value stands for the one before a deal."""

COUNTED = frozenset(
    {
        "opportunities.won_before",
        "opportunities.lost_before",
        "signals.intents_before",
        "signals.forms_before",
        "signals.events_before",
        "activities.touches_before",
        "usage.active_days_before",
    }
)
"""Counts that `fit.features` makes of what is dated before the cut-off, and of nothing else."""

PROTECTED = (
    "name",
    "gender",
    "sex",
    "age",
    "birth",
    "ethnic",
    "race",
    "religion",
    "nationality",
    "disab",
    "health",
    "marital",
    "pregnan",
    "orientation",
    "politic",
    "union",
    "title",
)
"""Words of columns that say, or let one guess, what Article 9 of the GDPR and Title VII protect.

Regulation (EU) 2016/679, art. 9; 42 U.S.C. 2000e-2. A title is a salutation in some exports."""

PROXIES = ("country", "language", "time_zone", "territory", "city", "region", "postal", "zip")
"""Words of columns that stand for where somebody comes from; only a written reason lets one in."""


class _Authored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Feature(_Authored):
    """One thing that the model may look at."""

    field: str = Field(pattern=r"^[a-z]+\.[a-z][a-z0-9_]*$")
    kind: Literal["number", "category", "count"]
    words: str
    """How a rep reads it, with `{value}`: "{value} employees"."""
    known_before: str = ""
    """For a column of a mapping (`x_...`): why its value stands before the outcome does."""

    @field_validator("words")
    @classmethod
    def _has_a_place(cls, words: str) -> str:
        if "{value}" not in words:
            raise ValueError("the words need {value} where the record's own value goes")
        return words


class Outcome(_Authored):
    """What is learnt: deals of accounts, or a yes or no of contacts."""

    unit: Literal["deal", "contact"] = "deal"
    field: str = ""
    """For contacts: the column that says yes or no."""

    @model_validator(mode="after")
    def _has_a_field(self) -> "Outcome":
        if (self.unit == "contact") != bool(self.field):
            raise ValueError("unit = 'contact' needs a field, and unit = 'deal' has none")
        return self


class Enough(_Authored):
    """How much history a model needs at least, in both periods together and in the later one."""

    won: int = Field(default=50, ge=10)
    lost: int = Field(default=50, ge=10)
    later_won: int = Field(default=15, ge=5)
    later_lost: int = Field(default=15, ge=5)


class Bands(_Authored):
    """Where a score is high or low: the probability by the average one."""

    high: float = Field(default=1.5, gt=1)
    low: float = Field(default=0.67, gt=0, lt=1)


class Drift(_Authored):
    """From where on a check warns and fails.

    Population stability index: 0.1 and 0.25 are the customary marks of credit scoring (Siddiqi
    2006, Credit Risk Scorecards, ch. 8). Calibration: 95% and 99.9% of chance alone.
    """

    psi_warns: float = Field(default=0.1, gt=0)
    psi_fails: float = Field(default=0.25, gt=0)
    outcomes: int = Field(default=30, ge=10)
    """New outcomes below which calibration is not judged."""
    z_warns: float = Field(default=1.96, gt=0)
    z_fails: float = Field(default=3.29, gt=0)


class FitSpec(_Authored):
    """A fit model as people write it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    version: int = Field(ge=1)
    description: str
    outcome: Outcome = Outcome()
    features: tuple[Feature, ...] = Field(min_length=1)
    allow: dict[str, str] = Field(default_factory=dict)
    """Proxies that may be features all the same, with the reason that somebody answers for."""
    later_share: float = Field(default=0.3, gt=0.1, lt=0.6)
    """Share of the outcomes, the latest, on which the model is measured and not trained."""
    enough: Enough = Enough()
    bands: Bands = Bands()
    drift: Drift = Drift()
    leak_auc: float = Field(default=0.95, gt=0.8, le=1)
    """A single feature that tells won from lost so well is taken for the outcome itself."""

    @model_validator(mode="after")
    def _may_be_features(self) -> "FitSpec":
        fields = [feature.field for feature in self.features]
        for feature in self.features:
            if fields.count(feature.field) > 1:
                raise ValueError(f"features: {feature.field} stands twice")
            if why := why_not(feature, self.allow, self.outcome):
                raise ValueError(f"features: {feature.field} {why}")
        return self

    @property
    def label(self) -> str:
        """Id and version."""
        return f"{self.id}@{self.version}"


def why_not(feature: Feature, allow: dict[str, str], outcome: Outcome) -> str:
    """Returns why a column may not be a feature; empty where it may."""
    table, _, column = feature.field.partition(".")
    is_own = table in {"accounts", "contacts"} and column.startswith("x_")
    parts = set(re.split(r"_+", column.removeprefix("x_")))
    if feature.field == outcome.field:
        return "is the outcome itself"
    if any(_says(part, word) for part in parts for word in PROTECTED):
        return "may say what the law protects, and is never a feature"
    if any(word in column for word in PROXIES):
        is_allowed = bool(allow.get(feature.field, "").strip())
        return "" if is_allowed else "may stand for where somebody comes from; say why in `allow`"
    if is_own and not feature.known_before.strip():
        return "comes from the export; say under `known_before` why no outcome changes it"
    if is_own or feature.field in STABLE | COUNTED:
        return ""
    return (
        "may be written after the outcome is known; features are "
        f"{', '.join(sorted(STABLE | COUNTED))}, and columns x_… of a mapping"
    )


def _says(part: str, word: str) -> bool:
    """Short words are whole, since an agent is no age; long ones begin, as in disability."""
    return part == word or (len(word) > 4 and part.startswith(word)) or part.endswith("name")


def load_fit_spec(name: str) -> FitSpec:
    """Returns a shipped fit model by name, or the one in a YAML file."""
    return read_document(find_document(name, SHIPPED), FitSpec)


class FitError(PipelineError):
    """History or a model that cannot be used, and what to do."""
