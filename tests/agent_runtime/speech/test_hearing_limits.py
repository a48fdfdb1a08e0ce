"""An ear that hangs or breaks: a defined outcome, and the next utterance is heard."""

import asyncio
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipecat.frames.frames import (
    ErrorFrame,
    InterimTranscriptionFrame,
    TextFrame,
    TranscriptionFrame,
)
from pipecat.transcriptions.language import Language

from agent_runtime.speech.engines import MOST_STUCK, Engines
from agent_runtime.speech.failures import Died, Overloaded, TimedOut
from agent_runtime.speech.frames import SpeechFailedFrame
from agent_runtime.speech.hearing import HearingService
from agent_runtime.speech.listening import LONGEST_S, MOST_UTTERANCES
from agent_runtime.speech.sound import to_pcm
from agent_runtime.speech.utterance import Room, Utterance
from tests.agent_runtime.speech.line import PATIENCE_S, line_with

RATE = 16_000
BUZZ = np.tile(np.float32([0.4, 0.3, -0.3, -0.4]), RATE // 4)
"""A second of something loud."""


class Ear:
    """Hangs until it is let go; then hears how long a sound is."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.hangs, self.released = hangs, threading.Event()

    def decode(self, samples) -> str:
        if self.hangs:
            self.released.wait(30)
        return f"{len(samples) / RATE:.1f} seconds"


def _service(ear, *, limit_s=20.0, interim_s=5.0) -> HearingService:
    engines = Engines("ear", lambda: ear)
    return HearingService(
        engines, language=Language.EN, model="ear", interim_s=interim_s, limit_s=limit_s
    )


def test_a_decoder_that_hangs_loses_one_utterance_and_says_so():
    async def hear():
        ear = Ear(hangs=True)
        async with line_with(_service(ear, limit_s=2)) as line:
            await line.say(BUZZ)
            lost = await line.wait_for(SpeechFailedFrame)
            error = await line.wait_for(ErrorFrame)
            ear.hangs = False
            await line.say(BUZZ)
            heard = await line.wait_for(TranscriptionFrame)
            ear.released.set()
            return lost, error, heard

    lost, error, heard = asyncio.run(hear())
    assert (lost.part, lost.why) == ("hearing", "timed_out")
    assert lost.lost_s == pytest.approx(1.0, abs=0.4)
    assert "were not understood" in error.error
    assert "seconds" in heard.text


def test_utterances_that_pile_up_are_refused_and_not_kept():
    async def hear():
        ear = Ear(hangs=True)
        async with line_with(_service(ear, limit_s=20)) as line:
            for _ in range(MOST_UTTERANCES + 3):
                await line.say(BUZZ[: RATE // 2])
            lost = await line.wait_for(SpeechFailedFrame)
            ear.released.set()
            await line.wait_for(TranscriptionFrame, count=MOST_UTTERANCES + 1)
            return lost

    assert asyncio.run(hear()).why == "overloaded"


def test_the_end_is_decoded_before_the_vad_has_decided_and_not_again():
    """R249: the silence by which the VAD decides is not lost."""
    asked = []
    has_come = threading.Event()

    class Counting:
        """Is busy with the beginning until all sound has come, then looks at the whole."""

        def decode(self, samples):
            asked.append(len(samples))
            if len(asked) == 1:
                has_come.wait(PATIENCE_S)
            return f"yes {len(asked)}"

    async def hear():
        async with line_with(_service(Counting(), interim_s=60, limit_s=PATIENCE_S)) as line:
            await line.say(BUZZ, ends=False)
            await line.say(np.zeros(RATE // 10, np.float32), ends=False)
            last = TextFrame("all sound has come")
            await line.send(last)
            async with asyncio.timeout(PATIENCE_S):
                while sum(frame is last for frame in line.frames) < 2:
                    await asyncio.sleep(0.01)
            has_come.set()
            await line.wait_for(InterimTranscriptionFrame, count=2)
            count = len(asked)
            await line.say(np.zeros(0, np.float32))
            await line.wait_for(TranscriptionFrame)
            return count

    assert asyncio.run(hear()) == len(asked)


def test_speech_without_a_pause_is_cut_so_that_memory_stays_bounded():
    async def hear():
        async with line_with(_service(Ear(), limit_s=20)) as line:
            await line.say(np.tile(BUZZ, int(LONGEST_S) + 3))
            await line.wait_for(TranscriptionFrame, count=2)
            return [frame.finalized for frame in line.of(TranscriptionFrame)]

    assert asyncio.run(hear()) == [False, True]


def test_nothing_voiced_is_nothing_said():
    async def hear():
        async with line_with(_service(Ear())) as line:
            await line.say(np.zeros(RATE, np.float32))
            await line.say(BUZZ)
            await line.wait_for(TranscriptionFrame)
            return len(line.of(TranscriptionFrame))

    assert asyncio.run(hear()) == 1


async def _hang(engines, count, released):
    """Makes that many threads hang; on a busy machine one may begin later than it is given up."""
    while engines.stuck < count:
        with pytest.raises(TimedOut):
            await engines.run(lambda engine: released.wait(30), limit_s=0.1)


def test_threads_that_hang_are_replaced_and_come_back():
    released = threading.Event()

    async def use():
        engines = Engines("ear", object, at_once=1)
        await _hang(engines, 2, released)
        assert await engines.run(lambda engine: "fine", limit_s=20) == "fine"
        released.set()
        async with asyncio.timeout(20):
            while engines.stuck:
                await asyncio.sleep(0.01)
        return await engines.run(lambda engine: "fine", limit_s=20)

    assert asyncio.run(use()) == "fine"


def test_engines_refuse_where_all_that_may_hang_do():
    released = threading.Event()

    async def use():
        engines = Engines("ear", object, at_once=1)
        await _hang(engines, 1 + MOST_STUCK, released)
        with pytest.raises(Overloaded, match="hang"):
            await engines.run(lambda engine: "fine", limit_s=20)
        released.set()

    asyncio.run(use())


def test_models_are_loaded_one_after_the_other():
    """Moonshine's library breaks where two threads load it first."""
    loading, most = [], []

    def load():
        loading.append(None)
        most.append(len(loading))
        time.sleep(0.02)
        loading.pop()
        return object()

    async def use():
        engines = Engines("ear", load, at_once=3)
        works = (engines.run(lambda engine: time.sleep(0.05), limit_s=20) for _ in range(6))
        await asyncio.gather(*works)

    asyncio.run(use())
    assert len(most) > 1
    assert max(most) == 1


def test_what_breaks_is_named():
    def load():
        raise OSError("no weights")

    async def use():
        with pytest.raises(Died, match="OSError: no weights"):
            await Engines("ear", load).warm()

    asyncio.run(use())


@given(
    st.lists(st.integers(1, 700), max_size=40),
    st.sampled_from([8_000, 16_000]),
    st.floats(0.2, 0.8),
)
def test_however_sound_is_cut_into_frames_the_same_is_voiced(sizes, rate, loud_s):
    """Levels depend on the sound, not on the packets in which it comes."""
    tone = np.sin(np.arange(int(loud_s * rate)) * 0.3).astype(np.float32)
    pcm = to_pcm(np.concatenate([np.zeros(rate // 5), tone, np.zeros(rate // 5)]))
    whole, pieces = Utterance(rate), Utterance(rate)
    whole.add(pcm)
    start = 0
    for size in sizes:
        pieces.add(pcm[start : start + size])
        start += size
    pieces.add(pcm[start:])
    assert pieces.voiced_s == whole.voiced_s == pytest.approx(0.2 + loud_s, abs=0.021)


def test_a_loud_room_is_not_speech():
    generator = np.random.default_rng(1)
    room = Room(RATE, kept_s=0.5)
    room.add(to_pcm(0.05 * generator.standard_normal(3 * RATE).astype(np.float32)))
    utterance = room.begin()
    utterance.add(to_pcm(BUZZ))
    utterance.add(to_pcm(0.05 * generator.standard_normal(RATE).astype(np.float32)))
    assert utterance.voiced_s == pytest.approx(1.5, abs=0.05)
