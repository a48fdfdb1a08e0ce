"""The marketing list: a second source with people of the CRM and others, none of them tidy."""

from collections.abc import Iterator

from agent_runtime.sandbox.draw import pick
from agent_runtime.sandbox.exports.ids import record_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.moments import before, iso
from agent_runtime.sandbox.world import World

_SOURCES = ("webinar", "newsletter form", "trade fair", "white paper")


def subscribers(world: World) -> Iterator[Row]:
    """Yields a row per person on the list."""
    for person in world.people:
        stands = world.standings[person.buyer_id]
        if not stands.is_listed:
            continue
        seed, key = world.seed, person.buyer_id
        yield {
            "subscriber_id": record_id(seed, "subscriber", key),
            "email": person.email,
            "full_name": f"{person.first_name} {person.last_name}",
            "company": person.company,
            "country": person.country,
            "language": person.language,
            "opt_in": "yes" if stands.has_list_opt_in else "no",
            "opt_in_source": pick(seed, _SOURCES, "opt-in source", key),
            "opt_in_at": iso(before(world.launch_at, seed, 5, 800, "opt-in", key)),
        }
