"""Speech to text through the server, which hears while the person speaks."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

import numpy as np
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    StartFrame,
    TranscriptionFrame,
    UserAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from pipecat.transcriptions.language import Language
from pipecat.utils.time import time_now_iso8601

from agent_runtime.speech.decoders import RATE, Decoder
from agent_runtime.speech.engines import Engines, Through
from agent_runtime.speech.failures import Overloaded, SpeechFailure, TimedOut
from agent_runtime.speech.frames import SpeechFailedFrame
from agent_runtime.speech.hearing import LONGEST_S, MOST_UTTERANCES, PAUSE_S
from agent_runtime.speech.nemo.stream import HearingStream, Said
from agent_runtime.speech.sound import resample
from agent_runtime.speech.utterance import Room

KEPT_S = 0.55
"""Sound before the VAD has noticed speech that belongs to it."""
_P99_S = 0.5
_TAIL_S = 0.15


class ServerHearingService(STTService):
    """Sends each utterance to the server as it grows; words come back while it does.

    The sound of what has no words yet is kept: after a lost connection it is sent again, and what
    the server does not answer in half the time limit is decoded here, where this is possible. Only
    then is it lost and said to be, with `SpeechFailedFrame` and an error, as by `HearingService`.
    """

    def __init__(
        self,
        stream: Callable[[], HearingStream],
        *,
        language: Language,
        model: str,
        limit_s: float,
        offline: Engines[Decoder] | Through[Any, Decoder] | None = None,
    ) -> None:
        super().__init__(
            settings=STTSettings(model=model, language=language), ttfs_p99_latency=_P99_S
        )
        self._make_stream = stream
        self._spoken_language = language
        self._limit_s = limit_s
        self._offline = offline
        self._stream: HearingStream | None = None
        self._room: Room | None = None
        self._now: Said | None = None
        self._over: asyncio.Queue[Said | None] = asyncio.Queue(MOST_UTTERANCES)
        self._finishing: asyncio.Task[None] | None = None

    def can_generate_metrics(self) -> bool:
        """Returns True: latencies are measured."""
        return True

    async def start(self, frame: StartFrame) -> None:
        """Starts, and connects."""
        await super().start(frame)
        self._stream = self._make_stream()
        self._stream.open(self._on_interim)
        self._finishing = self.create_task(self._finish_each())

    async def stop(self, frame: EndFrame) -> None:
        """Waits for the words of what was said, then stops."""
        if self._finishing:
            await self._over.put(None)
            await self._finishing
            self._finishing = None
        await self._let_go()
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        """Stops at once."""
        await self._let_go()
        await super().cancel(frame)

    async def cleanup(self) -> None:
        """Ends what still runs."""
        await self._let_go()
        await super().cleanup()

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Yields nothing: transcripts come as the server sends them."""
        return
        yield

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Begins and ends utterances where the VAD says so, after passing its frames on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStartedSpeakingFrame) and self._room and not self._now:
            self._now = self._begin(self._room)
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._now:
            ended, self._now = self._now, None
            await self._end(ended)

    async def process_audio_frame(
        self, frame: InputAudioRawFrame, direction: FrameDirection
    ) -> None:
        """Takes in sound at any rate; what is speech goes to the server at once."""
        if self.is_muted or not self.is_usable:
            self._forget()
            return
        self._user_id = frame.user_id if isinstance(frame, UserAudioRawFrame) else ""
        if self._room is None or self._room.rate != frame.sample_rate:
            self._room = Room(frame.sample_rate, kept_s=KEPT_S)
            self._forget()
        if self._now is None:
            self._room.add(frame.audio)
            return
        self._now.add(frame.audio)
        length_s, voiced_s = self._now.utterance.length_s, self._now.utterance.voiced_s
        is_quiet = length_s - voiced_s >= PAUSE_S
        if length_s > (LONGEST_S if is_quiet else LONGEST_S * 1.25):
            ended, self._now = self._now, self._begin(self._room)
            ended.is_last = False
            await self._end(ended)

    def _begin(self, room: Room) -> Said | None:
        return self._stream.begin(room.begin()) if self._stream else None

    def _forget(self) -> None:
        forgotten, self._now = self._now, None
        if forgotten and self._stream:
            self._stream.forget(forgotten)

    async def _end(self, said: Said) -> None:
        said.end(now=time.monotonic())
        try:
            self._over.put_nowait(said)
        except asyncio.QueueFull:
            if self._stream:
                self._stream.forget(said)
            says = f"{MOST_UTTERANCES} utterances wait for their words already"
            await self._say_lost(said, Overloaded(says))

    async def _on_interim(self, text: str) -> None:
        language = self._spoken_language
        now = time_now_iso8601()
        await self.push_frame(InterimTranscriptionFrame(text, self._user_id, now, language))

    async def _finish_each(self) -> None:
        while (said := await self._over.get()) is not None:
            try:
                text = await self._words(said)
            except SpeechFailure as failure:
                await self._say_lost(said, failure)
                continue
            if text:
                frame = TranscriptionFrame(
                    text, self._user_id, time_now_iso8601(), self._spoken_language
                )
                frame.finalized = said.is_last
                await self.push_frame(frame)

    async def _words(self, said: Said) -> str:
        """Returns the words of an utterance that is over, from the server or from here."""
        if self._stream is None or said.utterance.voiced_s == 0:
            if self._stream:
                self._stream.forget(said)
            return ""
        limit_s = self._limit_s / 2 if self._offline else self._limit_s
        try:
            async with asyncio.timeout(max(0.0, said.ended_at + limit_s - time.monotonic())):
                return await said.words
        except TimeoutError:
            failure: SpeechFailure = TimedOut(f"the speech server: no words within {limit_s:g} s")
        except SpeechFailure as broken:
            failure = broken
        finally:
            self._stream.forget(said)
        if self._offline is None:
            raise failure
        await self.push_error(f"{failure}; decoded here")
        return await self._decode(said, self._offline)

    async def _decode(self, said: Said, engines: Engines[Decoder] | Through[Any, Decoder]) -> str:
        rate = said.utterance.rate
        sound = np.pad(said.utterance.samples(), (0, int(_TAIL_S * rate)))
        left_s = max(self._limit_s / 2, said.ended_at + self._limit_s - time.monotonic())
        return await engines.run(
            lambda decoder: decoder.decode(resample(sound, rate, RATE)), limit_s=left_s
        )

    async def _say_lost(self, said: Said, failure: SpeechFailure) -> None:
        lost_s = round(said.utterance.voiced_s, 2)
        await self.push_frame(
            SpeechFailedFrame("hearing", failure.why, str(failure), lost_s=lost_s)
        )
        await self.push_error(f"{lost_s} s of speech were not understood: {failure}")

    async def _let_go(self) -> None:
        finishing, self._finishing = self._finishing, None
        stream, self._stream = self._stream, None
        self._now = None
        if finishing:
            await self.cancel_task(finishing)
        if stream:
            with suppress(SpeechFailure):
                await stream.close()
