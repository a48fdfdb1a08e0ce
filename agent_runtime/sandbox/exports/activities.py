"""What reps did in the eight weeks before launch."""

from collections.abc import Iterator

from agent_runtime.sandbox.draw import chance, pick, weighted, whole
from agent_runtime.sandbox.exports.contacts import contact_id
from agent_runtime.sandbox.exports.ids import record_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.moments import in_office_hours, iso
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.world import World

_TOUCHED_RATE = 0.35
_MOST_TOUCHES = 5
_KINDS = {"email": 55, "call": 25, "linkedin": 12, "meeting": 4, "note": 4}
_SUBJECTS = {
    "email": ("Intro to Northbeam Relay", "Following up", "One question about your CRM data"),
    "call": ("Left a voicemail", "No answer", "Spoke briefly, asked to call back"),
    "linkedin": ("Connection request", "Commented on a post"),
    "meeting": ("Intro call", "Product walk-through"),
    "note": ("Met at an event", "Changed jobs inside the company"),
}


def activities(world: World) -> list[Row]:
    """Returns what reps did, in the order in which it happened."""
    rows = [row for person in world.contacts for row in _activities_with(world, person)]
    return sorted(rows, key=lambda row: (row["occurred_at"], row["activity_id"]))


def _activities_with(world: World, person: Person) -> Iterator[Row]:
    seed, key = world.seed, person.buyer_id
    if not chance(seed, _TOUCHED_RATE, "touched", key):
        return
    owner = world.owner_of(person)
    for nth in range(whole(seed, 1, _MOST_TOUCHES, "touches", key)):
        kind = weighted(seed, _KINDS, "touch kind", key, nth)
        moment = in_office_hours(world.launch_at, seed, owner.time_zone, "touch", key, nth)
        yield {
            "activity_id": record_id(seed, "activity", key, nth),
            "contact_id": contact_id(seed, key),
            "owner_id": owner.owner_id,
            "kind": kind,
            "subject": pick(seed, _SUBJECTS[kind], "touch subject", key, nth),
            "occurred_at": iso(moment),
        }
