"""The media socket: sound and keys both ways, how a line ends, and that the carrier hangs up."""

import asyncio
from time import sleep
from types import SimpleNamespace

import numpy as np
import pytest
from carrier_calls import carrier_calls
from phone_line import FRAME, Idle
from pipecat.frames.frames import (
    EndWorkerFrame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    KeypadEntry,
    OutputAudioRawFrame,
    OutputDTMFUrgentFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from agent_runtime.channels.voice.carrier.leading import Leading

VENDORS = pytest.mark.parametrize("vendor", ["twilio"])
pytestmark = pytest.mark.real
RATE, TONE_HZ = 8000, 440
DTMF_5 = (770, 1336)
"""ITU-T Q.23."""


class Probe(FrameProcessor):
    """Answers their key with one of ours and a tone, then ends the call; or waits for its end."""

    def __init__(self, *, ends):
        super().__init__()
        self.ends, self.keys, self.levels, self.over = ends, [], [], []

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            sound = np.frombuffer(frame.audio, np.int16).astype(float)
            self.levels.append((frame.sample_rate, np.sqrt(np.mean(sound**2))))
        if isinstance(frame, InputDTMFFrame):
            self.keys.append(frame.button)
            await self.push_frame(OutputDTMFUrgentFrame(button=KeypadEntry.FIVE))
            await self.push_frame(OutputAudioRawFrame(tone(), RATE, 1))
            if self.ends:
                self.create_task(self._end())
        await self.push_frame(frame, direction)

    async def _end(self):
        await asyncio.sleep(3.0)
        await self.broadcast_frame(InterruptionFrame)
        await self.push_frame(EndWorkerFrame(), FrameDirection.UPSTREAM)


class Service:
    """Serves as `CallService` does, with a pipeline that only probes."""

    def __init__(self, runtime, *, ends):
        self.runtime, self.probe, self.starts, self.told = runtime, Probe(ends=ends), [], []

    async def serve(self, transport, call):
        self.starts.append(call)
        worker = PipelineWorker(
            Pipeline([transport.input(), self.probe, transport.output()]),
            cancel_on_idle_timeout=False,
            idle_timeout_secs=None,
            enable_rtvi=False,
        )
        for event in ("on_client_hung_up", "on_client_disconnected"):
            transport.add_event_handler(event, self._ending(event, worker))
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        await runner.run()

    def _ending(self, event, worker):
        async def ended(*_):
            self.told.append(event)
            await worker.cancel()

        return ended


class Caller(Idle):
    """Presses a key, hums, and hears."""

    keys = ("7",)
    breaks = False

    def next_frame(self, heard, *, is_sound):
        super().next_frame(heard, is_sound=is_sound)
        return np.frombuffer(tone()[: 2 * FRAME], np.int16)


def tone(hertz=TONE_HZ, seconds=0.4):
    at = np.arange(int(RATE * seconds)) / RATE
    return (8000 * np.sin(2 * np.pi * hertz * at)).astype(np.int16).tobytes()


def share_at(sound, hertz):
    """How much of a sound lies within 20 Hz of a frequency."""
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / RATE) - hertz) < 20
    return spectrum[near].sum() / max(spectrum.sum(), 1)


def ended(calls, ring):
    """The row and our requests, once we have hung up and said so: the line may be over before."""
    for _ in range(200):
        row, requests = calls.world.call(), list(calls.network.requests)
        is_hung_up = any(ring.sid in path for method, path in requests if method != "GET")
        if is_hung_up and row.state == "ENDED":
            break
        sleep(0.05)
    return row, requests


def led(vendor, caller, *, ends):
    from loguru import logger

    logger.remove()
    with carrier_calls(vendor) as calls:
        service = Service(calls.world.runtime, ends=ends)
        calls.hooks.lead = Leading(calls.account, service, lambda: calls.world.now)
        calls.network.person = lambda call: caller
        calls.dial()
        (ring,) = calls.network.rings
        row, requests = ended(calls, ring)
    return SimpleNamespace(
        probe=service.probe, service=service, row=row, call=ring, requests=requests
    )


@VENDORS
def test_sound_and_keys_go_both_ways_and_we_hang_up_by_the_carrier(vendor):
    """R248 R275: at 8 kHz mu-law; keys by the carrier's REST where it has one, else as tones."""
    caller = Caller(frames=2000)
    found = led(vendor, caller, ends=True)
    assert found.probe.keys == [KeypadEntry.SEVEN]
    assert max(level for _, level in found.probe.levels) > 4000
    heard = np.concatenate(caller.heard).astype(float)
    assert share_at(heard, TONE_HZ) > 0.2
    if vendor == "twilio":
        assert all(share_at(heard, hertz) > 0.02 for hertz in DTMF_5)
    else:
        assert found.call.pressed == ["5"]
        assert share_at(heard, TONE_HZ) > 0.9
    ended = [path for method, path in found.requests if method in ("POST", "DELETE")]
    assert any(found.call.sid in path for path in ended)
    (start,) = found.service.starts
    assert (start.carrier, start.direction) == (vendor, "outbound")
    assert start.meta == {"message_id": found.row.call_id, "attempt": "1"}
    assert found.row.state == "ENDED"
