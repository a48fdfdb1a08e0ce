"""What one process serves: its engines, who is connected, and whether it is well."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from speech.ears import Ears
from speech.engines import Recogniser, Synthesiser
from speech.metrics import Metrics
from speech.voices import Voices
from speech.wire.messages import (
    Going,
    HearingOffer,
    Message,
    SpeakingOffer,
    WireError,
)
from speech.worker import Worker

_LOG = logging.getLogger(__name__)

State = Literal["loading", "ready", "draining"]


class Told(Protocol):
    """Who is connected."""

    def tell(self, message: Message) -> None:
        """Takes in a message for the client."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a server takes on."""

    hearing_streams: int = 32
    speaking_streams: int = 32
    window_s: float = 4.0
    """Sound of a stream that may wait to be heard."""
    step_s: float = 20.0
    """A step that takes longer hangs."""
    drain_s: float = 30.0
    """What is open may take so long to end once the server is told to."""


class SpeechServer:
    """Engines behind the WebSocket; either of the two may be missing."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.metrics = Metrics()
        self.sessions: set[Told] = set()
        self.state: State = "loading"
        self._ears: Ears | None = None
        self._voices: Voices | None = None
        self._workers = tuple(
            Worker(name, limit_s=limits.step_s) for name in ("hearing", "speaking")
        )
        self._hears: asyncio.Task[None] | None = None

    async def load(
        self,
        hearing: Callable[[], Recogniser] | None,
        speaking: Callable[[], Synthesiser] | None,
    ) -> None:
        """Loads the engines, each in the thread that will use it; the server is ready then."""
        loop = asyncio.get_running_loop()
        listens, speaks = self._workers
        recogniser = await loop.run_in_executor(listens.thread, hearing) if hearing else None
        synthesiser = await loop.run_in_executor(speaks.thread, speaking) if speaking else None
        limits, metrics = self.limits, self.metrics
        if recogniser is not None:
            given = {"most": limits.hearing_streams, "window_s": limits.window_s}
            self._ears = Ears(recogniser, listens, metrics, **given)
            self._hears = asyncio.create_task(self._ears.run())
        if synthesiser is not None:
            self._voices = Voices(synthesiser, speaks, metrics, most=limits.speaking_streams)
        if self.state == "loading":
            self.state = "ready"

    def hearing(self) -> Ears:
        """Returns what hears.

        Raises:
            WireError: this server only speaks.
        """
        if self._ears is None:
            raise WireError("unknown", "this server hears nothing: PARLEY_NEMO_ASR is not set.")
        return self._ears

    def speaking(self) -> Voices:
        """Returns what speaks.

        Raises:
            WireError: this server only hears.
        """
        if self._voices is None:
            raise WireError("unknown", "this server speaks nothing: PARLEY_NEMO_TTS is not set.")
        return self._voices

    def offers(self) -> tuple[HearingOffer | None, SpeakingOffer | None]:
        """Returns what a client is offered.

        Raises:
            WireError: the server loads or drains.
        """
        self.may_begin(None)
        return self._hearing_offer(), self._speaking_offer()

    def may_begin(self, stream: int | None) -> None:
        """Says whether something new may begin.

        Raises:
            WireError: the server loads or drains.
        """
        if self.state == "loading":
            raise WireError("loading", "the models are being loaded; try again.", stream=stream)
        if self.state == "draining":
            raise WireError("draining", "this server ends; use another.", stream=stream)

    @property
    def open(self) -> int:
        """Streams that are open."""
        ears, voices = self._ears, self._voices
        return (ears.open if ears else 0) + (voices.open if voices else 0)

    def what_hangs(self) -> str:
        """Returns which engine hangs and for how long; empty where none does."""
        if self._hears and self._hears.done():
            return "hearing has ended"
        hanging = [worker for worker in self._workers if worker.hangs_s]
        return ", ".join(f"{one.name} has hung for {one.hangs_s:.0f} s" for one in hanging)

    async def drain(self) -> None:
        """Begins nothing new, tells all who are connected, and waits until what is open has ended.

        A stream of hearing lasts as long as its call, so the limit ends most of them.
        """
        self.state = "draining"
        for session in self.sessions:
            session.tell(Going())
        try:
            async with asyncio.timeout(self.limits.drain_s):
                while self.open:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            _LOG.warning("%d streams were open after %g s", self.open, self.limits.drain_s)

    def close(self) -> None:
        """Ends the threads."""
        if self._hears:
            self._hears.cancel()
        for worker in self._workers:
            worker.close()

    def _hearing_offer(self) -> HearingOffer | None:
        if self._ears is None:
            return None
        engine = self._ears.engine
        return HearingOffer(
            model=engine.model,
            kind=engine.kind,
            rate=engine.rate,
            languages=engine.languages,
            most_streams=self._ears.most,
            chunk_s=round(engine.chunk / engine.rate, 4),
        )

    def _speaking_offer(self) -> SpeakingOffer | None:
        if self._voices is None:
            return None
        engine = self._voices.engine
        return SpeakingOffer(
            model=engine.model,
            kind=engine.kind,
            rate=engine.rate,
            languages=engine.languages,
            most_streams=self._voices.most,
            tones=engine.tones,
        )
