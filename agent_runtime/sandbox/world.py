"""All that is true of a sandbox company on launch day, from which its exports are written."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from agent_runtime.sandbox.firms import Firm, firms
from agent_runtime.sandbox.owners import Owner
from agent_runtime.sandbox.people import Person, people
from agent_runtime.sandbox.standing import Standing, standing

LAUNCH_AT = datetime(2026, 1, 12, tzinfo=UTC)
"""Day 0 of the sandbox's campaigns, a Monday."""


@dataclass(frozen=True, slots=True)
class World:
    """The companies and people of one seed and size, and how they stand with the vendor."""

    seed: int
    launch_at: datetime
    firms: Mapping[str, Firm]
    """By `account_key`."""
    people: tuple[Person, ...]
    standings: Mapping[str, Standing]
    """By `buyer_id`."""
    contacts_by_firm: Mapping[str, tuple[Person, ...]]
    """By `account_key`: those who stand in the CRM as contacts."""

    @property
    def contacts(self) -> list[Person]:
        """Those who stand in the CRM as contacts."""
        return [p for p in self.people if self.standings[p.buyer_id].home == "contact"]

    def owner_of(self, person: Person) -> Owner:
        """Returns the rep whom the CRM names for the person, who may have left."""
        return self.firms[person.account_key].owner_on_record


def world(seed: int, size: int, *, launch_at: datetime = LAUNCH_AT) -> World:
    """Returns the world of a seed with this many people."""
    crowd = tuple(people(seed, size))
    standings = {p.buyer_id: standing(seed, p.buyer_id, p.country) for p in crowd}
    contacts: defaultdict[str, list[Person]] = defaultdict(list)
    for person in crowd:
        if standings[person.buyer_id].home == "contact":
            contacts[person.account_key].append(person)
    return World(
        seed=seed,
        launch_at=launch_at,
        firms={firm.account_key: firm for firm in firms(seed, size)},
        people=crowd,
        standings=standings,
        contacts_by_firm={key: tuple(group) for key, group in contacts.items()},
    )
