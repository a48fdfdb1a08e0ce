"""R250 R252 R272: hearing and speaking in a pipeline through the speech server."""

import asyncio
import socket

import numpy as np
import pytest
from pipecat.frames.frames import (
    InterimTranscriptionFrame,
    InterruptionFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
)
from pipecat.transcriptions.language import Language

from agent_runtime.settings import Settings
from agent_runtime.speech.engines import Engines
from agent_runtime.speech.frames import SpeechFailedFrame
from agent_runtime.speech.hearing import HearingService
from agent_runtime.speech.nemo import offers as asked
from agent_runtime.speech.nemo.hearing import ServerHearingService
from agent_runtime.speech.nemo.offers import offers, socket_url
from agent_runtime.speech.nemo.stream import HearingStream
from agent_runtime.speech.nemo.voice import ServerVoice
from agent_runtime.speech.services import spare_voice_for, stt_for, tts_for
from agent_runtime.speech.sound import from_pcm
from agent_runtime.speech.speaking import SpeakingService
from agent_runtime.speech.tones import Tone
from agent_runtime.speech.voices import HibariVoice
from pipelines.doctor import Finding, examine
from speech.engines import FakeRecogniser, FakeSynthesiser
from speech.server import Limits
from tests.agent_runtime.speech.line import line_with
from tests.speech.served import served

LONG = " ".join(["word"] * 150) + "."


class Offline:
    """Understands the length of anything."""

    def decode(self, samples) -> str:
        return f"{len(samples) / 16_000:.1f} s heard here"


def _ears(url: str, *, limit_s: float = 10.0, offline=None) -> ServerHearingService:
    def stream() -> HearingStream:
        return HearingStream(socket_url(url), language="en", rate=16_000, limit_s=limit_s)

    here = Engines("offline", Offline) if offline else None
    given = {"language": Language.EN, "model": "fake", "limit_s": limit_s, "offline": here}
    return ServerHearingService(stream, **given)


def _mouth(url: str, *, limit_s: float = 10.0) -> SpeakingService:
    given = {"language": "en", "rate": 8_000, "limit_s": limit_s, "model": "fake"}
    voice = ServerVoice(socket_url(url), **given)
    return SpeakingService(voice, language=Language.EN, limit_s=limit_s)


def _speech(*levels: int, seconds: float = 0.2) -> np.ndarray:
    return np.concatenate([np.full(int(seconds * 16_000), n / 100, np.float32) for n in levels])


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_words_come_while_a_person_speaks_and_the_whole_at_the_end():
    async def run() -> None:
        async with served() as found, line_with(_ears(found.url)) as line:
            await line.say(_speech(3, 4, 5, 6))
            final = await line.wait_for(TranscriptionFrame)
            await line.say(_speech(7, 8))
            second = await line.wait_for(TranscriptionFrame, count=2)
            assert (final.text, final.finalized) == ("w3 w4 w5 w6", True)
            assert second.text == "w7 w8"
            assert line.of(InterimTranscriptionFrame)
            assert line.of(SpeechFailedFrame) == []

    asyncio.run(run())


def test_a_telephone_of_8_khz_is_heard_at_the_rate_of_the_model():
    async def run() -> None:
        async with served() as found, line_with(_ears(found.url), rate=8_000) as line:
            await line.say(_speech(30, 30, 30)[::2])
            final = await line.wait_for(TranscriptionFrame)
            assert "w30" in final.text.split()

    asyncio.run(run())


def test_what_was_said_before_the_server_died_is_sent_to_the_next_one():
    async def run() -> None:
        async with served() as first, line_with(_ears(first.url)) as line:
            await line.say(_speech(3, 4), ends=False)
            await line.wait_for(InterimTranscriptionFrame)
            await first.kill()
            engine = FakeRecogniser()
            async with served(hears=lambda: engine, port=first.port):
                await line.say(_speech(6))
                final = await line.wait_for(TranscriptionFrame)
                assert final.text.split()[:2] == ["w3", "w4"]
                assert final.text.split()[-1] == "w6"
                assert not engine.open

    asyncio.run(run())


def test_without_a_server_what_was_said_is_decoded_here():
    async def run() -> None:
        async with line_with(
            _ears(f"http://127.0.0.1:{_free_port()}", limit_s=0.4, offline=True)
        ) as line:
            await line.say(_speech(5, 5))
            final = await line.wait_for(TranscriptionFrame)
            assert "heard here" in final.text
            assert line.of(SpeechFailedFrame) == []

    asyncio.run(run())


def test_without_a_server_and_without_ears_here_the_call_is_told():
    async def run() -> None:
        async with line_with(_ears(f"http://127.0.0.1:{_free_port()}", limit_s=0.3)) as line:
            await line.say(_speech(5, 5))
            failed = await line.wait_for(SpeechFailedFrame)
            assert (failed.part, failed.why) == ("hearing", "timed_out")
            assert failed.lost_s > 0.3

    asyncio.run(run())


def test_a_server_that_is_full_is_asked_again_until_a_place_is_free():
    async def run() -> None:
        async with (
            served(limits=Limits(hearing_streams=1)) as found,
            line_with(_ears(found.url)) as first,
        ):
            await first.say(_speech(3))
            await first.wait_for(TranscriptionFrame)
            async with line_with(_ears(found.url)) as second:
                await second.say(_speech(4))
                await first.worker.cancel()
                assert (await second.wait_for(TranscriptionFrame)).text == "w4"

    asyncio.run(run())


