"""R252 R272: voices with a tone, a time limit and an end when somebody interrupts."""

import asyncio
import os
import stat
import threading

import numpy as np
import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.transcriptions.language import Language

from agent_runtime.settings import Settings
from agent_runtime.speech import speaking
from agent_runtime.speech.engines import Engines
from agent_runtime.speech.failures import Died, TimedOut
from agent_runtime.speech.frames import SpeechFailedFrame
from agent_runtime.speech.pieces import cut
from agent_runtime.speech.services import tts_for, voice_for
from agent_runtime.speech.sound import from_pcm, levels
from agent_runtime.speech.speaking import SpeakingService, SpeakingSettings
from agent_runtime.speech.stock import Stock
from agent_runtime.speech.tones import PLAIN, Tone
from agent_runtime.speech.voices import EspeakVoice, HibariVoice
from tests.agent_runtime.speech.line import line_with

PATIENT = Settings(speech_speaking_limit_s=30)


class Broken:
    """Says its first sentence, then hangs or breaks."""

    name, rate = "broken", 24_000

    def __init__(self, failure: Exception | None) -> None:
        self.failure, self.closed = failure, asyncio.Event()

    async def warm(self) -> None:
        """Does nothing."""

    async def speak(self, text, tone):
        first, *_ = cut(text)
        try:
            yield first, np.full(self.rate, 0.1, np.float32)
            if self.failure:
                raise self.failure
            await asyncio.sleep(60)
        finally:
            self.closed.set()


def _pcm(line) -> np.ndarray:
    return from_pcm(b"".join(frame.audio for frame in line.of(TTSAudioRawFrame)))


def _melody_hz(samples, rate: int) -> float:
    """Median of the fundamental, by autocorrelation of the loud 40 ms."""
    size = rate // 25
    found = []
    for start in range(0, len(samples) - size, size):
        part = samples[start : start + size]
        if np.abs(part).max() < 0.1:
            continue
        shape = np.correlate(part, part, "full")[size:]
        low, high = rate // 400, rate // 90
        found.append(rate / (low + int(shape[low:high].argmax())))
    return float(np.median(found))


async def _speak(text: str, tone: Tone = PLAIN, language: str = "en"):
    voice = voice_for(language, PATIENT)
    await voice.warm()
    return np.concatenate([sound async for _, sound in voice.speak(text, tone)]), voice.rate


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000])
def test_speech_begins_at_once_and_has_the_rate_of_the_line(rate):
    async def speak():
        async with line_with(tts_for("en-GB", PATIENT), rate=rate) as line:
            await line.send(TTSSpeakFrame("Good morning."))
            await line.wait_for(TTSStoppedFrame)
            assert {frame.sample_rate for frame in line.of(TTSAudioRawFrame)} == {rate}
            return _pcm(line)

    sound = asyncio.run(speak())
    loud = np.flatnonzero(levels(sound, rate) > 0.01)
    assert loud[0] <= 6, "hundredths of a second of silence"
    assert 0.4 < len(sound) / rate < 2.0


def test_tones_change_what_they_say_they_change():
    async def speak():
        text = "We can meet on Thursday afternoon."
        tones = (PLAIN, Tone(pace=0.75), Tone(warmth=1), Tone(warmth=-1))
        return [await _speak(text, tone) for tone in tones]

    (plain, rate), (slow, _), (warm, _), (brisk, _) = asyncio.run(speak())
    assert len(slow) > 1.15 * len(plain)
    assert _melody_hz(warm, rate) < _melody_hz(plain, rate) < _melody_hz(brisk, rate)
    with pytest.raises(ValueError, match="pace = 3: it lies between"):
        Tone(pace=3)


