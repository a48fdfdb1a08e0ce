"""What a meeting with each buyer would be worth; only the sandbox knows it."""

from dataclasses import dataclass
from datetime import timedelta

from agent_runtime.sandbox.draw import between, chance, weighted
from agent_runtime.sandbox.exports.reference import PRODUCTS

DEAL_RATE = 0.55
"""Share of meetings that are held and become a deal; the rest are no-shows and polite no's."""
WON_RATE = 0.35
_PRODUCTS = {"Relay Core": 0.55, "Signal Stream": 0.25, "Relay Plus": 0.2}
"""First purchases are small: nobody starts with the largest."""
_OPENS_WITHIN_HOURS, _CLOSES_FROM_DAYS, _CLOSES_TO_DAYS = 30, 2, 45


@dataclass(frozen=True, slots=True)
class DealTruth:
    """The deal that a meeting with one buyer becomes.

    Attributes:
        product: What it is about.
        amount_usd: A year of it, as agreed.
        opens_after: From the end of the meeting until the rep writes it down.
        closes_after: From then until it is decided.
        is_won: What is decided then.
    """

    product: str
    amount_usd: int
    opens_after: timedelta
    closes_after: timedelta
    is_won: bool


def deal_of(seed: int, buyer_id: str) -> DealTruth | None:
    """Returns the deal that a meeting with the buyer becomes, whoever set it; None for no deal."""
    if not chance(seed, DEAL_RATE, "meeting becomes a deal", buyer_id):
        return None
    product = weighted(seed, _PRODUCTS, "wants", buyer_id)
    _, list_price_usd = PRODUCTS[product]
    amount_usd = list_price_usd * between(seed, 0.75, 1.4, "would pay", buyer_id)
    hours = between(seed, 1, _OPENS_WITHIN_HOURS, "deal opens", buyer_id)
    days = between(seed, _CLOSES_FROM_DAYS, _CLOSES_TO_DAYS, "deal closes", buyer_id)
    return DealTruth(
        product=product,
        amount_usd=int(round(amount_usd, -2)),
        opens_after=timedelta(seconds=int(hours * 3600)),
        closes_after=timedelta(seconds=int(days * 86_400)),
        is_won=chance(seed, WON_RATE, "deal is won", buyer_id),
    )
