"""The companies, as the CRM has them."""

from collections.abc import Iterator

from agent_runtime.sandbox.draw import chance, pick, whole
from agent_runtime.sandbox.exports.ids import record_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.moments import before, iso
from agent_runtime.sandbox.firms import Firm
from agent_runtime.sandbox.world import World

DUPLICATE_ACCOUNT_RATE = 0.02
"""Share of companies that stand twice, the second time in capitals and without numbers."""

_SUBSIDIARY_RATE = 0.05


def accounts(world: World) -> Iterator[Row]:
    """Yields a row per company, and a second one for some."""
    for firm in world.firms.values():
        row = _account(world, firm)
        yield row
        if is_duplicated(world.seed, firm):
            yield row | {
                "account_id": record_id(world.seed, "account", firm.account_key, "again"),
                "name": firm.name.upper(),
                "website": firm.domain,
                "employees": None,
                "annual_revenue_usd": None,
                "parent_account_id": None,
                "health_score": None,
            }


def account_id(seed: int, account_key: str) -> str:
    """Returns the CRM id of a company."""
    return record_id(seed, "account", account_key)


def is_duplicated(seed: int, firm: Firm) -> bool:
    """Whether the company stands in the CRM twice."""
    return chance(seed, DUPLICATE_ACCOUNT_RATE, "account twice", firm.account_key)


def _account(world: World, firm: Firm) -> Row:
    seed, key = world.seed, firm.account_key
    website = pick(seed, ("https://www.{}", "https://{}/", "www.{}", "{}"), "website", key)
    is_customer = firm.relation == "customer"
    return {
        "account_id": account_id(seed, key),
        "name": firm.name,
        "website": website.format(firm.domain),
        "industry": firm.industry,
        "employees": firm.employees,
        "annual_revenue_usd": firm.revenue_usd,
        "country": firm.country,
        "territory": firm.territory,
        "owner_id": firm.owner_on_record.owner_id,
        "parent_account_id": _parent(world, key),
        "health_score": whole(seed, 20, 98, "health", key) if is_customer else None,
        "created_at": iso(before(world.launch_at, seed, 200, 1500, "account created", key)),
    }


def _parent(world: World, key: str) -> str | None:
    if not chance(world.seed, _SUBSIDIARY_RATE, "subsidiary", key):
        return None
    parent = pick(world.seed, tuple(world.firms.values()), "parent", key)
    return None if parent.account_key == key else account_id(world.seed, parent.account_key)
