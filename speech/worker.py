"""The one thread in which an engine works, and what happens when it hangs."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from speech.wire.messages import WireError

Result = TypeVar("Result")

_LOG = logging.getLogger(__name__)


class Worker:
    """Runs an engine's work one after the other, off the event loop.

    Native code cannot be stopped: work that takes longer than its limit is given up, and from then
    on the worker refuses until that work has ended after all.
    """

    def __init__(self, name: str, *, limit_s: float) -> None:
        self.name = name
        self._limit_s = limit_s
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._hangs: asyncio.Future[Any] | None = None
        self._hangs_since = 0.0

    @property
    def hangs_s(self) -> float:
        """For how long work has hung that was given up; 0 while nothing does."""
        if self._hangs is None or self._hangs.done():
            return 0.0
        return time.monotonic() - self._hangs_since

    async def run(self, work: Callable[[], Result]) -> Result:
        """Returns what the work returns.

        Raises:
            WireError: it raised, or takes too long.
        """
        if self.hangs_s:
            raise WireError("engine", f"{self.name} has hung for {self.hangs_s:.0f} s.")
        began = time.monotonic()
        running = asyncio.get_running_loop().run_in_executor(self.thread, work)
        try:
            return await asyncio.wait_for(asyncio.shield(running), self._limit_s)
        except TimeoutError:
            self._hangs, self._hangs_since = running, began
            running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            raise WireError("engine", f"{self.name}: no step in {self._limit_s:g} s.") from None
        except WireError:
            raise
        except Exception as error:
            _LOG.exception("%s broke", self.name)
            raise WireError("engine", f"{self.name}: {type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Takes no more work."""
        self.thread.shutdown(wait=False, cancel_futures=True)
