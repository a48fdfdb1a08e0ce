"""The end of a call: what came of it is written once, whoever asks for it and however often."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from pipecat.processors.frame_processor import FrameProcessor

from agent_runtime.channels.voice.outcome import Outcome

ENDS_WITHIN_S = 10.0


class CallEnd:
    """What came of a call, once it is over."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.is_over = asyncio.Event()
        self._writing: Future[Outcome] | None = None

    async def write(
        self, thread: ThreadPoolExecutor, work: Callable[[], Outcome], sender: FrameProcessor
    ) -> None:
        """Has it written, even where whoever waits for it is cancelled."""
        if self._writing is None:
            self._writing = thread.submit(work)
        try:
            done = asyncio.shield(asyncio.wrap_future(self._writing))
            self.outcome = await asyncio.wait_for(done, ENDS_WITHIN_S)
        except TimeoutError:
            # The line is closed all the same; it is written once the turn that hangs lets go.
            await sender.push_error("the end of the call is not written yet: a turn hangs")
        finally:
            self.is_over.set()

    async def wait(self) -> None:
        """Waits until it is written, and not for long."""
        await asyncio.wait([asyncio.ensure_future(self.is_over.wait())], timeout=ENDS_WITHIN_S)
