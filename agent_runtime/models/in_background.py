"""A server that is asked from threads: one event loop beside them, and a future for each answer."""

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock, Thread

from agent_runtime.models.oracle import BreakerState
from agent_runtime.models.reply import Reply
from agent_runtime.models.vllm import VllmModel, VllmOptions
from agent_runtime.prompting.prompt import Prompt


class VllmInBackground:
    """Asks one server for all threads of a process, so that they share its limits and breaker.

    Args:
        options: Where the server is and how it is asked.
    """

    def __init__(self, options: VllmOptions) -> None:
        self._options = options
        self._lock = Lock()
        self._life: _Life | None = None

    @property
    def name(self) -> str:
        """Name of the model, as the server knows it."""
        return self._options.model

    @property
    def state(self) -> BreakerState:
        """Whether calls go through."""
        return self._life.model.state if self._life else "closed"

    @property
    def last_error(self) -> str:
        """What went wrong last; empty where nothing has."""
        return self._life.model.last_error if self._life else ""

    @property
    def patience_s(self) -> float:
        """The time limit of a call, and a second in which its loop may be busy."""
        return self._options.total_s + 1.0

    def ask(self, prompt: Prompt) -> "Future[Reply]":
        """Puts a question; never waits, but for the first which loads the client."""
        life = self._begun()
        return asyncio.run_coroutine_threadsafe(life.model.ask(prompt), life.loop)

    def close(self) -> None:
        """Gives up what is under way and closes all connections."""
        with self._lock:
            life, self._life = self._life, None
        if life is not None:
            life.loop.call_soon_threadsafe(life.stop.set)
            life.thread.join(timeout=5)

    def _begun(self) -> "_Life":
        with self._lock:
            if self._life is None:
                born: Future[_Life] = Future()
                thread = Thread(
                    target=lambda: asyncio.run(_live(self._options, thread, born)),
                    name="vllm",
                    daemon=True,
                )
                thread.start()
                self._life = born.result()
            return self._life


@dataclass(frozen=True, slots=True)
class _Life:
    loop: asyncio.AbstractEventLoop
    model: VllmModel
    stop: asyncio.Event
    thread: Thread


async def _live(options: VllmOptions, thread: Thread, born: "Future[_Life]") -> None:
    """Lets calls run in this loop until it is to stop; what is under way then is cancelled."""
    try:
        life = _Life(asyncio.get_running_loop(), VllmModel(options), asyncio.Event(), thread)
    except Exception as error:
        born.set_exception(error)
        return
    born.set_result(life)
    await life.stop.wait()
    await life.model.close()