def test_a_tone_holds_from_the_next_sentence_on():
    async def speak():
        async with line_with(tts_for("en", PATIENT), rate=16_000) as line:
            await line.send(TTSSpeakFrame("Good morning."))
            await line.wait_for(TTSStoppedFrame)
            before = len(_pcm(line))
            slower = SpeakingSettings(tone=Tone(pace=0.7))
            await line.send(TTSUpdateSettingsFrame(delta=slower), TTSSpeakFrame("Good morning."))
            await line.wait_for(TTSStoppedFrame, count=2)
            return before, len(_pcm(line)) - before

    before, after = asyncio.run(speak())
    assert after > 1.15 * before


def test_an_interruption_ends_voice_and_sound():
    async def speak():
        voice = Broken(None)
        async with line_with(SpeakingService(voice, language=Language.EN, limit_s=30)) as line:
            await line.send(TTSSpeakFrame("One sentence. Another one."))
            await line.wait_for(TTSAudioRawFrame)
            await line.send(InterruptionFrame())
            async with asyncio.timeout(20):
                await voice.closed.wait()
            await line.wait_for(InterruptionFrame)
            count = len(line.of(TTSAudioRawFrame))
            await asyncio.sleep(0.1)
            assert len(line.of(TTSAudioRawFrame)) == count
            assert not line.of(SpeechFailedFrame)

    asyncio.run(speak())


def test_a_voice_that_dies_in_the_middle_says_what_was_not_spoken():
    async def speak():
        voice = Broken(Died("it broke"))
        async with line_with(SpeakingService(voice, language=Language.EN, limit_s=30)) as line:
            await line.send(TTSSpeakFrame("One sentence. Another one."))
            failed = await line.wait_for(SpeechFailedFrame)
            await line.wait_for(ErrorFrame)
            await line.wait_for(TTSStoppedFrame)
            for count in (2, 3, 4):
                await line.send(TTSSpeakFrame("One sentence. Another one."))
                await line.wait_for(SpeechFailedFrame, count=count)
            return failed

    failed = asyncio.run(speak())
    assert (failed.part, failed.why) == ("speaking", "died")
    assert (failed.spoken, failed.unspoken) == ("One sentence.", "Another one.")


def test_a_sentence_without_sound_does_not_hold_up_the_next_one():
    class Late(Broken):
        async def speak(self, text, tone):
            if text == "First.":
                raise TimedOut("no sound")
            yield text, np.full(2400, 0.1, np.float32)

    async def speak():
        service = SpeakingService(Late(None), language=Language.EN, limit_s=60)
        async with line_with(service) as line:
            await line.send(TTSSpeakFrame("First."), TTSSpeakFrame("Second."))
            await line.wait_for(TTSAudioRawFrame)
            return line.of(SpeechFailedFrame)

    (failed,) = asyncio.run(speak())
    assert (failed.why, failed.spoken, failed.unspoken) == ("timed_out", "", "First.")


def test_a_model_that_hangs_is_given_up():
    released = threading.Event()

    class Hanging:
        def synthesise(self, text, tone):
            released.wait(30)

    async def speak():
        voice = HibariVoice(Engines("hanging", Hanging), limit_s=0.1)
        with pytest.raises(TimedOut):
            await anext(voice.speak("Hello.", PLAIN))
        released.set()

    asyncio.run(speak())


@pytest.mark.real
@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "pt"])
def test_other_languages_are_spoken_by_espeak(language, need_program):
    need_program("espeak-ng")
    sound, rate = asyncio.run(_speak("Mañana, por favor.", Tone(warmth=1), language))
    assert np.flatnonzero(levels(sound, rate) > 0.005)[0] <= 6
    assert 0.5 < len(sound) / rate < 3


