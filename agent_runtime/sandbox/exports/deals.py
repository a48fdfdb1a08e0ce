"""Opportunities, and the contracts that won ones became."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from agent_runtime.sandbox.draw import between, chance, pick, weighted, whole
from agent_runtime.sandbox.exports.accounts import account_id
from agent_runtime.sandbox.exports.contacts import contact_id
from agent_runtime.sandbox.exports.ids import record_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.moments import before, iso
from agent_runtime.sandbox.exports.reference import PRODUCTS
from agent_runtime.sandbox.firms import Firm
from agent_runtime.sandbox.world import World

OPEN_STAGES = {"prospecting": 4, "engaging": 5, "proposal": 2}
"""Stages of deals that run, by how many stand there."""
LOST_REASONS = {
    "no_decision": 30,
    "price": 20,
    "timing": 18,
    "competitor": 14,
    "no_need": 10,
    "security": 5,
    "champion_left": 3,
}
"""Why deals were lost, by how many were."""
_SECOND_DEAL_RATE = 0.25
_CHURNED_RATE = 0.12
_YEAR_DAYS = 365

_Outcome = Literal["won", "lost", "open"]


def opportunities(world: World) -> Iterator[Row]:
    """Yields the deals of every company that has any."""
    for firm in world.firms.values():
        for deal in _deals(world, firm):
            yield _opportunity(world, firm, deal)


def contracts(world: World) -> Iterator[Row]:
    """Yields one contract per customer, with the day on which it renews."""
    for firm in world.firms.values():
        for deal in _deals(world, firm):
            if deal.outcome == "won":
                yield _contract(world, firm, deal)


@dataclass(frozen=True, slots=True)
class _Deal:
    nth: int
    outcome: _Outcome
    product: str
    amount_usd: int
    opened_at: datetime
    closed_at: datetime | None


def _deals(world: World, firm: Firm) -> Iterator[_Deal]:
    if firm.relation == "stranger":
        return
    first: dict[str, _Outcome] = {"customer": "won", "lost": "lost", "open": "open"}
    yield _deal(world, firm, 0, first[firm.relation])
    if chance(world.seed, _SECOND_DEAL_RATE, "second deal", firm.account_key):
        yield _deal(world, firm, 1, "lost")


def _deal(world: World, firm: Firm, nth: int, outcome: _Outcome) -> _Deal:
    seed, keys = world.seed, (firm.account_key, str(nth))
    product = pick(seed, tuple(PRODUCTS), "deal product", *keys)
    _, list_price_usd = PRODUCTS[product]
    amount_usd = list_price_usd * between(seed, 0.75, 1.4, "deal amount", *keys)
    last = before(world.launch_at, seed, 5, 700 if outcome == "won" else 540, "deal", *keys)
    return _Deal(
        nth=nth,
        outcome=outcome,
        product=product,
        amount_usd=int(round(amount_usd, -2)),
        opened_at=last - timedelta(days=whole(seed, 0, 120, "deal days", *keys)),
        closed_at=None if outcome == "open" else last,
    )


def _opportunity(world: World, firm: Firm, deal: _Deal) -> Row:
    seed, keys = world.seed, (firm.account_key, str(deal.nth))
    contacts = world.contacts_by_firm.get(firm.account_key)
    contact = pick(seed, contacts, "deal contact", *keys) if contacts else None
    is_open, is_lost = deal.outcome == "open", deal.outcome == "lost"
    return {
        "opportunity_id": record_id(seed, "opportunity", *keys),
        "account_id": account_id(seed, firm.account_key),
        "contact_id": contact_id(seed, contact.buyer_id) if contact else None,
        "owner_id": firm.owner_on_record.owner_id,
        "product": deal.product,
        "stage": weighted(seed, OPEN_STAGES, "stage", *keys) if is_open else deal.outcome,
        "amount_usd": deal.amount_usd,
        "opened_at": iso(deal.opened_at),
        "closed_at": iso(deal.closed_at) if deal.closed_at else None,
        "lost_reason": weighted(seed, LOST_REASONS, "lost", *keys) if is_lost else None,
    }


def _contract(world: World, firm: Firm, won: _Deal) -> Row:
    signed_at = won.closed_at or world.launch_at
    years = (world.launch_at - signed_at).days // _YEAR_DAYS
    starts_on = (signed_at + timedelta(days=years * _YEAR_DAYS)).date()
    has_churned = chance(world.seed, _CHURNED_RATE, "churned", firm.account_key)
    return {
        "contract_id": record_id(world.seed, "contract", firm.account_key),
        "account_id": account_id(world.seed, firm.account_key),
        "product": won.product,
        "starts_at": starts_on.isoformat(),
        "renews_at": (starts_on + timedelta(days=_YEAR_DAYS)).isoformat(),
        "amount_usd": won.amount_usd,
        "status": "ended" if has_churned else "active",
    }
