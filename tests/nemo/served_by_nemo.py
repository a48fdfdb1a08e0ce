"""R250 R252: the real server with NeMo's streaming pipelines, FastPitch and HiFi-GAN.

The models are tiny and their weights drawn, so words are noise; but the same sound gives the same
words, whoever speaks beside, and that is what is tested.
"""

import asyncio
import os
import signal
import time

import httpx
import numpy as np
import pytest

from tests.nemo.callers import RATE, listens, says, spoken
from tests.nemo.server import Server, running, start

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


@pytest.mark.parametrize("kind", KINDS)
def test_any_file_that_hears_is_told_by_its_configuration_and_served(
    environment, models, tmp_path, sounds, kind
):
    with running(environment, tmp_path, asr=models / f"{kind}.nemo") as server:
        offer = httpx.get(f"{server.url}/ready").json()["hearing"]
        began = time.monotonic()
        heard = asyncio.run(_all(server, sounds, pace=100))
        took_s = time.monotonic() - began
        again = asyncio.run(says(server.url, sounds[1], pace=100))
        seconds = sum(map(len, sounds)) / RATE
        print(
            f"\n{kind}: {offer['kind']}, chunks of {offer['chunk_s']} s, {seconds:.1f} s of sound"
            f" in {took_s:.2f} s, load {os.getloadavg()[0]:.0f}; {heard[1].text[:40]!r}"
        )
    expected = {"letters": "whole_utterance"}.get(kind, kind.replace("streaming", "cache_aware"))
    assert offer["kind"] == expected
    assert [one.audio_s for one in heard] == [
        pytest.approx(len(sound) / RATE, abs=0.001) for sound in sounds
    ]
    assert len({one.text for one in heard}) > 1
    assert again.text == heard[1].text
    assert (heard[1].interims != []) == (kind != "letters")


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


def test_parts_of_the_vocoder_join_without_a_seam(environment, models, tmp_path):
    """What is made part by part is what would be made at once."""
    script = tmp_path / "seams.py"
    script.write_text(
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from speech.engines import Manner\n"
        "from speech.nemo import synthesisers as them\n"
        "from speech.nemo.loading import synthesiser\n"
        "from speech.settings import Settings\n"
        "at = Path(sys.argv[1])\n"
        "given = {'tts': str(at / 'fastpitch.nemo'), 'vocoder': str(at / 'hifigan.nemo')}\n"
        "voice = synthesiser(Settings(**given))()\n"
        "say = lambda: list(voice.synthesise('How do you write your letters?', Manner('en')))\n"
        "parts = say(); voice._frames = 10**6; whole = say()\n"
        "assert len(parts) > 3 and len(whole) == 1\n"
        "print('apart', np.abs(np.concatenate(parts) - whole[0]).max())\n",
        "utf-8",
    )
    apart = float(_python(environment, script, str(models)).split("apart ")[1])
    assert apart < 1e-5


def _python(environment, script, *given):
    import subprocess

    from tests.nemo.server import QUIET, ROOT

    done = subprocess.run(
        [str(environment / "bin" / "python"), str(script), *given],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | QUIET | {"PYTHONPATH": str(ROOT)},
    )
    return done.stdout


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


def test_drained_by_sigterm_a_server_ends_what_is_said(environment, models, tmp_path, sounds):
    async def run(server: Server) -> None:
        talking = asyncio.create_task(says(server.url, sounds[1]))
        await asyncio.sleep(1)
        server.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{server.url}/ready")).status_code == 503
        assert (await talking).audio_s == pytest.approx(len(sounds[1]) / RATE, abs=0.001)

    asr = models / "streaming_ctc.nemo"
    with running(environment, tmp_path, asr=asr, drain_s=60) as server:
        asyncio.run(run(server))
        assert server.process.wait(30) == 0
