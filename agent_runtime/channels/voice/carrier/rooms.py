"""Rooms at the carrier in which a caller meets a person of ours, who was told first why."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_hex

WITHIN_S = 35.0
"""From the first ring to the key; less than a call waits for its transfer (`transfer_s`)."""
TAKES = "1"


@dataclass(slots=True)
class Room:
    """One caller who waits.

    Args:
        name: Of the room at the carrier; nobody can guess it.
        says: What whoever is called hears first.
    """

    name: str
    says: str
    _taken: "asyncio.Future[bool]" = field(default_factory=asyncio.Future)

    def takes(self, keys: str) -> bool:
        """Whether these keys take the call, and it still waits."""
        is_first = keys == TAKES and not self._taken.done()
        if is_first:
            self._taken.set_result(True)
        return is_first

    def nobody(self) -> None:
        """Whoever was called does not take it."""
        if not self._taken.done():
            self._taken.set_result(False)

    async def is_taken(self) -> bool:
        """Waits until it is taken, or nobody will."""
        try:
            return await asyncio.wait_for(self._taken, WITHIN_S)
        except TimeoutError:
            return False


@dataclass(slots=True)
class Rooms:
    """The callers of this process who wait. What is said of them is in no address."""

    _open: dict[str, Room] = field(default_factory=dict)

    @contextmanager
    def open(self, summary: str) -> Iterator[Room]:
        """Yields a room for one caller, for as long as they wait."""
        room = Room(token_hex(16), f"{summary} Press {TAKES} to take the call.")
        self._open[room.name] = room
        try:
            yield room
        finally:
            room.nobody()
            del self._open[room.name]

    def get(self, name: str) -> Room | None:
        """Returns a room in which somebody waits."""
        return self._open.get(name)
