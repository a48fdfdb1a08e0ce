"""Names a call in an address: signed, for one purpose, and good for a while."""

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Literal

from agent_runtime.channels.email.signing import Keyring

Purpose = Literal["told", "stream", "room"]
"""told: the carrier reports on a call, or asks what to do with it. stream: its sound comes.
room: somebody of ours is called to take it over; then `call_id` is the room."""

LASTS: dict[Purpose, timedelta] = {
    "told": timedelta(hours=4),
    "stream": timedelta(minutes=1),
    "room": timedelta(minutes=5),
}
"""A stream connects at once after the answer; a call lasts two hours at most."""


@dataclass(frozen=True, slots=True)
class CallName:
    """Which call, and where the carrier has it."""

    direction: str
    call_id: str
    """The id of its row; of a call that came in, one made from the carrier's id."""
    attempt: str
    region: str
    """Number of the region in which it was placed, from 0."""
    provider_id: str = ""
    number: str = ""
    own_number: str = ""


def write_token(keys: Keyring, name: CallName, purpose: Purpose, *, now: datetime) -> str:
    """Returns a token that may stand in the path of an address."""
    until = int((now + LASTS[purpose]).timestamp())
    return keys.sign([str(until), *astuple(name)], purpose=f"carrier-{purpose}")


def read_token(keys: Keyring, token: str, purpose: Purpose, *, now: datetime) -> CallName | None:
    """Returns whom a token names; None where it is not ours, for something else, or too old."""
    said = keys.read(token, purpose=f"carrier-{purpose}")
    if said is None or len(said) != 8 or not said[0].isdecimal():
        return None
    return CallName(*said[1:]) if now.timestamp() <= int(said[0]) else None
