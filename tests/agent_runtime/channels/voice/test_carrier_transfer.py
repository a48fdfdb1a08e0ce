"""A caller is put through by the carrier to a person of ours, who is told why and takes it."""

from time import sleep
from types import SimpleNamespace

import pytest
from carrier_calls import NUMBER, carrier_calls
from phone_line import Idle
from pipecat.frames.frames import EndWorkerFrame, InputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from agent_runtime.channels.voice.carrier import rooms
from agent_runtime.channels.voice.carrier.leading import Leading
from agent_runtime.channels.voice.processor import CallTransferredFrame, TransferCallFrame

pytestmark = pytest.mark.real
LENA = "+493012340000"
WHY = "Ana Ruiz of Alder is on the line. Reason: asked for a person."


class Gives(FrameProcessor):
    """Puts a call through as soon as it hears anything, and ends it then, as a call does."""

    def __init__(self):
        super().__init__()
        self.taken, self._has_asked = [], False

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame) and not self._has_asked:
            self._has_asked = True
            await self.push_frame(TransferCallFrame("owner", WHY))
        if isinstance(frame, CallTransferredFrame):
            self.taken.append(frame.is_taken)
            await self.push_frame(EndWorkerFrame(), FrameDirection.UPSTREAM)
        await self.push_frame(frame, direction)


class Service:
    def __init__(self, runtime):
        self.runtime, self.gives, self.told, self.starts = runtime, Gives(), [], []

    async def serve(self, transport, call):
        self.starts.append(call)
        worker = PipelineWorker(
            Pipeline([transport.input(), self.gives, transport.output()]),
            cancel_on_idle_timeout=False,
            idle_timeout_secs=None,
            enable_rtvi=False,
        )

        async def left(*_):
            self.told.append("left")
            await worker.cancel()

        transport.add_event_handler("on_client_hung_up", left)
        transport.add_event_handler("on_client_disconnected", left)
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        await runner.run()
        return SimpleNamespace(disposition="transferred")


def given(vendor, *, keys, transfers=None, habit="answers"):
    """Leads a call that is put through; returns what the network and we know of it."""
    from loguru import logger

    logger.remove()
    with carrier_calls(vendor, transfers=transfers or {"*": LENA}) as calls:
        service = Service(calls.world.runtime)
        lead = Leading(calls.account, service, lambda: calls.world.now, rooms=calls.hooks.rooms)
        calls.hooks.lead = lead
        calls.network.person = lambda call: Idle(frames=5000)
        calls.network.keys[LENA] = keys
        calls.network.habits[LENA] = habit
        calls.world.work()
        ana = until(lambda: next((c for c in calls.network.rings if c.to == NUMBER), None))
        until(lambda: service.gives.taken)
        lena = next((c for c in calls.network.calls.values() if c.to == LENA), None)
        if service.gives.taken == [True]:
            until(lambda: ana.room and lena.room)
        else:
            until(ana.over.is_set)
        asked = list(calls.network.requests)
        for call in (ana, lena):
            if call is not None:
                calls.network._loop.call_soon_threadsafe(call.over.set)
        calls.network.settle(30)
    return SimpleNamespace(ana=ana, lena=lena, service=service, requests=asked, hooks=calls.network)


def until(holds):
    for _ in range(600):
        if found := holds():
            return found
        sleep(0.05)
    raise AssertionError("it did not come to that")


@pytest.mark.parametrize("vendor", ["twilio", "telnyx", "plivo"])
def test_a_person_of_ours_is_told_why_and_meets_the_caller_in_a_room(vendor):
    found = given(vendor, keys="1")
    assert found.service.starts[0].meta["transfers"] == "1"
    assert WHY in found.lena.told
    assert found.ana.room == found.lena.room != ""
    assert WHY not in found.lena.answer_url
    assert found.service.told == [], "the end of the stream is not the end of the call"
    ends = [path for method, path in found.requests if is_end(method, path, found.ana)]
    assert ends == [], "a call that goes on without us is not hung up"
    assert {code for _, code in found.hooks.hooks} == {200}


@pytest.mark.parametrize(("keys", "habit"), [("", "answers"), ("9", "answers"), ("", "busy")])
def test_where_nobody_takes_it_the_caller_is_still_with_us(keys, habit):
    found = given("twilio", keys=keys, habit=habit)
    assert found.service.gives.taken == [False]
    assert found.ana.room == ""
    assert found.lena.room == ""


def test_a_role_that_nobody_has_is_called_by_nobody():
    found = given("twilio", keys="1", transfers={"legal": LENA})
    assert found.service.gives.taken == [False]
    assert found.lena is None


def test_a_room_is_taken_once_and_with_its_key_only():
    import asyncio

    async def go():
        waiting = rooms.Rooms()
        with waiting.open(WHY) as room:
            assert waiting.get(room.name) is room
            assert not room.takes("9")
            assert room.takes("1")
            assert not room.takes("1")
            assert await room.is_taken()
        assert waiting.get(room.name) is None

    asyncio.run(go())


def is_end(method, path, call):
    return method == "DELETE" or "/actions/hangup" in path
