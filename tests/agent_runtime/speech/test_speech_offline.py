"""Nothing is downloaded, nothing heavy is imported early, and what is missing is said."""

import asyncio
import json
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings
from agent_runtime.speech.cli import app
from agent_runtime.speech.decoders import RATE, has_whisper
from agent_runtime.speech.languages import NoAssets, assets, language_of_words
from agent_runtime.speech.services import (
    decoders_for,
    language_of_sound,
    stt_for,
    tts_for,
    voice_for,
)
from agent_runtime.speech.sound import resample
from agent_runtime.speech.tones import PLAIN
from agent_runtime.speech.voices import EspeakVoice

PATIENT = Settings(speech_hearing_limit_s=30)

REFUSING = """
import asyncio, socket
def refuse(*_, **__):
    raise AssertionError("a socket to the outside")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import numpy as np
from agent_runtime.settings import Settings
from agent_runtime.speech.services import decoders_for, voice_for
from agent_runtime.speech.sound import resample
from agent_runtime.speech.tones import PLAIN

async def main():
    voice = voice_for("en", Settings(speech_speaking_limit_s=30))
    await voice.warm()
    sound = np.concatenate([s async for _, s in voice.speak("Hello, who is this?", PLAIN)])
    samples = resample(sound, voice.rate, 16000)
    print(await decoders_for("en").run(lambda d: d.decode(samples), limit_s=30))

asyncio.run(main())
"""


def test_english_needs_no_network():
    done = subprocess.run(
        [sys.executable, "-c", REFUSING], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stdout.strip() == "Hello, who is this?", done.stderr
    assert not done.stderr


def test_what_is_installed_is_known_without_loading_it():
    code = (
        "import sys; from agent_runtime.speech.languages import assets; assets('en'); assets('es');"
        "print([m for m in ('pipecat', 'onnxruntime', 'hibari') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_language_without_assets_is_a_value_and_not_an_error():
    """R277: then the call goes to a person."""
    assert assets("en-GB").is_whole
    for missing in (
        stt_for("sv", Settings()),
        tts_for("sv", Settings()),
        voice_for("xx", Settings()),
    ):
        assert isinstance(missing, NoAssets)
        assert missing.why.endswith(".")
    if not assets("es").hearing:
        answer = stt_for("es-MX", Settings())
        assert isinstance(answer, NoAssets)
        assert "parley[speech-multilingual]" in answer.why


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Podemos hablar el jueves por la tarde si le parece bien", "es"),
        ("We can talk on Thursday afternoon if that suits you", "en"),
    ],
)
def test_words_tell_their_language_with_a_confidence(text, language):
    found = language_of_words(text, known="en")
    assert found.language == language
    assert 0.5 < found.confidence <= 1


def test_files_are_said_and_heard_on_the_command_line(tmp_path):
    """R268: a recording becomes a transcript."""
    file = tmp_path / "hello.wav"
    runner = CliRunner()
    said = runner.invoke(
        app, ["say", "How much does it cost?", "--out", str(file), "--rate", "8000"]
    )
    assert said.exit_code == 0, said.output
    heard = runner.invoke(app, ["hear", str(file), "--json"])
    assert json.loads(heard.stdout)["text"] == "How much does it cost?"
    for arguments, rule in (
        (("say", "x", "--out", str(file), "--pace", "9"), "--pace = 9.0: it lies between 0.7"),
        (("say", "x", "--out", str(file), "-l", "sv"), "--language = 'sv': No voice here"),
        (("hear", str(tmp_path / "none.wav")), "it cannot be read"),
    ):
        refused = runner.invoke(app, arguments)
        assert isinstance(refused.exception, ParleyError)
        assert rule in str(refused.exception)


@pytest.mark.real
@pytest.mark.skipif(not has_whisper(), reason="the extra speech-multilingual is not installed")
def test_whisper_tells_spanish_from_english_and_understands_it(need_program):
    """R277: by ear, on a robotic voice, so only what is easy is asked."""
    need_program("espeak-ng")
    said = {"es": "No me llame más, por favor.", "en": "Please do not call me again."}

    async def hear():
        found = {}
        for language, text in said.items():
            voice = EspeakVoice(language, program="espeak-ng", limit_s=20)
            sounds = [sound async for _, sound in voice.speak(text, PLAIN)]
            samples = resample(np.concatenate(sounds), voice.rate, RATE)
            found[language] = await language_of_sound(samples, PATIENT)
        words = await decoders_for("es").run(lambda d: d.decode(samples), limit_s=60)
        return found, words

    found, words = asyncio.run(hear())
    assert {language: heard.language for language, heard in found.items()} == dict(
        zip(said, said, strict=True)
    )
    assert words
