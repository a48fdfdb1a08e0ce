"""pricing.yaml: dated prices of all that the program uses up, and the plans of customers."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from pydantic import model_validator

from pipelines.costs.plan import Count, Part, Plan, Priced
from pipelines.documents import read_document
from pipelines.errors import PipelineError

SHIPPED = Path(__file__).parent / "pricing.yaml"


class DatedPrice(Priced):
    """A price from a day on, until the next."""

    valid_from: date
    version: str
    """The price list that it comes from."""
    a_day: Count | None = None
    """Of a standing cost, how much of it is used each day."""


class Cost(Part):
    """Something that the program uses up."""

    item: str
    unit: str
    about: str
    paid: str
    """Where it is paid for on a customer's invoice, or by whom."""
    prices: tuple[DatedPrice, ...]


class Pricing(Part):
    """The whole file."""

    costs: tuple[Cost, ...]
    plans: tuple[Plan, ...]
    assumed_per_conversation: dict[str, Count]

    @model_validator(mode="after")
    def _is_dated_once(self) -> "Pricing":
        seen: set[tuple[str, str, date]] = set()
        for cost, price in self.dated():
            key = (cost.item, cost.unit, price.valid_from)
            if key in seen:
                raise ValueError(
                    f"{cost.item} by {cost.unit} has two prices from {price.valid_from}"
                )
            seen.add(key)
        days = [plan.valid_from for plan in self.plans]
        if len(days) != len(set(days)):
            raise ValueError("two plans are valid from the same day")
        return self

    def dated(self) -> Iterator[tuple[Cost, DatedPrice]]:
        """Yields every price with what it prices, in the order of the file."""
        for cost in self.costs:
            for price in cost.prices:
                yield cost, price

    def price(self, item: str, unit: str, day: date) -> Priced:
        """Returns the price of a day, or why it has none."""
        known = [
            price
            for cost, price in self.dated()
            if (cost.item, cost.unit) == (item, unit) and price.valid_from <= day
        ]
        if known:
            return max(known, key=lambda price: price.valid_from)
        return Priced(price_usd=None, why_unknown=f"no price of {item} by {unit} on {day}")

    def plan(self, day: date) -> Plan:
        """Returns the plan of a day.

        Raises:
            PipelineError: No plan is that old.
        """
        if known := [plan for plan in self.plans if plan.valid_from <= day]:
            return max(known, key=lambda plan: plan.valid_from)
        first = min((plan.valid_from for plan in self.plans), default=None)
        raise PipelineError(
            f"{day}: pricing.yaml has no plan for this day; "
            + (f"the first is valid from {first}." if first else "it has none at all.")
        )

    def assumed(self, name: str) -> Decimal | None:
        """Returns how much of something a conversation brings with it, where nobody measured."""
        return self.assumed_per_conversation.get(name)


def load_pricing(path: Path = SHIPPED) -> Pricing:
    """Returns the prices of a file; a fault in it is one sentence.

    Raises:
        PipelineError: There is no such file, or a field breaks its rule.
    """
    if not path.is_file():
        raise PipelineError(f"{path}: there is no such file of prices.")
    return read_document(path, Pricing)
