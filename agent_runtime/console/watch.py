"""One look at the store for all open windows, several times a second."""

import asyncio
import logging
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from agent_runtime.console.room import mark_of
from agent_runtime.ports import Store
from agent_runtime.store.rows import ChatMark

_LOG = logging.getLogger(__name__)

EVERY_S = 0.2


@dataclass(eq=False, slots=True)
class Watched:
    """One window: which threads it shows and how far it has shown them."""

    address: str = ""
    """Whose window it is."""
    threads: tuple[str, ...] = ()
    mark: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Watch:
    """Asks once for the threads of all windows; runs only while there is one."""

    def __init__(self, store: Store, every_s: float = EVERY_S) -> None:
        self._store = store
        self._every_s = every_s
        self._watched: set[Watched] = set()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> Watched:
        """Adds a window."""
        watched = Watched()
        self._watched.add(watched)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return watched

    def wake(self, address: str) -> None:
        """Says that a visitor has written: until then their windows had no thread to watch."""
        for watched in self._watched:
            if watched.address == address:
                watched.news.set()

    def end(self, watched: Watched) -> None:
        """Takes a window off."""
        self._watched.discard(watched)

    async def _run(self) -> None:
        while self._watched:
            await asyncio.sleep(self._every_s)
            windows = list(self._watched)
            threads = {thread for window in windows for thread in window.threads}
            if not threads:
                continue
            try:
                marks = await asyncio.to_thread(self._marks, threads)
            except SQLAlchemyError:
                _LOG.exception("the store could not be asked for news; asking again")
                continue
            for window in windows:
                if mark_of(window.threads, marks) != window.mark:
                    window.news.set()

    def _marks(self, threads: set[str]) -> dict[str, ChatMark]:
        found: dict[str, ChatMark] = {}
        ordered = sorted(threads)
        with self._store.begin() as tx:
            for start in range(0, len(ordered), 500):
                found |= tx.chat_marks(ordered[start : start + 500])
        return found
