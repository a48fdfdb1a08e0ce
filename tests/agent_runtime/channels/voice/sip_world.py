"""A bridge on loopback; a pipeline without a desk leads its calls: it hears, and says sound."""

import asyncio
import os
import socket
from contextlib import ExitStack, asynccontextmanager, suppress

import numpy as np
from pipecat.frames.frames import (
    EndFrame,
    InputAudioRawFrame,
    InputDTMFFrame,
    OutputDTMFUrgentFrame,
    TTSAudioRawFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.workers.runner import WorkerRunner

from agent_runtime.channels.voice.processor import CallTransferredFrame, TransferCallFrame
from agent_runtime.channels.voice.sip.agent_config import AgentConfig
from agent_runtime.channels.voice.sip.bridge import SipBridge
from agent_runtime.channels.voice.sip.handover import english_voice
from agent_runtime.channels.voice.sip.setup import SipTrunk
from agent_runtime.settings import Settings

OURS = "+12125550100"
THEIRS = "+12125550123"
PATIENCE_S = 30
PATIENT = Settings(speech_hearing_limit_s=30, speech_speaking_limit_s=30)


def free_port():
    """A port that nobody was given, free for UDP and TCP as the next one is: baresip takes them."""
    while True:
        with ExitStack() as held, suppress(OSError, OverflowError):
            port = _held(held, socket.SOCK_DGRAM, 0)
            if _GIVEN.isdisjoint((port, port + 1)):
                _held(held, socket.SOCK_STREAM, port)
                _held(held, socket.SOCK_STREAM, port + 1)
                _GIVEN.update((port, port + 1))
                return port


def _held(held, kind, port):
    one = held.enter_context(socket.socket(type=kind))
    one.bind(("127.0.0.1", port))
    return one.getsockname()[1]


_GIVEN = set()


class Middle(FrameProcessor):
    """Between ear and mouth of a call: keeps what comes in."""

    def __init__(self):
        super().__init__(name="middle")
        self.sound, self.keys, self.transferred = bytearray(), "", []

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, CallTransferredFrame):
            self.transferred.append(frame.is_taken)
        if isinstance(frame, InputAudioRawFrame):
            self.sound += frame.audio
            return
        if isinstance(frame, InputDTMFFrame):
            self.keys += frame.button.value
        await self.push_frame(frame, direction)


class Led:
    """One call that is led."""

    def __init__(self, transport, call):
        self.transport, self.call = transport, call
        self.middle = Middle()
        self.events = []
        self.joined, self.over = asyncio.Event(), asyncio.Event()
        transport.add_event_handler("on_client_connected", self._on_joined)
        transport.add_event_handler("on_client_hung_up", self._on_hung_up)
        transport.add_event_handler("on_client_disconnected", self._on_lost)
        stages = [transport.input(), self.middle, transport.output()]
        self.worker = PipelineWorker(
            Pipeline(stages),
            params=PipelineParams(),
            cancel_on_idle_timeout=False,
            idle_timeout_secs=None,
            enable_rtvi=False,
        )

    async def _on_joined(self, *_):
        self.events.append("joined")
        self.joined.set()

    async def _on_hung_up(self, _):
        await self._over("hung_up")

    async def _on_lost(self, _):
        await self._over("lost")

    async def _over(self, how):
        self.events.append(how)
        await self.worker.queue_frame(EndFrame())

    async def run(self):
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(self.worker)
        await runner.run()
        self.over.set()
        return "led"

    async def say(self, sound, rate):
        await self.worker.queue_frame(TTSAudioRawFrame(sound.tobytes(), rate, 1))

    async def press(self, keys):
        await self.worker.queue_frame(OutputDTMFUrgentFrame.from_string(keys))

    async def interrupt(self):
        await self.middle.broadcast_interruption()

    async def put_through(self, route_to, summary=""):
        await self.worker.queue_frame(TransferCallFrame(route_to, summary))

    async def hang_up(self):
        await self.worker.queue_frame(EndFrame())

    def heard(self):
        """What they said, 16 kHz."""
        return np.frombuffer(bytes(self.middle.sound), np.int16)


class World:
    def __init__(self):
        self.bridge = None
        self.led, self.news = [], []
        self.picks_up = asyncio.Event()
        self.picks_up.set()
        self.arrived = asyncio.Condition()

    @property
    def port(self):
        return self.bridge.agent.port

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    async def lead(self, transport, call):
        led = Led(transport, call)
        async with self.arrived:
            self.led.append(led)
            self.arrived.notify_all()
        await self.picks_up.wait()
        return await led.run()

    async def call(self, count=1):
        """Waits for the call of this number, counted from one."""
        async with self.arrived:
            ready = self.arrived.wait_for(lambda: len(self.led) >= count)
            await asyncio.wait_for(ready, PATIENCE_S)
        return self.led[count - 1]


@asynccontextmanager
async def sip_world(*trunks, orders=None, transfers=None, first_answer_s=PATIENCE_S, **config):
    """A bridge whose trunks are given; the first one may call us unless trunks are named."""
    world = World()
    trunks = trunks or (SipTrunk(name="phone", host="127.0.0.1:9", peers=("127.0.0.1",)),)
    level = int(os.environ.get("SIP_LOG", "0"))
    settings = {"host": "127.0.0.1", "port": 0, "rtp_port": 42000, "log_level": level} | config
    world.bridge = SipBridge(
        config=AgentConfig(trunks=tuple(t.as_config() for t in trunks), **settings),
        trunks=trunks,
        lead=world.lead,
        report=world.news.append,
        own_numbers=frozenset({OURS}),
        transfers=transfers or {},
        speak=english_voice(PATIENT),
        first_answer_s=first_answer_s,
    )
    await world.bridge.start(orders)
    try:
        yield world
    finally:
        await world.bridge.stop()


async def until(holds, within_s=PATIENCE_S):
    async def wait():
        while not holds():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), within_s)
