"""Who of a pool meets a buyer: the account's owner, else fair turns among who may."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import blake2b

from agent_runtime.meetings.template import Member, Pool, load_meetings, territory_of

POOL = "owners"
"""The pool of `pools.yaml` that people without an owner are shared out by."""


@dataclass(frozen=True, slots=True)
class Route:
    """Whose calendars to offer, the first choice first, and why."""

    owner_ids: tuple[str, ...]
    reason: str


def route(
    pool: Pool,
    *,
    owner_id: str,
    territory: str,
    language: str,
    key: str,
    meetings_ahead: Callable[[str], int],
) -> Route:
    """Returns who may meet a buyer; nobody where no member serves territory and language.

    Turns are fair: fewest meetings ahead first, and among equals a hash keyed by the buyer, so
    that no name is first by its letters.
    """
    if owner_id and pool.account_owner_first:
        return Route((owner_id,), "account_owner")
    serving = [m for m in pool.members if m.serves(territory, language)]
    if not serving:
        return Route((), "nobody_serves_this_territory_and_language")

    def turn(member: Member) -> tuple[int, bytes]:
        keyed = f"{key}\x1f{member.owner_id}".encode()
        return meetings_ahead(member.owner_id), blake2b(keyed, digest_size=8).digest()

    return Route(tuple(m.owner_id for m in sorted(serving, key=turn)), "round_robin")


def turn_of(
    owner_ids: Collection[str],
    *,
    country: str,
    language: str,
    key: str,
    had: Callable[[str], int],
) -> str:
    """Returns whose turn it is to have somebody whom nobody owns; empty where nobody serves them.

    Args:
        owner_ids: Owners by the CRM; members of the pool who are none are passed over.
        country: Of the buyer, ISO 3166.
        language: Of the buyer, two letters.
        key: Who the buyer is, for turns among equals.
        had: How many an owner has had.
    """
    pool = load_meetings()[1][POOL]
    members = tuple(m for m in pool.members if m.owner_id in owner_ids)
    turns = route(
        pool.model_copy(update={"members": members}),
        owner_id="",
        territory=territory_of(country),
        language=language,
        key=key,
        meetings_ahead=had,
    )
    return next(iter(turns.owner_ids), "")
