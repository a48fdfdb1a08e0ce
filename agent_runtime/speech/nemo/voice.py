"""A voice of the speech server, for `SpeakingService` like any other."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from itertools import count

import numpy as np

from agent_runtime.speech.failures import Died, SpeechFailure, TimedOut
from agent_runtime.speech.nemo.link import Link, failure_of, open_link
from agent_runtime.speech.pieces import cut
from agent_runtime.speech.sound import Samples, from_pcm
from agent_runtime.speech.tones import Tone
from speech.wire import messages as wire

TRIES = 2
"""A connection that was lost between two sentences is made again once before the next."""
WINDOW_S = 4.0
"""Sound that may be on its way; a voice is faster than a person listens."""


class ServerVoice:
    """Speaks through the server, one text at a time on one connection that it keeps."""

    def __init__(
        self, url: str, *, language: str, rate: int, limit_s: float, model: str, token: str = ""
    ) -> None:
        self.name = model
        self.rate = rate
        self._url = url
        self._language = language
        self._limit_s = limit_s
        self._token = token
        self._link: Link | None = None
        self._streams = count(1)
        self._turn = asyncio.Lock()

    async def warm(self) -> None:
        """Connects, so that the first sentence does not wait."""
        async with self._turn:
            if self._link is None:
                self._link = await self._connect()

    async def speak(self, text: str, tone: Tone) -> AsyncGenerator[tuple[str, Samples], None]:
        """Yields sound as the server sends it, and each piece of the text once it is whole."""
        pieces = cut(text)
        if not pieces:
            return
        async with self._turn:
            for attempt in range(1, TRIES + 1):
                has_begun = False
                try:
                    async with aclosing(self._say(pieces, tone)) as sounds:
                        async for piece, sound in sounds:
                            has_begun = True
                            yield piece, sound
                    return
                except Died:
                    await self._drop()
                    if has_begun or attempt == TRIES:
                        raise

    async def _say(
        self, pieces: list[str], tone: Tone
    ) -> AsyncGenerator[tuple[str, Samples], None]:
        if self._link is None:
            self._link = await self._connect()
        link, stream = self._link, next(self._streams)
        await link.tell(self._asked(stream, pieces, tone))
        is_over = False
        try:
            while not is_over:
                said = await self._next(link)
                match said:
                    case (number, pcm) if number == stream:
                        await link.tell(wire.Credit(stream=stream, bytes=len(pcm)))
                        yield "", from_pcm(pcm)
                    case wire.TtsStarted() if said.stream == stream and said.rate != self.rate:
                        raise Died(f"its voice has {said.rate} Hz now and had {self.rate}")
                    case wire.TtsMark() if said.stream == stream:
                        yield pieces[said.piece], np.zeros(0, np.float32)
                    case wire.TtsDone() if said.stream == stream:
                        is_over = True
                    case wire.Error() if said.stream in (stream, None):
                        is_over = True
                        raise failure_of(said)
        finally:
            if not is_over:
                # What the server still sends belongs to no stream of ours any more.
                with suppress(SpeechFailure):
                    await link.tell(wire.TtsCancel(stream=stream))

    async def _next(self, link: Link) -> wire.FromServer | tuple[int, bytes]:
        try:
            async with asyncio.timeout(self._limit_s):
                return await link.receive()
        except TimeoutError:
            raise TimedOut(f"{self.name}: no sound within {self._limit_s:g} s") from None

    def _asked(self, stream: int, pieces: list[str], tone: Tone) -> wire.TtsSpeak:
        return wire.TtsSpeak(
            stream=stream,
            pieces=tuple(pieces),
            language=self._language,
            pace=tone.pace,
            warmth=tone.warmth,
            emphasis=tone.emphasis,
            window=int(WINDOW_S * self.rate) * 2,
        )

    async def _connect(self) -> Link:
        return await open_link(self._url, token=self._token, limit_s=self._limit_s)

    async def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()
