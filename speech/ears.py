"""Hearing many streams: what is ready of each goes into one step of the recogniser."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from speech.engines import Chunk, Recogniser
from speech.metrics import Metrics
from speech.wire.messages import AsrFinal, AsrInterim, Error, WireError
from speech.worker import Worker

Listener = Callable[["AsrInterim | AsrFinal | Error | int"], None]
"""Takes what a stream has to say; a number is bytes of sound that may be sent again."""


@dataclass(eq=False)
class Ear:
    """One open stream: sound that waits, and where in it utterances end."""

    number: int
    language: str
    listener: Listener
    window: int
    waiting: bytearray = field(default_factory=bytearray)
    ends: deque[tuple[int, int, float]] = field(default_factory=deque)
    """Bytes before each end, the client's number of the utterance, and when it came."""
    utterance: int | None = None
    """Of the engine, while one goes on."""
    text: str = ""
    audio_s: float = 0.0
    ready_at: float = 0.0


class Ears:
    """All open streams. Everything but the engine's steps runs on the event loop."""

    def __init__(
        self, engine: Recogniser, worker: Worker, metrics: Metrics, *, most: int, window_s: float
    ) -> None:
        self.engine = engine
        self._worker = worker
        self._metrics = metrics
        self._most = most
        self._window = max(int(window_s * engine.rate), 2 * engine.chunk) * 2
        self._ears: set[Ear] = set()
        self._left: list[int] = []
        self._numbers = count(1)
        self._news = asyncio.Event()
        metrics.waiting_s.set_function(self._waiting_s)

    @property
    def most(self) -> int:
        """Streams that may be open."""
        return self._most

    @property
    def open(self) -> int:
        """Streams that are open."""
        return len(self._ears)

    def listen(self, number: int, language: str, listener: Listener) -> Ear:
        """Returns a new stream.

        Raises:
            WireError: none is free, or the language is none of the model's.
        """
        spoken = self.engine.languages
        if not {language.lower(), language.lower().partition("-")[0]} & {*map(str.lower, spoken)}:
            says = f"language = {language!r}: {self.engine.model} hears {', '.join(spoken)}."
            raise WireError("language", says, stream=number)
        if len(self._ears) >= self._most:
            says = f"all {self._most} streams of hearing are in use; try again in a moment."
            raise WireError("busy", says, stream=number)
        ear = Ear(number, language, listener, self._window)
        self._ears.add(ear)
        self._metrics.streams.labels("hearing").set(len(self._ears))
        return ear

    def feed(self, ear: Ear, pcm: bytes) -> None:
        """Takes in sound.

        Raises:
            WireError: more than the window allows.
        """
        if len(ear.waiting) + len(pcm) > ear.window:
            says = f"{len(pcm)} bytes of sound over the window of {ear.window}: wait for credit."
            raise WireError("flow", says, stream=ear.number)
        ear.waiting += pcm
        self._news.set()

    def end(self, ear: Ear, utterance: int) -> None:
        """Says that the sound so far is all of an utterance.

        Raises:
            WireError: so many utterances wait that something is wrong.
        """
        if len(ear.ends) >= _MOST_ENDS:
            says = f"{_MOST_ENDS} utterances of this stream wait already."
            raise WireError("flow", says, stream=ear.number)
        ear.ends.append((len(ear.waiting), utterance, time.monotonic()))
        self._news.set()

    def close(self, ear: Ear) -> None:
        """Ends a stream."""
        if ear not in self._ears:
            return
        self._ears.discard(ear)
        if ear.utterance is not None:
            self._left.append(ear.utterance)
            self._news.set()
        self._metrics.streams.labels("hearing").set(len(self._ears))

    async def run(self) -> None:
        """Hears until it is cancelled."""
        while True:
            left, self._left = self._left, []
            ready = [ear for ear in self._ears if self._is_ready(ear)]
            if not ready and not left:
                self._news.clear()
                await self._news.wait()
                continue
            ready.sort(key=lambda ear: ear.ready_at)
            await self._step(ready[: self.engine.batch], left)

    async def _step(self, ears: list[Ear], left: list[int]) -> None:
        chunks = [self._take(ear) for ear in ears]
        sounding = [chunk for chunk in chunks if not _is_nothing(chunk)]
        began = time.monotonic()

        def work() -> list[str]:
            if left:
                self.engine.forget(left)
            heard = iter(self.engine.step(sounding) if sounding else [])
            return [next(heard) if chunk in sounding else "" for chunk in chunks]

        try:
            texts = await self._worker.run(work)
        except WireError as error:
            self._fail(ears, chunks, error)
            return
        if not chunks:
            return
        self._metrics.step.labels("hearing").observe(time.monotonic() - began)
        self._metrics.batch.observe(len(chunks))
        for ear, chunk, text in zip(ears, chunks, texts, strict=True):
            self._tell(ear, chunk, text)

    def _is_ready(self, ear: Ear) -> bool:
        return bool(ear.ends) or len(ear.waiting) >= self.engine.chunk * 2

    def _take(self, ear: Ear) -> Chunk:
        """Returns the next chunk of a stream and gives credit for it."""
        size = self.engine.chunk * 2
        until = ear.ends[0][0] if ear.ends else None
        is_last = until is not None and until <= size
        taken = until if is_last and until is not None else size
        pcm = bytes(ear.waiting[:taken])
        del ear.waiting[:taken]
        ear.ends = deque((at - taken, number, came) for at, number, came in ear.ends)
        is_first = ear.utterance is None
        if ear.utterance is None:
            ear.utterance, ear.text, ear.audio_s = next(self._numbers), "", 0.0
        ear.audio_s += self._seconds(taken)
        ear.ready_at = time.monotonic()
        self._metrics.heard_s.inc(self._seconds(taken))
        if taken:
            ear.listener(taken)
        samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768.0
        return Chunk(ear.utterance, samples, is_first, is_last, ear.language)

    def _tell(self, ear: Ear, chunk: Chunk, text: str) -> None:
        if ear not in self._ears:
            # It was closed during the step; a last chunk has let go of all by itself.
            return
        if chunk.is_last:
            _, number, came = ear.ends.popleft()
            ear.utterance = None
            self._metrics.final.observe(time.monotonic() - came)
            said = AsrFinal(
                stream=ear.number, utterance=number, text=text, audio_s=round(ear.audio_s, 3)
            )
            ear.listener(said)
        elif text != ear.text:
            ear.text = text
            ear.listener(AsrInterim(stream=ear.number, text=text))

    def _fail(self, ears: list[Ear], chunks: list[Chunk], error: WireError) -> None:
        self._left.extend(chunk.utterance for chunk in chunks)
        for ear in ears:
            if ear in self._ears:
                ear.utterance = None
                self.close(ear)
                ear.listener(Error(code=error.code, message=str(error), stream=ear.number))

    def _waiting_s(self) -> float:
        return sum(self._seconds(len(ear.waiting)) for ear in [*self._ears])

    def _seconds(self, size: int) -> float:
        return size / 2 / self.engine.rate


_MOST_ENDS = 16


def _is_nothing(chunk: Chunk) -> bool:
    return chunk.is_first and chunk.is_last and not len(chunk.samples)
