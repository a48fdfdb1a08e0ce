"""Threads that each hold a model: bounded in number and queue, and given up when they hang."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Full, Queue
from typing import Any, Generic, TypeVar

from agent_runtime.speech.failures import Died, Overloaded, TimedOut

Engine = TypeVar("Engine")
Part = TypeVar("Part")
Result = TypeVar("Result")

AT_ONCE = 2
MOST_WAITING = 32
MOST_STUCK = 4
"""Native code cannot be stopped: as many threads may hang before no new one is begun."""

_LOADING_S = 60.0
_LOADING = threading.Lock()
"""Libraries set themselves up when their first model is loaded, and not all of them let two do so.
"""


@dataclass(slots=True)
class _Job(Generic[Engine]):
    work: Callable[[Engine], Any]
    limit_s: float
    done: Future[Any] = field(default_factory=Future)
    began: float | None = None
    is_given_up: bool = False


class Engines(Generic[Engine]):
    """Runs work on engines that are not safe to share, one engine a thread.

    All calls of a process share them, so that a model is loaded once and not for every call.
    """

    def __init__(self, name: str, load: Callable[[], Engine], *, at_once: int = AT_ONCE) -> None:
        self._name = name
        self._load = load
        self._at_once = at_once
        self._jobs: Queue[_Job[Engine]] = Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._running: dict[threading.Thread, _Job[Engine] | None] = {}
        self.is_loaded = False
        """Whether some engine is loaded, so that nobody waits for that."""

    async def warm(self) -> None:
        """Loads the first engine, so that nobody waits for it in a call."""
        await self.run(lambda engine: None, limit_s=_LOADING_S)

    async def run(self, work: Callable[[Engine], Result], *, limit_s: float) -> Result:
        """Returns what the work returns; waiting for a free engine counts within the limit.

        Raises:
            TimedOut: it took longer; its thread is given up and another takes its place.
            Overloaded: too many jobs wait, or too many threads hang.
            Died: the work or the loading raised.
        """
        job = _Job(work, limit_s)
        try:
            self._jobs.put_nowait(job)
        except Full:
            raise Overloaded(f"{self._name}: {MOST_WAITING} jobs wait already") from None
        if not self._has_hands():
            job.done.cancel()
            raise Overloaded(f"{self._name}: {MOST_STUCK} threads hang")
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.wrap_future(job.done)
        except TimeoutError:
            self._give_up_hanging()
            raise TimedOut(f"{self._name}: no answer within {limit_s:g} s") from None
        except (Died, asyncio.CancelledError):
            raise
        except Exception as error:
            raise Died(f"{self._name}: {type(error).__name__}: {error}") from error

    @property
    def stuck(self) -> int:
        """How many threads hang in work that was given up."""
        with self._lock:
            return sum(_is_stuck(job) for job in self._running.values())

    def _has_hands(self) -> bool:
        """Begins a thread where all are busy and there may be more; says whether any is sound."""
        self._give_up_hanging()
        with self._lock:
            sound = [job for job in self._running.values() if not _is_stuck(job)]
            is_enough = sum(job is None for job in sound) >= self._jobs.qsize()
            may_begin = len(self._running) < self._at_once + MOST_STUCK
            if not is_enough and len(sound) < self._at_once and may_begin:
                thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._running[thread] = None
                thread.start()
                return True
            return bool(sound)

    def _give_up_hanging(self) -> None:
        now = time.monotonic()
        with self._lock:
            for job in self._running.values():
                if job and job.began is not None and now - job.began >= job.limit_s:
                    job.is_given_up = True

    def _serve(self) -> None:
        me = threading.current_thread()
        engine: Engine | None = None
        while True:
            job = self._jobs.get()
            if not job.done.set_running_or_notify_cancel():
                continue
            with self._lock:
                self._running[me] = job
            try:
                if engine is None:
                    with _LOADING:
                        engine = self._load()
                    self.is_loaded = True
                job.began = time.monotonic()
                _answer(job, result=job.work(engine))
            except Exception as error:  # the waiting side raises it as `Died`
                _answer(job, error=error)
            with self._lock:
                self._running[me] = None
                if len(self._running) > self._at_once:
                    del self._running[me]
                    return


@dataclass(frozen=True, slots=True)
class Through(Generic[Engine, Part]):
    """Runs work on what engines of another kind give: one language of a model that knows many."""

    engines: Engines[Engine]
    part: Callable[[Engine], Part]

    async def warm(self) -> None:
        """Loads the first engine."""
        await self.engines.warm()

    async def run(self, work: Callable[[Part], Result], *, limit_s: float) -> Result:
        """Returns what the work returns; raises as `Engines.run` does."""
        return await self.engines.run(lambda engine: work(self.part(engine)), limit_s=limit_s)

    @property
    def is_loaded(self) -> bool:
        """Whether some engine is loaded, so that nobody waits for that."""
        return self.engines.is_loaded


def _is_stuck(job: "_Job[Any] | None") -> bool:
    return job is not None and job.is_given_up


def _answer(job: "_Job[Any]", *, result: object = None, error: Exception | None = None) -> None:
    if error is not None:
        job.done.set_exception(error)
    else:
        job.done.set_result(result)
