"""Leads with their stages: people of no account yet, and contacts who came in a second time."""

from collections.abc import Iterator

from agent_runtime.sandbox.draw import chance, pick, weighted, whole
from agent_runtime.sandbox.exports.ids import record_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.moments import before, iso
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.world import World

STALE_LEAD_RATE = 0.05
"""Share of leads whose earlier version stands in the file as well, at an earlier stage."""

_STAGES = {"new": 35, "working": 30, "mql": 18, "sql": 7, "disqualified": 10}
_SOURCES = ("website", "webinar", "referral", "trade_fair", "content", "purchased_list")


def leads(world: World) -> list[Row]:
    """Returns the leads in the order in which they last changed, stale versions included."""
    rows = [row for person in world.people for row in _rows_of(world, person)]
    return sorted(rows, key=lambda row: (row["updated_at"], row["lead_id"]))


def lead_id(seed: int, buyer_id: str) -> str:
    """Returns the CRM id of a lead."""
    return record_id(seed, "lead", buyer_id)


def has_stale_version(seed: int, buyer_id: str) -> bool:
    """Whether an earlier version of the lead was exported too."""
    return chance(seed, STALE_LEAD_RATE, "stale lead", buyer_id)


def _rows_of(world: World, person: Person) -> Iterator[Row]:
    stands = world.standings[person.buyer_id]
    if stands.home != "lead" and not stands.is_also_lead:
        return
    row = _lead(world, person)
    if has_stale_version(world.seed, person.buyer_id):
        yield row | {"stage": "new", "updated_at": row["created_at"]}
    yield row


def _lead(world: World, person: Person) -> Row:
    seed, key = world.seed, person.buyer_id
    age_days = whole(seed, 3, 180, "lead age", key)
    created_at = before(world.launch_at, seed, age_days, age_days + 1, "lead created", key)
    updated_at = before(world.launch_at, seed, 1, age_days, "lead updated", key)
    return {
        "lead_id": lead_id(seed, key),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "company": person.company,
        "website": person.domain,
        "title": person.title,
        "country": person.country,
        "language": person.language,
        "time_zone": person.time_zone,
        "stage": weighted(seed, _STAGES, "lead stage", key),
        "source": pick(seed, _SOURCES, "lead source", key),
        "owner_id": world.owner_of(person).owner_id,
        "created_at": iso(created_at),
        "updated_at": iso(updated_at),
    }
