"""R250 R252: the real server with NeMo's streaming pipelines, FastPitch and HiFi-GAN.

The models are tiny and their weights drawn, so words are noise; but the same sound gives the same
words, whoever speaks beside, and that is what is tested.
"""

import asyncio
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from pipecat.frames.frames import InterimTranscriptionFrame, TranscriptionFrame
from websockets.asyncio.client import connect

from agent_runtime.settings import Settings
from agent_runtime.speech.frames import SpeechFailedFrame
from agent_runtime.speech.nemo.hearing import ServerHearingService
from agent_runtime.speech.services import stt_for
from agent_runtime.speech.sound import to_pcm
from speech.wire import messages as wire
from speech.wire.sound import pack, unpack
from tests.agent_runtime.speech.line import line_with
from tests.nemo.callers import RATE, listens, says, spoken
from tests.nemo.server import QUIET, ROOT, Server, running, start

HERE = Path(__file__).parent

SENTENCES = (
    "Hello, who is this?",
    "We have nine people, and each of them writes letters all day.",
    "How much would it cost for a year?",
    "Call me on Tuesday at three.",
)
KINDS = ("streaming_ctc", "streaming_rnnt", "buffered_ctc", "buffered_rnnt", "letters")


@pytest.fixture(scope="session")
def sounds():
    return [spoken(sentence) for sentence in SENTENCES]


