"""A pipeline around one service of speech, into which frames go and from which they come."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.workers.runner import WorkerRunner

from agent_runtime.speech.sound import to_pcm

PATIENCE_S = 20
FRAME_S = 0.02
VAD_S = 0.2


class _Ear(FrameProcessor):
    def __init__(self, heard: list[Frame], news: asyncio.Event) -> None:
        super().__init__(enable_direct_mode=True)
        self._heard, self._news = heard, news

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        self._heard.append(frame)
        self._news.set()
        await self.push_frame(frame, direction)


class Line:
    """What goes into a service and comes out of it, downstream and upstream."""

    def __init__(self, service, rate: int) -> None:
        self.frames: list[Frame] = []
        self._news = asyncio.Event()
        ends = [_Ear(self.frames, self._news) for _ in range(2)]
        self.rate = rate
        self.worker = PipelineWorker(
            Pipeline([ends[0], service, ends[1]]),
            params=PipelineParams(audio_in_sample_rate=rate, audio_out_sample_rate=rate),
            cancel_on_idle_timeout=False,
            enable_rtvi=False,
        )

    def of(self, *kinds: type[Frame]) -> list[Any]:
        """Returns the frames of some kinds that came so far, each once."""
        found = {id(frame): frame for frame in self.frames if isinstance(frame, kinds)}
        return list(found.values())

    async def wait_for(self, *kinds: type[Frame], count: int = 1) -> Any:
        """Returns the newest frame of some kinds once there are that many."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := self.of(*kinds)) < count:
                self._news.clear()
                await self._news.wait()
        return found[-1]

    async def send(self, *frames: Frame) -> None:
        """Sends frames from the start of the pipeline."""
        for frame in frames:
            await self.worker.queue_frame(frame)

    async def say(self, samples, *, ends: bool = True, pace: float = 0.0) -> None:
        """Sends speech as a transport and a VAD do; `pace` seconds pass after each 20 ms."""
        quiet = np.zeros(int(0.3 * self.rate), np.float32)
        sound = np.concatenate([quiet, samples, quiet[: int(VAD_S * self.rate)] if ends else []])
        size = int(FRAME_S * self.rate)
        noticed = int((0.3 + VAD_S) / FRAME_S)
        for index, start in enumerate(range(0, len(sound), size)):
            if index == noticed:
                await self.send(VADUserStartedSpeakingFrame(start_secs=VAD_S))
            chunk = to_pcm(sound[start : start + size].astype(np.float32))
            await self.send(InputAudioRawFrame(chunk, self.rate, 1))
            await asyncio.sleep(pace)
        if ends:
            await self.send(VADUserStoppedSpeakingFrame(stop_secs=VAD_S))


@asynccontextmanager
async def line_with(service, *, rate: int = 16_000):
    """Runs a pipeline around a service and ends it at once."""
    line = Line(service, rate)
    started = asyncio.Event()

    @line.worker.event_handler("on_pipeline_started")
    async def _on_started(worker, frame):
        started.set()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(line.worker)
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(PATIENCE_S):
        await started.wait()
    try:
        yield line
    finally:
        await line.worker.cancel()
        await running
