"""What a customer is invoiced: charges, what each counts, what is included, what more costs."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Model = Literal["seat", "usage", "hybrid"]
"""By people, by what is used, or both."""

Kind = Literal["fixed", "seat", "usage"]
"""Once a month; by contracted seat; by what was counted."""

Usd = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class Part(BaseModel):
    """A part of pricing.yaml; a field that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Priced(Part):
    """A price, or why nobody knows it."""

    price_usd: Usd | None
    why_unknown: str = ""

    @model_validator(mode="after")
    def _is_known_or_explained(self) -> "Priced":
        if (self.price_usd is None) != bool(self.why_unknown):
            raise ValueError("a price is a number, or null with `why_unknown`, and never both")
        return self


class Tier(Priced):
    """The price of each unit above what is included, up to the `up_to`-th of them."""

    up_to: Count | None = None
    """None: whatever comes after the tiers before it."""


class Meter(Part):
    """Rows of the ledger that a charge counts."""

    item: str
    unit: str


class Charge(Part):
    """One line of the invoice."""

    name: str
    kind: Kind
    label: str
    about: str
    """What counts as one."""
    counts: Meter | None = None
    quantity: Count = Decimal(1)
    """Of a seat, how many are contracted; of a fixed charge, one."""
    included: Count = Decimal(0)
    overage: Annotated[tuple[Tier, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_sound(self) -> "Charge":
        if (self.kind == "usage") != (self.counts is not None):
            raise ValueError(f"{self.name}: a charge by usage says what it `counts`, no other does")
        bounds = [tier.up_to for tier in self.overage]
        is_rising = all(b is None or (a is not None and a < b) for a, b in pairwise(bounds))
        if bounds[-1] is not None or None in bounds[:-1] or not is_rising:
            raise ValueError(f"{self.name}: `up_to` rises from tier to tier, and the last has none")
        return self


class NotBilled(Part):
    """Something that a customer might fear to pay for."""

    name: Literal["failed", "unknown", "by_people", "holdout", "test_people"]
    label: str
    about: str


class Environment(Part):
    """Where the program runs; `included` is None for any number."""

    name: Literal["production", "sandbox"]
    included: int | None
    is_billed: bool


class Plan(Part):
    """The pricing model from a day on."""

    version: str
    valid_from: date
    model: Model
    charges: tuple[Charge, ...]
    not_billed: tuple[NotBilled, ...]
    environments: tuple[Environment, ...]
    spike: str
    """What happens when volume jumps in the middle of a month."""

    @model_validator(mode="after")
    def _is_its_model(self) -> "Plan":
        kinds = {charge.kind for charge in self.charges} - {"fixed"}
        wanted = {"seat", "usage"} if self.model == "hybrid" else {self.model}
        if kinds != wanted:
            raise ValueError(
                f"model {self.model} has charges by {' and '.join(sorted(wanted))}, "
                f"but these are by {' and '.join(sorted(kinds)) or 'neither'}"
            )
        names = [charge.name for charge in self.charges]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the charge {twice!r} stands there twice")
        return self

    def environment(self, name: str) -> Environment:
        """Returns what the plan says of an environment; one that it does not name is billed."""
        named = (e for e in self.environments if e.name == name)
        return next(named, Environment(name="production", included=None, is_billed=True))
