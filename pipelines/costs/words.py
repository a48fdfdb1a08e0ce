"""How numbers, money and days are written on invoices and in the terminal."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pipelines.costs.billing import Line, Sum
from pipelines.costs.months import Month

UNKNOWN = "unknown"

WHY_NOT = {
    "unanswered": "unanswered",
    "failed": "bounced",
    "unknown": "of unknown fate",
    "by_people": "of your own people",
    "holdout": "to the holdout",
    "test_people": "to test people",
}
"""Why something of the ledger is not billed, after its count."""


def count(quantity: Decimal) -> str:
    """Returns a quantity with thousands apart and no empty decimals: 2,389 or 216.8."""
    whole = quantity.normalize()
    return f"{whole:,f}"


def money(amount: Decimal | None) -> str:
    """Returns an amount in dollars and cents, or `unknown`."""
    return UNKNOWN if amount is None else f"${amount:,.2f}"


def price(amount: Decimal | None) -> str:
    """Returns the price of a unit with all its digits, at least cents, or `unknown`."""
    if amount is None:
        return UNKNOWN
    digits = max(2, -int(amount.normalize().as_tuple().exponent))
    return f"${amount:,.{digits}f}"


def sum_of_money(found: Sum) -> str:
    """Returns a sum; where a part is unknown it is `at least` the rest."""
    return money(found.usd) if found.is_whole else f"at least {money(found.usd)}"


def paid_for(line: Line) -> str:
    """Returns what a line charges, step by step: `62 × $1.20`."""
    if not line.steps:
        return "nothing above what is included" if line.quantity else "not used"
    return " + ".join(f"{count(s.quantity)} × {price(s.price_usd)}" for s in line.steps)


def not_billed(reasons: Mapping[str, Decimal]) -> str:
    """Returns counts with reasons: `2 bounced, 38 of your own people`."""
    return ", ".join(
        f"{count(reasons[why])} {said}" for why, said in WHY_NOT.items() if reasons.get(why)
    )


def day(value: date) -> str:
    """Returns a day as 22 January 2026."""
    return f"{value.day} {value:%B %Y}"


def month(value: Month) -> str:
    """Returns a month as January 2026."""
    return f"{value.first_day:%B %Y}"