def test_a_server_that_drains_gives_its_words_and_the_next_utterance_goes_elsewhere():
    async def run() -> None:
        async with served() as found, line_with(_ears(found.url)) as line:
            await line.say(_speech(3, 3), ends=False)
            await line.wait_for(InterimTranscriptionFrame)
            draining = asyncio.create_task(found.server.drain())
            await line.say(_speech(4))
            assert (await line.wait_for(TranscriptionFrame)).text.split()[-1] == "w4"
            # It leaves as soon as nothing waits, so the drain need not time out.
            await asyncio.wait_for(draining, 15)

    asyncio.run(run())


def test_a_text_is_spoken_as_the_server_makes_it():
    async def run() -> None:
        async with served() as found, line_with(_mouth(found.url), rate=8_000) as line:
            await line.send(TTSSpeakFrame("one three. Seventeen."))
            await line.wait_for(TTSStoppedFrame)
            pcm = from_pcm(b"".join(frame.audio for frame in line.of(TTSAudioRawFrame)))
            assert len(pcm) == 2_400
            assert np.allclose(pcm[[400, 1_200, 2_000]], [0.03, 0.06, 0.10], atol=0.01)

    asyncio.run(run())


def test_an_interruption_stops_the_server_in_mid_sentence():
    engine = FakeSynthesiser()

    async def run() -> None:
        async with (
            served(speaks=lambda: engine) as found,
            line_with(_mouth(found.url), rate=8_000) as line,
        ):
            await line.send(TTSSpeakFrame(LONG))
            await line.wait_for(TTSAudioRawFrame)
            await line.send(InterruptionFrame())
            async with asyncio.timeout(5):
                while found.server.open:
                    await asyncio.sleep(0.01)
            assert len(engine.spoken) < 150
            before = len(line.of(TTSStoppedFrame))
            await line.send(TTSSpeakFrame("Go on."))
            await line.wait_for(TTSStoppedFrame, count=before + 1)
            assert engine.spoken[-2:] == ["Go", "on."]

    asyncio.run(run())


def test_a_server_that_dies_in_mid_sentence_is_said_and_the_next_sentence_is_tried():
    async def run() -> None:
        async with served() as first, line_with(_mouth(first.url), rate=8_000) as line:
            await line.send(TTSSpeakFrame(f"First this. {LONG.capitalize()}"))
            await line.wait_for(TTSAudioRawFrame, count=3)
            await first.kill()
            failed = await line.wait_for(SpeechFailedFrame)
            assert (failed.part, failed.why) == ("speaking", "died")
            assert failed.unspoken.startswith("Word word")
            async with served(port=first.port):
                stopped = len(line.of(TTSStoppedFrame))
                await line.send(TTSSpeakFrame("Again."))
                await line.wait_for(TTSStoppedFrame, count=stopped + 1)
                assert len(line.of(SpeechFailedFrame)) == 1

    asyncio.run(run())


def test_a_voice_whose_connection_was_lost_between_two_sentences_connects_again():
    async def run() -> None:
        async with served() as first:
            given = {"language": "en", "rate": 8_000, "limit_s": 5, "model": "fake"}
            voice = ServerVoice(socket_url(first.url), **given)
            assert [p async for p, _ in voice.speak("One.", Tone()) if p] == ["One."]
            await first.kill()
            async with served(port=first.port):
                assert [p async for p, _ in voice.speak("Two.", Tone()) if p] == ["Two."]

    asyncio.run(run())


def test_the_server_comes_first_language_by_language(monkeypatch):
    monkeypatch.setattr(asked, "_KEPT", {})

    async def run() -> None:
        async with served() as found:
            settings = Settings(speech_url=found.url)
            offered = await asyncio.to_thread(offers, settings)
            assert offered.says.endswith("fake hears en, es; fake speaks en")
            assert isinstance(stt_for("en-US", settings), ServerHearingService)
            assert isinstance(stt_for("es", settings), ServerHearingService)
            assert tts_for("en", settings)._voice.name == "fake"
            # It speaks no Spanish, so that is spoken with what is here.
            assert tts_for("es", settings)._voice.name == "espeak-ng"
            # When it dies in a call, the voice that is installed takes over.
            assert spare_voice_for("en", settings).name == "hibari"

    asyncio.run(run())


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9"])
def test_without_a_server_what_is_installed_is_used(monkeypatch, url):
    monkeypatch.setattr(asked, "_KEPT", {})
    settings = Settings(speech_url=url)
    assert isinstance(stt_for("en", settings), HearingService)
    assert isinstance(tts_for("en", settings)._voice, HibariVoice)
    assert not offers(settings).is_there
    assert spare_voice_for("en", settings).name == "espeak-ng"
    assert spare_voice_for("sv", settings) is None


def test_doctor_says_what_the_server_offers_or_that_calls_go_without_it(monkeypatch):
    def finding() -> Finding:
        return next(one for one in examine() if one.name == "speech server")

    async def run() -> None:
        async with served() as found:
            monkeypatch.setenv("PARLEY_SPEECH_URL", found.url)
            said = await asyncio.to_thread(finding)
            assert said.state == "ok"
            assert said.says == f"{found.url}: fake hears en, es; fake speaks en"
            found.server.state = "draining"
            said = await asyncio.to_thread(finding)
            assert (said.state, "is not ready: draining" in said.says) == ("warning", True)

    asyncio.run(run())
    said = finding()
    assert said.state == "warning"
    assert said.says.endswith("calls are heard and spoken with what is installed")
