"""Recorded calls become proposals through the ears that calls have; the sound is made by voices."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from agent_runtime.script import recorded
from agent_runtime.script.cli import app
from agent_runtime.script.parts import ScriptError
from agent_runtime.script.recorded import HeardCall, HeardLine, hear_call
from agent_runtime.speech.sound import resample
from agent_runtime.speech.tones import PLAIN
from agent_runtime.speech.voices import HIBARI_RATE, HibariEngine

RATE = 16_000
CALL = (
    ("us", "Hello, this is Anna from Northbeam. How do you move data between your systems today?"),
    ("them", "We use scripts. How much does it cost?"),
    ("us", "It is priced by the number of systems that it connects, not by seats."),
    ("them", "That sounds too expensive for us."),
    ("us", "I understand. It pays only where copying by hand costs more."),
    ("them", "Send me an email, please."),
)
LINES = tuple(enumerate(CALL))
SHORT = (("us", "Hello, this is Anna."), ("them", "How much does it cost?"))


def spoken_sides(call):
    """Both sides of a call, a track each, of the same length."""
    voice = HibariEngine("us")
    sides = {"us": [], "them": []}
    for who, said in call:
        sound = resample(voice.synthesise(said, PLAIN), HIBARI_RATE, RATE)
        sound = np.pad(sound, (0, RATE // 2))
        for side, parts in sides.items():
            parts.append(sound if side == who else np.zeros_like(sound))
    return tuple(np.concatenate(sides[side]) for side in ("us", "them"))


@pytest.fixture(scope="module")
def stereo(tmp_path_factory):
    path = tmp_path_factory.mktemp("recorded") / "cold-call.flac"
    soundfile.write(path, np.stack(spoken_sides(SHORT), axis=1), RATE)
    return path


def parley(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_two_channels_are_two_speakers_with_times(stereo):
    """R268: call recordings are written down by the ears that calls have."""
    heard = hear_call(stereo)
    assert heard.channels == 2
    assert {line.speaker for line in heard.lines} == {"Speaker 1", "Speaker 2"}
    assert heard.lines[0].speaker == "Speaker 1"
    starts = [line.start_s for line in heard.lines]
    assert starts == sorted(starts)
    assert starts[-1] > 1
    assert heard.text.startswith("[00:00] Speaker 1: Hello")
    theirs = " ".join(line.text for line in heard.lines if line.speaker == "Speaker 2").lower()
    assert "how much does it cost" in theirs


HEARD = HeardCall(
    tuple(HeardLine(3.0 * n, f"Speaker {1 + (who == 'them')}", said) for n, (who, said) in LINES),
    channels=2,
    length_s=40.0,
    lost=1,
)


def test_a_recording_becomes_a_proposal(tmp_path, monkeypatch):
    """R268: nothing of it is live, and the page says that a machine wrote it down."""
    path, written = tmp_path / "cold-call.wav", tmp_path / "call.txt"
    soundfile.write(path, np.zeros(RATE), RATE)
    monkeypatch.setattr(recorded, "hear_call", lambda path, **more: HEARD)
    done = parley("import", path, "--workspace", tmp_path, "--transcript", written, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["kind"], told["live"], told["written"]) == ("recording", False, True)
    assert any("cost" in one["asked"].lower() for one in told["placed"])
    (folder,) = (tmp_path / "proposals").iterdir()
    pages = " ".join("".join(p.read_text() for p in folder.glob("*.md")).split())
    assert "written down by a machine" in pages
    assert "1 stretches of speech were not understood" in pages
    assert "[00:03] Speaker 2: " in written.read_text()


def test_one_channel_is_written_down_for_a_person_to_name(tmp_path, monkeypatch):
    """R268: who speaks is not guessed."""
    path, written = tmp_path / "mono.ogg", tmp_path / "mono.txt"
    soundfile.write(path, np.zeros(RATE), RATE, format="OGG", subtype="VORBIS")
    one = replace(HEARD, channels=1)
    monkeypatch.setattr(recorded, "hear_call", lambda path, **more: one)
    refused = parley("import", path, "--workspace", tmp_path)
    assert isinstance(refused.exception, ScriptError)
    assert "one channel" in str(refused.exception)
    done = parley("import", path, "--workspace", tmp_path, "--transcript", written)
    assert done.exit_code == 0, done.output
    assert "nothing tells who speaks" in " ".join(done.output.split())
    assert written.read_text() == one.text
    assert not (tmp_path / "proposals").exists()


def test_the_same_sound_on_two_channels_is_one(tmp_path):
    path = tmp_path / "twice.wav"
    noise = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)
    soundfile.write(path, np.stack([noise, noise], axis=1), RATE)
    assert len(recorded._read(path)[0]) == 1


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("none.wav", None, "no such file"),
        ("text.wav", lambda path: path.write_text("words"), "cannot be read"),
        ("quiet.wav", lambda path: soundfile.write(path, np.zeros(RATE), RATE), "nobody speaks"),
        (
            "three.wav",
            lambda path: soundfile.write(path, np.zeros((RATE, 3)), RATE),
            "3 channels",
        ),
    ],
)
def test_what_cannot_be_heard_is_told_in_one_sentence(tmp_path, name, make, says):
    path = tmp_path / name
    if make:
        make(path)
    with pytest.raises(ScriptError, match=says) as told:
        hear_call(path)
    assert "\n" not in str(told.value)
