"""Sound of a call is kept with leave, until leave is taken back, until it is erased; never else."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from call_wire import RATE, led_call
from conversation_world import ANA
from pipecat.frames.frames import InputAudioRawFrame

from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.recording.shelf import Label, Shelf

LOUD = (8000 * np.ones(RATE // 50)).astype("<i2").tobytes()
ASKS = CallLimits(turn_s=60, filler_s=60, voice_s=60, silence_s=60, hello_s=60, records=True)


async def sounds(call, count=20):
    """They make a sound of 20 ms so many times."""
    for _ in range(count):
        await call.ear.push_frame(InputAudioRawFrame(LOUD, RATE, 1))
        await asyncio.sleep(0)


@asynccontextmanager
async def asked(tmp_path, answer, *, is_on=True):
    """A call that has asked for leave, and has heard an answer."""
    async with led_call(limits=ASKS, workspace=tmp_path, voice_records=is_on) as call:
        await sounds(call)
        await call.ear.says("Hello?")
        await call.listening(1)
        assert call.heard[0].text.endswith("so that our notes are right?")
        await sounds(call)
        await call.ear.says(answer)
        await call.listening(3)
        yield call
        await call.processor.dropped(by_them=True)


def test_after_a_yes_both_sides_are_kept_apart(tmp_path):
    """R248: two tracks that begin together, from leave on."""

    async def go():
        async with asked(tmp_path, "Sure, go ahead.") as call:
            await sounds(call)
        (traced,) = call.traced("sound")
        ((began, ended),) = traced["recorded"]
        assert 0 < began < ended
        return traced

    traced = asyncio.run(go())
    recording = Shelf(tmp_path / "recordings").of_call("call-1")
    assert recording is not None
    assert recording.label.person_id == ANA.person_id
    assert recording.label.leave == "given in the call"
    assert np.abs(recording.track("them")).max() > 0.2
    assert np.abs(recording.track("us")).max() > 0
    assert len(traced["us"]) >= 3
    assert len(traced["them"]) == 2


@pytest.mark.parametrize(
    ("answer", "is_on"), [("No, I'd rather not.", True), ("Sure, go ahead.", False)]
)
def test_without_leave_no_byte_of_sound_is_kept(tmp_path, answer, is_on):
    async def go():
        async with asked(tmp_path, answer, is_on=is_on) as call:
            await sounds(call, 200)
        assert call.traced("sound")[0]["recorded"] == []
        assert call.traced("sound")[0]["us"]

    asyncio.run(go())
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".flac"]
    assert not (tmp_path / "recordings").exists()


@pytest.mark.parametrize(
    "words", ["Please stop recording.", "Don't record this. What is the price?"]
)
def test_leave_taken_back_ends_and_forgets_it(tmp_path, words):
    async def go():
        async with asked(tmp_path, "Sure, go ahead.") as call:
            await sounds(call, 100)
            assert (tmp_path / "recordings" / "call-1").is_dir()
            await call.ear.says(words)
            await call.listening(4)
            await sounds(call, 100)
        assert call.traced("sound")[0]["recorded"] == []
        return [line.text for line in call.heard]

    heard = asyncio.run(go())
    assert not list((tmp_path / "recordings").iterdir())
    is_price = "price" in words
    assert ("not by seats" in heard[3]) is is_price
    assert ("nothing is recorded" in heard[3]) is not is_price


def shelf_with(root, **persons):
    shelf = Shelf(root)
    for call_id, (person, days) in persons.items():
        at = datetime(2026, 11, 1, tzinfo=UTC) - timedelta(days=days)
        folder = shelf.begin(Label(call_id, "t", person, "thread", at, "given in the call"))
        (folder / "them.flac").write_bytes(b"sound")
    return shelf


def test_who_is_erased_leaves_no_recording(tmp_path):
    shelf = shelf_with(tmp_path, one=("ana", 1), two=("bo", 1), three=("ana", 5))
    assert shelf.erase("other", ["ana"]) == 0
    assert shelf.erase("t", ["ana"], dry_run=True) == 2
    assert shelf.erase("t", ["ana"]) == 2
    assert [one.label.call_id for one in shelf.all()] == ["two"]
    assert not (tmp_path / "one").exists()


def test_recordings_go_after_their_days(tmp_path):
    shelf = shelf_with(tmp_path, old=("ana", 91), new=("ana", 89))
    now = datetime(2026, 11, 1, tzinfo=UTC)
    assert shelf.prune(days=90, now=now) == 1
    assert [one.label.call_id for one in shelf.all()] == ["new"]


def test_a_call_id_is_never_a_path(tmp_path):
    shelf = Shelf(tmp_path / "recordings")
    assert shelf.folder("../../etc").parent == tmp_path / "recordings"
    assert json.dumps(str(shelf.folder("a/b"))).count("recordings/") == 1
