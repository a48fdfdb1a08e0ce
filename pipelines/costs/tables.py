"""Estimates, invoices and prices for the terminal."""

from collections.abc import Mapping, Sequence
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.costs import words
from pipelines.costs.billing import Line, Sum
from pipelines.costs.calculator import Estimate, Volumes
from pipelines.costs.invoice import Invoice
from pipelines.costs.price_list import Pricing


def print_estimate(found: Estimate, volumes: Volumes) -> None:
    """Prints the month's lines, then what more volume would cost."""
    console = Console()
    title = f"A month on the {found.model} plan, price list {found.plan_version}"
    console.print(_lines(title, found.lines, found.cost, "Total a month", volumes.sources))
    table = Table(title="At more volume, with the same mix and seats", title_justify="left")
    for name in (
        "Volume",
        "Conversations",
        "Cost a month",
        "Each",
        f"Each of the next {found.step}",
    ):
        table.add_column(name, justify="right")
    table.add_column("A meeting", justify="right")
    for at in found.at:
        table.add_row(
            f"{at.multiple}x",
            words.count(at.conversations),
            words.sum_of_money(at.cost),
            words.money(at.per_conversation_usd),
            words.money(at.marginal_usd),
            words.money(at.per_meeting_usd),
        )
    console.print(table)
    if volumes.meeting_rate is None:
        console.print("Cost of a meeting: unknown; give --meeting-rate, or --workspace of a run.")
    elif not volumes.meeting_rate:
        console.print("Cost of a meeting: unknown; no conversation leads to one at a rate of 0.")
    _print_unknown(console, found.lines)


def print_invoice(invoice: Invoice) -> None:
    """Prints the invoice in short."""
    console = Console()
    title = f"{invoice.number}, {invoice.plan.model} plan {invoice.plan.version}"
    console.print(_lines(title, invoice.lines, invoice.cost, "Total", {}))
    if invoice.is_without_usage:
        console.print("No usage was counted in this month.")
    left = [f"{out.label.lower()} {words.count(out.quantity)}" for out in invoice.left_out]
    console.print(f"Not billed: {', '.join(left)}.")
    _print_unknown(console, invoice.lines)
    why = "" if invoice.environment.is_billed else "; a sandbox is not billed"
    console.print(f"Amount due: {words.sum_of_money(invoice.due)}{why}", style="bold")


def print_prices(pricing: Pricing, day: date) -> None:
    """Prints the charges of a day's plan and what things cost whoever runs the program."""
    console = Console()
    plan = pricing.plan(day)
    charges = Table(title=f"Charges of the {plan.model} plan, price list {plan.version}")
    for name in ("Name", "What counts", "Included", "Then"):
        charges.add_column(name, overflow="fold")
    for charge in plan.charges:
        steps = [
            words.price(tier.price_usd)
            + (f" up to the {words.count(tier.up_to)}th" if tier.up_to else "")
            + (f" ({tier.why_unknown})" if tier.why_unknown else "")
            for tier in charge.overage
        ]
        charges.add_row(
            charge.name, escape(charge.about), words.count(charge.included), ", ".join(steps)
        )
    costs = Table(title=f"What it costs whoever runs the program, on {day}")
    for name in ("Item", "Unit", "What it is", "Price"):
        costs.add_column(name, overflow="fold")
    for cost in pricing.costs:
        found = pricing.price(cost.item, cost.unit, day)
        said = words.price(found.price_usd)
        why = f" ({found.why_unknown})" if found.why_unknown else ""
        costs.add_row(cost.item, cost.unit, escape(cost.about), escape(said + why))
    console.print(charges, costs)


def _lines(
    title: str, lines: Sequence[Line], cost: Sum, total: str, sources: Mapping[str, str]
) -> Table:
    table = Table(title=title, title_justify="left", show_footer=True)
    table.add_column("Item", footer=total)
    table.add_column("Counted", justify="right")
    table.add_column("Included", justify="right")
    table.add_column("Charged", overflow="fold")
    table.add_column("Amount", justify="right", footer=words.sum_of_money(cost))
    for line in lines:
        source = f"\n{sources[line.name]}" if line.name in sources else ""
        included = words.count(line.included) if line.included else ""
        amount = words.money(line.amount_usd)
        said = escape(words.paid_for(line) + source)
        table.add_row(line.label, words.count(line.quantity), included, said, amount)
    return table


def _print_unknown(console: Console, lines: Sequence[Line]) -> None:
    for line in lines:
        if line.amount_usd is None:
            console.print(f"Not in the total: {line.label.lower()}; {escape(line.why_unknown)}.")
