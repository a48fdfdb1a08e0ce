"""The people, as the CRM has them: contacts of accounts."""

from collections.abc import Iterator, Mapping

from agent_runtime.sandbox.exports.accounts import account_id
from agent_runtime.sandbox.exports.ids import record_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.moments import before, iso
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.world import World


def contacts(world: World, last_touches: Mapping[str, str]) -> Iterator[Row]:
    """Yields a row per contact and a second, older one for some; touches are by contact id."""
    for person in world.contacts:
        stands = world.standings[person.buyer_id]
        row = _contact(world, person, last_touches)
        if not stands.has_duplicate:
            yield row
            continue
        # The flag stands on the old row alone, as when somebody marks the one they happen to see.
        yield row | {"do_not_contact": "false"}
        yield row | {
            "contact_id": second_contact_id(world.seed, person.buyer_id),
            "email": person.email.upper(),
            "phone": None,
            "created_at": iso(
                before(world.launch_at, world.seed, 900, 1500, "second contact", person.buyer_id)
            ),
            "last_touch_at": None,
        }


def contact_id(seed: int, buyer_id: str) -> str:
    """Returns the CRM id of a contact."""
    return record_id(seed, "contact", buyer_id)


def second_contact_id(seed: int, buyer_id: str) -> str:
    """Returns the CRM id of the older row of a contact that stands twice."""
    return record_id(seed, "contact", buyer_id, "again")


def _contact(world: World, person: Person, last_touches: Mapping[str, str]) -> Row:
    seed, key = world.seed, person.buyer_id
    contact = contact_id(seed, key)
    return {
        "contact_id": contact,
        "account_id": account_id(seed, person.account_key),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "title": person.title,
        "seniority": person.seniority,
        "country": person.country,
        "language": person.language,
        "time_zone": person.time_zone,
        "owner_id": world.owner_of(person).owner_id,
        "do_not_contact": "true" if world.standings[key].is_do_not_contact else "false",
        "created_at": iso(before(world.launch_at, seed, 60, 900, "contact created", key)),
        "last_touch_at": last_touches.get(contact),
    }