@pytest.mark.real
def test_a_program_that_is_interrupted_or_hangs_is_killed(tmp_path):
    marker = tmp_path / "pid"
    script = tmp_path / "espeak-ng"
    header_and_sound = "head -c 60000 /dev/urandom"
    script.write_text(f"#!/bin/sh\necho $$ > {marker}\n{header_and_sound}\nexec sleep 60\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)

    async def speak():
        voice = EspeakVoice("es", program=str(script), limit_s=20)
        speaking = voice.speak("Hola.", PLAIN)
        await anext(speaking)
        interrupted = int(marker.read_text())
        await speaking.aclose()
        hasty = EspeakVoice("es", program=str(script), limit_s=0.3)
        with pytest.raises(TimedOut):
            [part async for part in hasty.speak("Hola.", PLAIN)]
        return interrupted, int(marker.read_text())

    for pid in asyncio.run(speak()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.real
def test_a_program_that_dies_in_the_middle_is_an_error(tmp_path):
    script = tmp_path / "espeak-ng"
    script.write_text("#!/bin/sh\nhead -c 60000 /dev/urandom\nexit 1\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)

    async def speak():
        voice = EspeakVoice("es", program=str(script), limit_s=20)
        with pytest.raises(Died, match="ended with 1"):
            [part async for part in voice.speak("Hola.", PLAIN)]

    asyncio.run(speak())


def test_only_what_was_declared_is_kept_and_nothing_with_a_fact():
    """R258: an opener is never a recording."""
    asked = []

    class Voice(Broken):
        async def speak(self, text, tone):
            asked.append(text)
            yield text, np.full(2400, 0.1, np.float32)

    async def speak():
        service = SpeakingService(Voice(None), language=Language.EN, limit_s=30)
        service.stock.declare("One moment.")
        async with line_with(service) as line:
            texts = ("One moment.", "Hello Maria.", "One moment.", "Hello Maria.")
            for count, text in enumerate(texts, 1):
                await line.send(TTSSpeakFrame(text))
                await line.wait_for(TTSStoppedFrame, count=count)
            assert len(_pcm(line)) == pytest.approx(4 * 1600, abs=200)

    asyncio.run(speak())
    assert asked == ["One moment.", "Hello Maria.", "Hello Maria."]
    for text in ("It costs 40 dollars.", "Mail a@b.example.", "Hello {name}.", "word " * 20):
        with pytest.raises(ValueError, match="say it live"):
            Stock().declare(text)


def test_what_is_in_reserve_is_said_by_a_voice_that_has_died():
    class Voice(Broken):
        is_dead = False

        async def speak(self, text, tone):
            if self.is_dead:
                raise Died("the voice died")
            yield text, np.full(2400, 0.1, np.float32)

    async def speak():
        voice = Voice(None)
        voice.name = "dies"
        service = SpeakingService(voice, language=Language.EN, limit_s=30)
        service.hold_in_reserve("We get back to you.", like=service)
        async with line_with(service) as line:
            await line.send(TTSSpeakFrame("Hello."))
            await line.wait_for(TTSStoppedFrame)
            async with asyncio.timeout(30):
                while ("dies", "We get back to you.") not in speaking._MADE:
                    await asyncio.sleep(0.01)
            heard = len(line.of(TTSAudioRawFrame))
            voice.is_dead = True
            await line.send(TTSSpeakFrame("It costs more."))
            await line.wait_for(SpeechFailedFrame)
            slow = SpeakingSettings(tone=Tone(pace=0.8))
            await line.send(TTSUpdateSettingsFrame(delta=slow))
            await line.send(TTSSpeakFrame("We get back to you."))
            await line.wait_for(TTSAudioRawFrame, count=heard + 1)

    asyncio.run(speak())


def test_texts_are_cut_where_people_breathe():
    assert cut("Dr. Smith called. He asked for you!") == ["Dr. Smith called.", "He asked for you!"]
    assert cut("It costs 4.50 a seat, e.g. for ten.") == ["It costs 4.50 a seat, e.g. for ten."]
    assert cut("  ") == []
    long = (
        "We looked at all of your forty calls, and in nearly half of them nobody asked what "
        "comes next."
    )
    assert cut(long)[0] == "We looked at all of your forty calls,"
    assert " ".join(cut(long)) == long
