"""The invoice of a month: lines, what was not billed, and how its counts come from the ledger."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from agent_runtime.settings import Workspace
from pipelines.costs.billing import ZERO, Line, Sum, bill, total
from pipelines.costs.months import Month
from pipelines.costs.plan import Environment, Plan
from pipelines.costs.price_list import Pricing
from pipelines.costs.usage import Usage

_THREADS = ("conversation", "thread")
_THREAD = "A thread with a billed message"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Messages that cost nothing, and why."""

    label: str
    about: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Tie:
    """One item of the ledger: what it holds is what is billed and what is not, nothing else."""

    item: str
    unit: str
    about: str
    in_ledger: Decimal
    not_billed: dict[str, Decimal]
    """By reason."""
    billed: Decimal
    is_charged: bool
    """Whether a charge of the plan counts it."""
    paid: str
    """Where it is paid for where no charge counts it."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """What a customer is asked to pay for a month, or would be.

    Attributes:
        customer: The tenant.
        month: The month.
        issued_on: The day on which it was made.
        plan: The plan of the month's first day.
        environment: Where the usage was; a sandbox is not billed.
        lines: One a charge.
        cost: Their sum.
        due: What is to be paid; nothing for a sandbox.
        left_out: What was not billed, by reason.
        ties: From the ledger to the lines, item by item.
        used_up: Charge to the day on which what is included was used up.
    """

    customer: str
    month: Month
    issued_on: date
    plan: Plan
    environment: Environment
    lines: tuple[Line, ...]
    cost: Sum
    due: Sum
    left_out: tuple[LeftOut, ...]
    ties: tuple[Tie, ...]
    used_up: dict[str, date]

    @property
    def number(self) -> str:
        """Says which invoice this is; the same for the same customer and month."""
        return f"{self.customer.upper()}-{self.month}"

    @property
    def is_without_usage(self) -> bool:
        """Whether nothing was counted in the month."""
        by_usage = {charge.name for charge in self.plan.charges if charge.kind == "usage"}
        return not any(line.quantity for line in self.lines if line.name in by_usage)


def environment_of(workspace: Workspace) -> str:
    """Returns `sandbox` where the buyers are made up, else `production`."""
    return "sandbox" if workspace.sandbox.is_dir() else "production"


def make_invoice(
    usage: Usage,
    pricing: Pricing,
    month: Month,
    *,
    customer: str,
    environment: str,
    issued_on: date,
    seats: Decimal | None = None,
) -> Invoice:
    """Returns the invoice of a month by the plan of its first day."""
    plan = pricing.plan(month.first_day)
    place = plan.environment(environment)
    lines = tuple(bill(plan, usage.billed(plan), seats=seats))
    cost = total(lines)
    days = {charge.name: usage.used_up_on(charge) for charge in plan.charges}
    return Invoice(
        customer=customer,
        month=month,
        issued_on=issued_on,
        plan=plan,
        environment=place,
        lines=lines,
        cost=cost,
        due=cost if place.is_billed else Sum(ZERO),
        left_out=tuple(
            LeftOut(reason.label, reason.about, usage.not_billed(reason.name))
            for reason in plan.not_billed
        ),
        ties=tuple(_ties(usage, pricing, plan)),
        used_up={name: day for name, day in days.items() if day},
    )


def _ties(usage: Usage, pricing: Pricing, plan: Plan) -> list[Tie]:
    charged = {(c.counts.item, c.counts.unit) for c in plan.charges if c.counts}
    costs = {(cost.item, cost.unit): cost for cost in pricing.costs}
    ties: list[Tie] = []
    for key, quantities in usage.ledger().items():
        cost = costs.get(key)
        about = cost.about if cost else _THREAD if key == _THREADS else " by ".join(key)
        tie = Tie(
            *key,
            about=about,
            in_ledger=sum(quantities.values(), ZERO),
            not_billed={why: n for why, n in quantities.items() if why},
            billed=quantities.get("", ZERO) if key in charged else ZERO,
            is_charged=key in charged,
            paid=cost.paid if cost else "",
        )
        ties.append(tie)
    return sorted(ties, key=lambda tie: (not tie.is_charged, tie.item, tie.unit))
