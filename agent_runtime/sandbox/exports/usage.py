"""What customers do with the product: daily counts and milestones."""

from collections.abc import Iterator
from datetime import timedelta

from agent_runtime.sandbox.draw import between, chance, draw
from agent_runtime.sandbox.exports.accounts import account_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.moments import HISTORY_DAYS, before, iso
from agent_runtime.sandbox.firms import Firm
from agent_runtime.sandbox.world import World

_BASES = {"rows_synced": 40.0, "active_users": 0.02, "failed_syncs": 0.004}
"""Typical value of a working day per employee of the customer."""
_WEEKEND_SHARE = 0.2
_MILESTONES = {"first_sync": 0.95, "ten_users": 0.7, "first_million_rows": 0.5, "third_source": 0.3}


def daily_usage(world: World) -> Iterator[Row]:
    """Yields one row per customer, day and metric of the eight weeks before launch."""
    days = [(world.launch_at - timedelta(days=ago)).date() for ago in range(HISTORY_DAYS, 0, -1)]
    for firm in _customers(world):
        for metric, base in _BASES.items():
            level = base * firm.employees * between(world.seed, 0.4, 1.6, "level", firm.domain)
            # Some customers grow and some fade, which is what renewal talks hang on.
            growth = between(world.seed, -0.6, 0.6, "growth", firm.domain)
            for nth, day in enumerate(days):
                noise = 0.8 + 0.4 * draw(world.seed, "usage", firm.domain, metric, nth)
                share = 1.0 if day.weekday() < 5 else _WEEKEND_SHARE
                trend = 1 + growth * nth / len(days)
                yield {
                    "account_id": account_id(world.seed, firm.account_key),
                    "day": day,
                    "metric": metric,
                    "value": float(round(level * noise * share * trend)),
                }


def milestones(world: World) -> Iterator[Row]:
    """Yields one row per customer and milestone reached."""
    for firm in _customers(world):
        for milestone, rate in _MILESTONES.items():
            keys = (milestone, firm.account_key)
            if chance(world.seed, rate, "milestone", *keys):
                reached_at = before(world.launch_at, world.seed, 1, 380, "reached", *keys)
                yield {
                    "account_id": account_id(world.seed, firm.account_key),
                    "milestone": milestone,
                    "reached_at": iso(reached_at),
                }


def _customers(world: World) -> Iterator[Firm]:
    return (firm for firm in world.firms.values() if firm.relation == "customer")
