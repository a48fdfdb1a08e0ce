"""What people agreed to, and what they took back."""

from collections.abc import Iterator

from agent_runtime.sandbox.draw import chance, pick
from agent_runtime.sandbox.exports.contacts import contact_id, second_contact_id
from agent_runtime.sandbox.exports.ids import record_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.leads import lead_id
from agent_runtime.sandbox.exports.moments import before, iso
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.world import World

_NEWSLETTER_RATE = 0.15
_GRANT_SOURCES = ("web form", "event", "order form", "import")
_REFUSAL_SOURCES = ("unsubscribe link", "reply", "call", "portal")


def consents(world: World) -> Iterator[Row]:
    """Yields the consents of everybody in the CRM; a later row outdoes an earlier one."""
    for person in world.people:
        if world.standings[person.buyer_id].in_crm:
            yield from _consents_of(world, person)


def _consents_of(world: World, person: Person) -> Iterator[Row]:
    stands = world.standings[person.buyer_id]
    if stands.email_consent in {"granted", "withdrawn"}:
        yield _row(world, person, "granted", basis=stands.basis)
    if stands.email_consent in {"withdrawn", "denied"}:
        yield _row(world, person, stands.email_consent, basis=stands.basis)
    if stands.email_consent == "other_purpose":
        yield _row(world, person, "granted", basis="consent", channel="phone")
    if chance(world.seed, _NEWSLETTER_RATE, "newsletter", person.buyer_id):
        yield _row(world, person, "granted", basis="consent", purpose="newsletter")


def _row(
    world: World,
    person: Person,
    status: str,
    *,
    basis: str,
    channel: str = "email",
    purpose: str = "prospecting",
) -> Row:
    seed, keys = world.seed, (person.buyer_id, channel, purpose, status)
    is_grant = status == "granted"
    age_days = (120, 700) if is_grant else (2, 110)
    return {
        "consent_id": record_id(seed, "consent", *keys),
        "contact_ref": _reference(world, person, is_grant=is_grant),
        "email": person.email,
        "channel": channel,
        "purpose": purpose,
        "basis": basis,
        "status": status,
        "source": pick(seed, _GRANT_SOURCES if is_grant else _REFUSAL_SOURCES, "where", *keys),
        "recorded_at": iso(before(world.launch_at, seed, *age_days, "consent", *keys)),
    }


def _reference(world: World, person: Person, *, is_grant: bool) -> str:
    stands = world.standings[person.buyer_id]
    if stands.home == "lead":
        return lead_id(world.seed, person.buyer_id)
    # A refusal is recorded on the contact's other row, so only identity finds it.
    if stands.has_duplicate and not is_grant:
        return second_contact_id(world.seed, person.buyer_id)
    return contact_id(world.seed, person.buyer_id)
