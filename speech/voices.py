"""Speaking many texts: their pieces take turns in the one thread of the synthesiser."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

import numpy as np

from speech.engines import Manner, Samples, Synthesiser
from speech.metrics import Metrics
from speech.wire.messages import TtsSpeak, WireError
from speech.worker import Worker


@dataclass(frozen=True, slots=True)
class Sound:
    """Some sound of a piece; empty where the piece is whole."""

    piece: int
    pcm: bytes
    is_whole: bool


class Voices:
    """All texts that are being spoken."""

    def __init__(self, engine: Synthesiser, worker: Worker, metrics: Metrics, *, most: int) -> None:
        self.engine = engine
        self.most = most
        """Texts that may be spoken side by side."""
        self._worker = worker
        self._metrics = metrics
        self._open = 0
        self._turns = _Turns()

    @property
    def open(self) -> int:
        """Texts that are being spoken."""
        return self._open

    def admit(self, asked: TtsSpeak) -> None:
        """Takes a place for a text; `leave` gives it back.

        Raises:
            WireError: none is free, or the language is none of the model's.
        """
        base = asked.language.lower().partition("-")[0]
        spoken = self.engine.languages
        if not {asked.language.lower(), base} & {*map(str.lower, spoken)}:
            says = f"language = {asked.language!r}: {self.engine.model} speaks {', '.join(spoken)}."
            raise WireError("language", says, stream=asked.stream)
        if self._open >= self.most:
            says = f"all {self.most} streams of speaking are in use; try again in a moment."
            raise WireError("busy", says, stream=asked.stream)
        self._open += 1
        self._metrics.streams.labels("speaking").set(self._open)

    def leave(self) -> None:
        """Gives a place back."""
        self._open -= 1
        self._metrics.streams.labels("speaking").set(self._open)

    async def speak(self, asked: TtsSpeak) -> AsyncGenerator[Sound, None]:
        """Yields the sound of a text; closing the generator stops it after the engine's step.

        Raises:
            WireError: the engine broke or hangs.
        """
        began, is_first = time.monotonic(), True
        manner = Manner(asked.language, asked.voice, asked.pace, asked.warmth, asked.emphasis)
        for number, text in enumerate(asked.pieces):
            sounds: Iterator[Samples] | None = None
            while True:
                async with self._turns.turn(number):
                    at = time.monotonic()
                    if sounds is None:
                        sounds = self.engine.synthesise(text, manner)
                    made = await self._worker.run(lambda sounds=sounds: next(sounds, None))
                    self._metrics.step.labels("speaking").observe(time.monotonic() - at)
                if made is None:
                    break
                if is_first:
                    self._metrics.first_sound.observe(time.monotonic() - began)
                    is_first = False
                self._metrics.spoken_s.inc(len(made) / self.engine.rate)
                yield Sound(number, _pcm(made), is_whole=False)
            yield Sound(number, b"", is_whole=True)


class _Turns:
    """Who has spoken least goes first, so that a long text does not keep a short one waiting."""

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def turn(self, spoken: int) -> "_Turn":
        return _Turn(self, spoken)

    async def take(self, spoken: int) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (spoken, next(self._numbers), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self.give()
            raise

    def give(self) -> None:
        while self._waiting:
            _, _, waiting = heappop(self._waiting)
            if not waiting.done():
                waiting.set_result(None)
                return
        self._is_taken = False


class _Turn:
    def __init__(self, turns: _Turns, spoken: int) -> None:
        self._turns, self._spoken = turns, spoken

    async def __aenter__(self) -> None:
        await self._turns.take(self._spoken)

    async def __aexit__(self, *_: object) -> None:
        self._turns.give()


def _pcm(samples: Samples) -> bytes:
    return (np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
