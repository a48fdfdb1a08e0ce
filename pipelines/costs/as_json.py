"""Estimates, invoices and prices as JSON; amounts are texts, never floats."""

from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.costs.billing import Line, Sum
from pipelines.costs.calculator import Estimate, Volumes
from pipelines.costs.invoice import Invoice
from pipelines.costs.price_list import Pricing


def estimate_document(found: Estimate, volumes: Volumes) -> dict[str, Any]:
    """Returns an estimate as JSON values."""
    rate = volumes.meeting_rate
    return {
        "plan": {"version": found.plan_version, "model": found.model},
        "lines": [_line(line) | _source(line, volumes) for line in found.lines],
        **_sum("cost", found.cost),
        "meeting_rate": None if rate is None else str(rate),
        "step": str(found.step),
        "at": [
            {
                "multiple": at.multiple,
                "conversations": str(at.conversations),
                **_sum("cost", at.cost),
                "per_conversation_usd": _text(at.per_conversation_usd),
                "marginal_usd": _text(at.marginal_usd),
                "per_meeting_usd": _text(at.per_meeting_usd),
            }
            for at in found.at
        ],
    }


def invoice_document(invoice: Invoice) -> dict[str, Any]:
    """Returns an invoice as JSON values."""
    return {
        "number": invoice.number,
        "customer": invoice.customer,
        "month": str(invoice.month),
        "issued_on": invoice.issued_on.isoformat(),
        "plan": {"version": invoice.plan.version, "model": invoice.plan.model},
        "environment": invoice.environment.name,
        "lines": [_line(line) for line in invoice.lines],
        **_sum("cost", invoice.cost),
        **_sum("due", invoice.due),
        "not_billed": {reason.label: _count(reason.quantity) for reason in invoice.left_out},
        "ledger": [
            {
                "item": tie.item,
                "unit": tie.unit,
                "in_ledger": _count(tie.in_ledger),
                "not_billed": _count(tie.in_ledger - tie.billed),
                "why": {why: _count(n) for why, n in tie.not_billed.items()},
                "billed": _count(tie.billed),
            }
            for tie in invoice.ties
        ],
        "used_up": {name: day.isoformat() for name, day in invoice.used_up.items()},
    }


def prices_document(pricing: Pricing, day: date) -> dict[str, Any]:
    """Returns the plan and the prices of a day as JSON values."""
    found = {(c.item, c.unit): pricing.price(c.item, c.unit, day) for c in pricing.costs}
    return {
        "plan": pricing.plan(day).model_dump(mode="json"),
        "costs": [
            {
                "item": item,
                "unit": unit,
                "price_usd": _text(price.price_usd),
                "why_unknown": price.why_unknown,
            }
            for (item, unit), price in found.items()
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "label": line.label,
        "quantity": _count(line.quantity),
        "included": _count(line.included),
        "charged": [
            {"quantity": _count(step.quantity), "price_usd": _text(step.price_usd)}
            for step in line.steps
        ],
        "amount_usd": _text(line.amount_usd),
        "why_unknown": line.why_unknown,
    }


def _source(line: Line, volumes: Volumes) -> dict[str, str]:
    return {"source": volumes.sources.get(line.name, "given" if line.quantity else "")}


def _sum(name: str, found: Sum) -> dict[str, Any]:
    return {
        f"{name}_usd": str(found.usd),
        f"{name}_is_whole": found.is_whole,
        f"{name}_lacks": list(found.unknown),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _count(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
