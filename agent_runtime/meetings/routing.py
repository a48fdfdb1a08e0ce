"""Who of a pool meets a buyer: the account's owner, else fair turns among who may."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from agent_runtime.meetings.template import Member, Pool


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
