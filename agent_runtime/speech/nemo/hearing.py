"""Speech to text through the server, which hears while the person speaks."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from pipecat.frames.frames import StartFrame
from pipecat.transcriptions.language import Language

from agent_runtime.speech.failures import SpeechFailure, TimedOut
from agent_runtime.speech.hearing import Ear, decode
from agent_runtime.speech.listening import LONGEST_S, PAUSE_S, ListeningService
from agent_runtime.speech.nemo.stream import HearingStream, Said
from agent_runtime.speech.utterance import Room

_P99_S = 0.5


class ServerHearingService(ListeningService[Said]):
    """Sends each utterance to the server as it grows; words come back while it does.

    The sound of what has no words yet is kept: after a lost connection it is sent again, and what
    the server does not answer in half the time limit is decoded here, where this is possible. Only
    then is it lost.
    """

    def __init__(
        self,
        stream: Callable[[], HearingStream],
        *,
        language: Language,
        model: str,
        limit_s: float,
        offline: Ear | None = None,
    ) -> None:
        super().__init__(language=language, model=model, p99_s=_P99_S)
        self._make_stream = stream
        self._limit_s = limit_s
        self._offline = offline
        self._stream: HearingStream | None = None

    async def start(self, frame: StartFrame) -> None:
        """Starts, and connects."""
        self._stream = self._make_stream()
        self._stream.open(self._say_so_far)
        await super().start(frame)

    def _begin(self, room: Room) -> Said | None:
        return self._stream.begin(room.begin()) if self._stream else None

    async def _grow(self, part: Said, pcm: bytes) -> None:
        part.add(pcm)
        length_s, voiced_s = part.utterance.length_s, part.utterance.voiced_s
        is_quiet = length_s - voiced_s >= PAUSE_S
        if self._room and length_s > (LONGEST_S if is_quiet else LONGEST_S * 1.25):
            self._now = self._begin(self._room)
            part.is_last = False
            await self._end(part)

    def _forget(self, part: Said) -> None:
        if self._stream:
            self._stream.forget(part)

    async def _end(self, part: Said) -> None:
        part.end(now=time.monotonic())
        await super()._end(part)

    async def _finish(self, part: Said) -> str:
        """Returns the words, from the server or from here."""
        if self._stream is None or part.utterance.voiced_s == 0:
            self._forget(part)
            return ""
        limit_s = self._limit_s / 2 if self._offline else self._limit_s
        try:
            async with asyncio.timeout(max(0.0, part.ended_at + limit_s - time.monotonic())):
                return await part.words
        except TimeoutError:
            failure: SpeechFailure = TimedOut(f"the speech server: no words within {limit_s:g} s")
        except SpeechFailure as broken:
            failure = broken
        finally:
            self._forget(part)
        if self._offline is None:
            raise failure
        await self.push_error(f"{failure}; decoded here")
        said = part.utterance
        left_s = max(self._limit_s / 2, part.ended_at + self._limit_s - time.monotonic())
        return await decode(said.samples(), said.rate, self._offline, limit_s=left_s)

    async def _let_go(self) -> None:
        await super()._let_go()
        stream, self._stream = self._stream, None
        if stream:
            with suppress(SpeechFailure):
                await stream.close()
