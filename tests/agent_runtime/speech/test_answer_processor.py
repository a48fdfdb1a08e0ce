"""The processor that tells who answered, in a pipeline of frames."""

import asyncio
import functools

import numpy as np
import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection

from agent_runtime.speech.answer_processor import (
    AnswerProcessor,
    BeepFrame,
    RereadFrame,
    WhoAnsweredFrame,
)
from agent_runtime.speech.failures import SpeechFailure, TimedOut
from tests.agent_runtime.speech.line import PATIENCE_S, line_with
from tests.agent_runtime.speech.sounds import tone


def in_a_loop(test):
    """Runs a test in an event loop of its own."""

    @functools.wraps(test)
    def run(**arguments):
        asyncio.run(test(**arguments))

    return run


class Call:
    """A line with the processor, on which sound and words come without waiting for a clock."""

    def __init__(self, line, *, rate: int, frame_s: float) -> None:
        self.line, self._rate, self._size = line, rate, round(rate * frame_s)

    async def hears(self, samples: np.ndarray) -> None:
        sound = np.repeat(samples, self._rate // 8000) * 32767
        for at in range(0, len(sound), self._size):
            chunk = sound[at : at + self._size].astype("<i2").tobytes()
            await self.line.send(InputAudioRawFrame(chunk, self._rate, 1))

    async def quiet(self, seconds: float) -> None:
        await self.hears(np.zeros(round(seconds * 8000)))

    async def says(self, words: str, seconds: float) -> None:
        hiss = np.random.default_rng(1).standard_normal(round(seconds * 8000)) * 0.05
        await self.hears(hiss[:800])
        await self.line.send(VADUserStartedSpeakingFrame(start_secs=0.1))
        await self.hears(hiss[800:])
        await self.recognised(InterimTranscriptionFrame(words[:8], "", ""))
        await self.quiet(0.2)
        await self.line.send(VADUserStoppedSpeakingFrame(stop_secs=0.2))
        await self.quiet(0.1)
        await self.recognised(TranscriptionFrame(words, "", ""))

    async def recognised(self, frame) -> None:
        """Sends words after the sound before them, which would otherwise overtake them."""
        await self.line.send(frame)
        async with asyncio.timeout(PATIENCE_S):
            while sum(one is frame for one in self.line.frames) < 2:
                await asyncio.sleep(0.005)

    def who(self) -> list[str]:
        news = self.line.of(WhoAnsweredFrame)
        return [one.who for one in news if one.broadcast_sibling_id > one.id]


@pytest.mark.parametrize(("rate", "frame_s"), [(8000, 0.02), (16000, 0.04), (48000, 0.01)])
@in_a_loop
async def test_a_person_and_then_voicemail_with_its_beep_are_told(rate, frame_s):
    """R256, R273: at the rates and in the frames of each transport; revised when more is heard."""
    async with line_with(AnswerProcessor(), rate=rate) as line:
        call = Call(line, rate=rate, frame_s=frame_s)
        await call.quiet(0.3)
        await call.says("Hello?", 0.5)
        await call.quiet(1.0)
        assert (await line.wait_for(WhoAnsweredFrame)).who == "person"
        await call.says("Please leave a message after the beep.", 2.0)
        await call.quiet(0.3)
        await call.hears(tone([1000], 0.5))
        await call.quiet(0.5)
        beep = await line.wait_for(BeepFrame)
    assert call.who() == ["person", "voicemail"]
    assert beep.end_s - beep.start_s == pytest.approx(0.5, abs=0.06)
    assert beep.hertz == pytest.approx(1000, abs=10)


@in_a_loop
async def test_news_goes_both_ways_and_everything_is_passed_on():
    async with line_with(AnswerProcessor(), rate=8000) as line:
        call = Call(line, rate=8000, frame_s=0.02)
        await call.says("Hello?", 0.5)
        await call.quiet(1.0)
        await line.wait_for(WhoAnsweredFrame, count=2)
        up, down = line.of(WhoAnsweredFrame)
        assert up.broadcast_sibling_id == down.id
        words = line.of(TranscriptionFrame, InterimTranscriptionFrame)
        assert [one.text for one in words] == ["Hello?", "Hello?"]


@in_a_loop
async def test_a_beep_before_its_words_is_told_once_they_show_whose_it_was():
    """The recogniser may be slower than the machine."""
    async with line_with(AnswerProcessor(), rate=8000) as line:
        call = Call(line, rate=8000, frame_s=0.02)
        await call.says("", 3.5)
        await call.hears(tone([900], 0.4))
        await call.quiet(0.3)
        await call.recognised(TranscriptionFrame("You have reached Ana, leave a message.", "", ""))
        await line.wait_for(BeepFrame)
        assert line.of(WhoAnsweredFrame)[-1].who == "voicemail"


@in_a_loop
async def test_it_stops_listening_once_somebody_has_twice_answered_us():
    """Words about voicemail in a conversation make nobody a machine."""
    processor = AnswerProcessor()
    async with line_with(processor, rate=8000) as line:
        call = Call(line, rate=8000, frame_s=0.02)
        await call.says("Hello?", 0.5)
        await call.quiet(1.0)
        await line.wait_for(WhoAnsweredFrame)
        for words in ("Yes, that's me.", "I have a minute."):
            assert processor.is_listening
            for frame in (BotStartedSpeakingFrame(), BotStoppedSpeakingFrame()):
                await processor.queue_frame(frame, FrameDirection.UPSTREAM)
            await line.wait_for(BotStoppedSpeakingFrame)
            await call.says(words, 0.8)
            await call.quiet(1.0)
        await call.says("Please leave a message after the beep.", 2.0)
        await call.hears(tone([1000], 0.5))
        await call.quiet(1.0)
    assert not processor.is_listening
    assert call.who() == ["person"]
    assert not line.of(BeepFrame)


@in_a_loop
async def test_a_line_without_sound_keeps_nobody_waiting():
    """Who mutes their microphone, or sits behind a lost stream, is spoken to all the same."""
    processor = AnswerProcessor()
    async with line_with(processor, rate=8000) as line:
        assert (await line.wait_for(WhoAnsweredFrame)).who == "uncertain"
        assert processor.verdict.is_person


@in_a_loop
async def test_whoever_picks_up_after_a_key_is_judged_anew():
    """R275: a menu that puts through without ring-back; sound of real calls brought it to light."""
    processor = AnswerProcessor()
    async with line_with(processor, rate=8000) as line:
        call = Call(line, rate=8000, frame_s=0.02)
        await call.says("For sales, press one. For an operator, press zero.", 4.0)
        await call.quiet(1.0)
        assert (await line.wait_for(WhoAnsweredFrame)).who == "ivr"
        await processor.put_through()
        await call.quiet(1.0)
        await call.says("Alex Miller speaking, hello.", 1.2)
        await call.quiet(1.5)
    assert call.who() == ["ivr", "nobody_yet", "person"]


class Reader:
    """Another ear, which understands what it is told to."""

    def __init__(self, text: str = "", failure: SpeechFailure | None = None) -> None:
        self._text, self._failure = text, failure
        self.read_s: list[float] = []

    async def __call__(self, sound) -> str:
        self.read_s.append(len(sound) / 16_000)
        if self._failure is not None:
            raise self._failure
        return self._text


@in_a_loop
async def test_what_was_hardly_understood_is_read_again_as_a_whole():
    """R275: by another ear, which hears all utterances as one piece."""
    reader = Reader("For English, press one. For sales, press two.")
    async with line_with(AnswerProcessor("en", reader), rate=8000) as line:
        call = Call(line, rate=8000, frame_s=0.02)
        await call.says("Ollingly spread one.", 1.2)
        await call.quiet(0.1)
        await call.says("Paris Pamio.", 1.0)
        await call.quiet(0.8)
        assert (await line.wait_for(RereadFrame, count=2)).text.startswith("For English")
    assert call.who()[-1] == "ivr"
    assert [one.is_done for one in line.of(RereadFrame)] == [False, True]
    assert reader.read_s == [pytest.approx(2.8, abs=0.5)]


@in_a_loop
async def test_whoever_is_known_is_not_read_again():
    reader = Reader("Leave a message after the tone.")
    async with line_with(AnswerProcessor("en", reader), rate=8000) as line:
        call = Call(line, rate=8000, frame_s=0.02)
        await call.says("Good morning, how can I help you?", 1.8)
        await call.quiet(1.5)
    assert call.who() == ["person"]
    assert reader.read_s == []


@in_a_loop
async def test_where_the_other_ear_fails_the_call_goes_on():
    reader = Reader(failure=TimedOut("whisper: no answer within 4 s"))
    async with line_with(AnswerProcessor("en", reader), rate=8000) as line:
        call = Call(line, rate=8000, frame_s=0.02)
        await call.says("Ollingly spread one.", 1.2)
        await call.quiet(1.5)
        assert (await line.wait_for(RereadFrame, count=2)).text == ""
        await call.says("Please leave a message after the beep.", 2.0)
        await call.quiet(0.5)
    assert call.who()[-1] == "voicemail"


@in_a_loop
async def test_what_was_said_before_a_key_is_not_read_into_what_comes_behind_it():
    """R275."""
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def slow(sound):
        begun.set()
        await goes_on.wait()
        return "For sales, press one."

    processor = AnswerProcessor("en", slow)
    async with line_with(processor, rate=8000) as line:
        call = Call(line, rate=8000, frame_s=0.02)
        await call.says("Ollingly spread one.", 1.2)
        await call.quiet(1.0)
        await asyncio.wait_for(begun.wait(), PATIENCE_S)
        await processor.put_through()
        goes_on.set()
        assert (await line.wait_for(RereadFrame, count=2)).text == ""
    assert "ivr" not in call.who()
