"""The deals that meetings of a campaign became, as the CRM has them at a later export."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from agent_runtime.sandbox.deal_truth import DealTruth, deal_of
from agent_runtime.sandbox.draw import weighted
from agent_runtime.sandbox.exports.accounts import account_id
from agent_runtime.sandbox.exports.contacts import contact_id
from agent_runtime.sandbox.exports.deals import LOST_REASONS, OPEN_STAGES
from agent_runtime.sandbox.exports.ids import record_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.leads import lead_id
from agent_runtime.sandbox.exports.moments import iso
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.world import World


def later_deals(world: World, held: Mapping[str, datetime], *, now: datetime) -> Iterator[Row]:
    """Yields a row per deal that is known now.

    Args:
        world: The company.
        held: `buyer_id` to the end of their first meeting.
        now: When the CRM is exported; what happens later is not in it.
    """
    for person in world.people:
        ended_at = held.get(person.buyer_id)
        deal = deal_of(world.seed, person.buyer_id) if ended_at else None
        if deal and ended_at and ended_at + deal.opens_after < now:
            yield _row(world, person, deal, ended_at + deal.opens_after, now)


def _row(world: World, person: Person, deal: DealTruth, opened_at: datetime, now: datetime) -> Row:
    seed, key = world.seed, person.buyer_id
    closes_at = opened_at + deal.closes_after
    is_closed = closes_at < now
    is_lost = is_closed and not deal.is_won
    stage = weighted(seed, OPEN_STAGES, "later stage", key)
    is_contact = world.standings[key].home == "contact"
    return {
        "opportunity_id": record_id(seed, "opportunity", key, "later"),
        "account_id": account_id(seed, person.account_key),
        "contact_id": (contact_id if is_contact else lead_id)(seed, key),
        "owner_id": world.owner_of(person).owner_id,
        "product": deal.product,
        "stage": ("won" if deal.is_won else "lost") if is_closed else stage,
        "amount_usd": deal.amount_usd,
        "opened_at": iso(opened_at),
        "closed_at": iso(closes_at) if is_closed else None,
        "lost_reason": weighted(seed, LOST_REASONS, "later lost", key) if is_lost else None,
    }
