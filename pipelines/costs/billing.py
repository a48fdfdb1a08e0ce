"""The arithmetic of an invoice: what was counted, times what a plan asks; money in Decimal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pipelines.costs.plan import Charge, Plan

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a line that has one price; `price_usd` is None where nobody knows it."""

    quantity: Decimal
    price_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Line:
    """One charge of a month.

    Attributes:
        name: The charge's name in the plan.
        label: What people call it.
        about: What counts as one.
        quantity: What was counted, or contracted.
        included: How much of it the plan includes.
        steps: What is paid for, by price, cheapest reading first to last unit.
        amount_usd: In cents; None when a price is unknown, see `why_unknown`.
        why_unknown: Why there is no amount; empty when there is one.
    """

    name: str
    label: str
    about: str
    quantity: Decimal
    included: Decimal
    steps: tuple[Step, ...]
    amount_usd: Decimal | None
    why_unknown: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """Money of which a part may be unknown; then it is at least `usd`."""

    usd: Decimal
    unknown: tuple[str, ...] = ()
    """What is not in it."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is unknown."""
        return not self.unknown


def bill(plan: Plan, counted: Mapping[str, Decimal], *, seats: Decimal | None = None) -> list[Line]:
    """Returns one line a charge, in the order of the plan.

    Args:
        plan: Says what each counts and costs.
        counted: Units of each charge by usage in the month; what is missing was not used.
        seats: Contracted seats; by default the plan's.
    """
    return [_line(charge, _quantity(charge, counted, seats)) for charge in plan.charges]


def total(lines: Iterable[Line]) -> Sum:
    """Returns the sum of the amounts that are known, and what is missing from it."""
    lines = list(lines)
    known = sum((line.amount_usd for line in lines if line.amount_usd is not None), ZERO)
    return Sum(known.quantize(CENT), tuple(x.label for x in lines if x.amount_usd is None))


def in_cents(amount: Decimal) -> Decimal:
    """Returns an amount in whole cents, half a cent upwards."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def _quantity(charge: Charge, counted: Mapping[str, Decimal], seats: Decimal | None) -> Decimal:
    if charge.kind == "usage":
        return counted.get(charge.name, ZERO)
    if charge.kind == "seat" and seats is not None:
        return seats
    return charge.quantity


def _line(charge: Charge, quantity: Decimal) -> Line:
    steps = tuple(_steps(charge, max(quantity - charge.included, ZERO)))
    known = [s.quantity * s.price_usd for s in steps if s.price_usd is not None]
    why = next((t.why_unknown for t in charge.overage if t.price_usd is None), "")
    is_known = len(known) == len(steps)
    return Line(
        name=charge.name,
        label=charge.label,
        about=charge.about,
        quantity=quantity,
        included=charge.included,
        steps=steps,
        amount_usd=in_cents(sum(known, ZERO)) if is_known else None,
        why_unknown="" if is_known else why,
    )


def _steps(charge: Charge, above: Decimal) -> Iterable[Step]:
    """Cuts what is above the included into stretches of one price."""
    start = ZERO
    for tier in charge.overage:
        end = above if tier.up_to is None else min(above, tier.up_to)
        if end > start:
            yield Step(end - start, tier.price_usd)
            start = end
