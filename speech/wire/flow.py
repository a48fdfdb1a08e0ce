"""Flow control: how many bytes of sound may still be sent in a stream."""

import asyncio


class Window:
    """What the other side allows; whoever sends waits here."""

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._news = asyncio.Event()

    @property
    def allowed(self) -> int:
        """Bytes that may be sent now."""
        return self._allowed

    def add(self, count: int) -> None:
        """Takes in a credit."""
        self._allowed += count
        self._news.set()

    def take(self, count: int) -> bool:
        """Takes some of it; says whether there was enough, and takes nothing where not."""
        if count > self._allowed:
            return False
        self._allowed -= count
        return True

    async def take_up_to(self, most: int) -> int:
        """Waits until something may be sent; returns how many bytes of at most `most`."""
        while self._allowed < 2:
            self._news.clear()
            await self._news.wait()
        taken = min(most, self._allowed) // 2 * 2
        self._allowed -= taken
        return taken