@pytest.fixture(scope="session")
def checked(environment, models) -> dict:
    """What engines of every kind said when asked directly, in one process."""
    done = subprocess.run(
        [str(environment / "bin" / "python"), str(HERE / "engines_checked.py"), str(models)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | QUIET | {"PYTHONPATH": str(ROOT)},
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_any_kind_hears_many_as_it_hears_each_alone(checked, kind):
    told = checked[kind]
    print(
        f"\n{kind}: {told['kind']}, chunks of {told['chunk_s']} s, {told['steps']} steps for four"
        f" utterances, {told['cpu_s_a_step']} CPU s each"
    )
    expected = {"letters": "whole_utterance"}.get(kind, kind.replace("streaming", "cache_aware"))
    assert told["kind"] == expected
    assert told["texts"] == told["alone"]
    assert len(set(told["texts"])) > 1
    assert told["left"] == 0


def test_what_the_vocoder_makes_in_parts_has_no_seam_and_a_tone_changes_it(checked):
    voice = checked["voice"]
    print(f"\n{voice}")
    assert voice["parts"] > 5
    assert voice["apart"] < 1e-5
    assert min(voice["moved"].values()) > 1e-5
    assert voice["paces"]["0.8"] == pytest.approx(1 / 0.8, rel=0.08)
    assert voice["paces"]["1.25"] == pytest.approx(1 / 1.25, rel=0.08)


def test_magpie_speaks_with_speakers_of_its_own_and_a_codec_of_the_settings(checked):
    told = checked["magpie"]
    print(f"\n{told}")
    assert (told["kind"], told["rate"]) == ("magpie", RATE)
    assert min(told["seconds"]) > 0
    assert min(told["loudest"]) > 0


def test_many_callers_in_real_time_hear_what_each_would_hear_alone(server, sounds):
    """Sixteen at once, each in frames of 20 ms as they come from a telephone."""
    alone = [asyncio.run(says(server.url, sound, pace=100)).text for sound in sounds]
    steps, batches = (
        server.metric(f"parley_speech_batch_utterances_{part}") for part in ("count", "sum")
    )
    before = time.monotonic()
    heard = asyncio.run(_all(server, sounds * 4))
    took_s = time.monotonic() - before
    steps = server.metric("parley_speech_batch_utterances_count") - steps
    batches = server.metric("parley_speech_batch_utterances_sum") - batches
    late = sorted(one.final_s for one in heard)
    print(
        f"\n16 callers, {sum(map(len, sounds)) * 4 / RATE:.0f} s of speech in {took_s:.1f} s:"
        f" {batches:.0f} chunks in {steps:.0f} steps, final after p50"
        f" {1000 * late[8]:.0f} ms, worst {1000 * late[-1]:.0f} ms, load {os.getloadavg()[0]:.0f}"
    )
    assert [one.text for one in heard] == alone * 4
    assert batches > 1.5 * steps
    assert any(one.interims for one in heard)


def test_a_text_is_spoken_piece_by_piece_with_a_tone(server):
    pieces = ("Hello, this is Relay.", "May I ask how you write your letters?")
    sound, marks, first_s = asyncio.run(listens(server.url, pieces))
    fast, *_ = asyncio.run(listens(server.url, pieces, pace=2.0))
    warm, *_ = asyncio.run(listens(server.url, pieces, warmth=1.0))
    again, *_ = asyncio.run(listens(server.url, pieces))
    print(
        f"\n{len(sound) / RATE:.1f} s of speech, the first after {1000 * first_s:.0f} ms,"
        f" load {os.getloadavg()[0]:.0f}"
    )
    assert marks == [0, 1]
    assert len(sound) / RATE > 3
    assert len(fast) == pytest.approx(len(sound) / 2, rel=0.05)
    assert np.array_equal(again, sound)
    assert len(warm) == len(sound)
    assert not np.array_equal(warm, sound)


def test_what_is_no_model_is_said_in_one_sentence(environment, models, tmp_path):
    no_model = tmp_path / "notes.nemo"
    no_model.write_text("these are notes", "utf-8")
    for settings, says_so in (
        ({"asr": no_model}, "is no .nemo file"),
        ({"asr": tmp_path / "gone.nemo"}, "there is no such file"),
        ({"asr": models / "hifigan.nemo"}, "vocoder hears nothing"),
        ({"tts": models / "fastpitch.nemo"}, "PARLEY_NEMO_VOCODER is empty"),
        ({"asr": models / "streaming_ctc.nemo", "lookahead": 7}, "was trained for 1, 0"),
    ):
        server = start(environment, tmp_path, **settings)
        assert server.process.wait(300) == 1
        assert says_so in server.said()
        assert "Traceback" not in server.said()


async def _all(server: Server, sounds, *, pace: float = 1.0):
    return await asyncio.gather(*(says(server.url, sound, pace=pace) for sound in sounds))


def test_a_caller_who_is_cancelled_or_vanishes_frees_the_model(server, sounds):
    """In mid-sentence on both sides: the places and the engine's slots are free at once."""

    async def run() -> None:
        url = f"{server.url.replace('http', 'ws')}{wire.PATH}"
        for _ in range(6):
            async with connect(url) as socket:
                await socket.send(wire.Hello(versions=(wire.VERSION,)).as_text())
                for stream in range(4):
                    await socket.send(wire.AsrOpen(stream=stream, language="en").as_text())
                    await socket.send(pack(stream, to_pcm(sounds[stream][: RATE // 2])))
                    await socket.send(_long(10 + stream))
                started = 0
                while started < 4:
                    frame = await socket.recv()
                    started += isinstance(frame, str) and '"tts.started"' in frame
                await socket.send(wire.TtsCancel(stream=10).as_text())
                socket.transport.abort()
            until = time.monotonic() + 60
            while server.metric("parley_speech_streams") and time.monotonic() < until:
                await asyncio.sleep(0.1)

    asyncio.run(run())
    assert server.metric("parley_speech_streams") == 0
    # 24 utterances were begun and left; with their slots still taken these would not be heard.
    heard = asyncio.run(_all(server, sounds * 4, pace=100))
    assert all(one.audio_s for one in heard)


def test_one_stream_too_many_is_told_and_a_slow_listener_holds_the_voice_back(server):
    async def run() -> None:
        url = f"{server.url.replace('http', 'ws')}{wire.PATH}"
        async with connect(url) as socket:
            await socket.send(wire.Hello(versions=(wire.VERSION,)).as_text())
            for stream in range(1, 6):
                await socket.send(_long(stream, window=3_200))
            got, refused = dict.fromkeys(range(1, 6), 0), []
            while sum(got.values()) < 4 * 3_200 or not refused:
                frame = await socket.recv()
                if isinstance(frame, bytes):
                    stream, pcm = unpack(frame)
                    got[stream] += len(pcm)
                elif isinstance(said := wire.from_server(frame), wire.Error):
                    refused.append((said.code, said.stream))
            assert refused == [("busy", 5)]
            made_s = server.metric("parley_speech_spoken_seconds_total")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 1)
            assert server.metric("parley_speech_spoken_seconds_total") == made_s
            await socket.send(wire.Credit(stream=1, bytes=wire.LARGEST_WINDOW).as_text())
            while not isinstance(said := await socket.recv(), str) or "tts.done" not in said:
                pass
            assert wire.from_server(said) == wire.TtsDone(stream=1, outcome="whole")

    asyncio.run(run())


def test_a_call_goes_on_when_its_server_is_killed_and_another_comes(
    environment, models, speaking, tmp_path, sounds
):
    """Through Pipecat: half an utterance before the kill, its end after it, and all is heard."""
    asr = models / "streaming_rnnt.nemo"

    async def run(first: Server) -> None:
        ears = stt_for("en", Settings(speech_url=first.url, speech_hearing_limit_s=30))
        assert isinstance(ears, ServerHearingService)
        ears._offline = None
        async with line_with(ears) as line:
            await line.say(sounds[0])
            await line.wait_for(TranscriptionFrame)
            await line.say(sounds[1], ends=False, pace=0.01)
            await line.wait_for(InterimTranscriptionFrame)
            first.kill()
            with running(environment, tmp_path, port=first.port, asr=asr, drain_s=60) as second:
                line_waits = line.say(sounds[2])
                await line_waits
                async with asyncio.timeout(60):
                    while len(line.of(TranscriptionFrame)) < 2:
                        await asyncio.sleep(0.1)
                assert line.of(SpeechFailedFrame) == []
                heard_s = second.metric("parley_speech_heard_seconds_total")
                assert heard_s > (len(sounds[1]) + len(sounds[2])) / RATE
                await _drained(second, sounds[1])

    with running(environment, tmp_path, asr=asr) as first:
        asyncio.run(run(first))


async def _drained(server: Server, sound) -> None:
    """R250: told to stop, it hears to the end what is being said, and ends by itself."""
    talking = asyncio.create_task(says(server.url, sound))
    await asyncio.sleep(1)
    server.process.send_signal(signal.SIGTERM)
    heard = await talking
    assert heard.audio_s == pytest.approx(len(sound) / RATE, abs=0.001)
    assert await asyncio.to_thread(server.process.wait, 90) == 0


def _long(stream: int, *, window: int = 6_400) -> str:
    pieces = ("How do you write your letters, and who reads them before they go out?",) * 3
    return wire.TtsSpeak(stream=stream, pieces=pieces, language="en", window=window).as_text()
