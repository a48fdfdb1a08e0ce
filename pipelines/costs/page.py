"""The invoice as one HTML page that prints well and loads nothing from elsewhere."""

from pathlib import Path

from markupsafe import Markup

from experiments.pages import templates_in
from pipelines.costs import words
from pipelines.costs.billing import ZERO, Line
from pipelines.costs.invoice import Invoice
from pipelines.costs.plan import Charge, Environment, Model, Plan

TEMPLATES = Path(__file__).parent / "templates"
MODELS: dict[Model, str] = {
    "seat": "By seat: the number of people is paid for, whatever the agent does.",
    "usage": "By usage: what was counted is paid for, however many people work with it.",
    "hybrid": "Hybrid: seats by contract, and usage above what is included.",
}


def render_invoice(invoice: Invoice) -> str:
    """Returns the page."""
    charges = {charge.name: charge for charge in invoice.plan.charges}
    usage = {name for name, charge in charges.items() if charge.kind == "usage"}
    unused = [line for line in invoice.lines if line.name in usage and not line.quantity]
    return (
        templates_in(TEMPLATES)
        .get_template("invoice.html.j2")
        .render(
            css=Markup((TEMPLATES / "invoice.css").read_text(encoding="utf-8")),
            invoice=invoice,
            words=words,
            title="Invoice" if invoice.environment.is_billed else "Sample invoice",
            used=[line for line in invoice.lines if line not in unused],
            unused=unused,
            rates={line.name: rates(charges[line.name], line) for line in unused},
            model=MODELS[invoice.plan.model],
            tiers=[(c.label, _tiers(c)) for c in charges.values() if len(c.overage) > 1],
            environments="; ".join(_environment(e) for e in _in_order(invoice.plan)),
        )
    )


def rates(charge: Charge, line: Line) -> str:
    """Returns what one more unit of a charge would cost."""
    first = charge.overage[0]
    each = f"{words.price(first.price_usd)} each"
    if first.price_usd is None:
        each = f"price unknown: {first.why_unknown}"
    return f"{words.count(line.included)} included, then {each}" if line.included else each


def _tiers(charge: Charge) -> str:
    said: list[str] = []
    start = ZERO
    for tier in charge.overage:
        if tier.up_to is None:
            reach = "the rest"
        else:
            reach = f"the {'next' if start else 'first'} {words.count(tier.up_to - start)}"
            start = tier.up_to
        said.append(f"{words.price(tier.price_usd)} each for {reach}")
    return ", ".join(said)


def _in_order(plan: Plan) -> list[Environment]:
    return sorted(plan.environments, key=lambda place: not place.is_billed)


def _environment(place: Environment) -> str:
    number = "any number" if place.included is None else str(place.included)
    return f"{place.name}, {number} included, {'billed' if place.is_billed else 'never billed'}"
