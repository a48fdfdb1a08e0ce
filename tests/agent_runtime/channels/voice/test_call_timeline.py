"""A call on its time axis: what the page shows is what was traced, with sound and without."""

import re
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from call_wire import warm
from typer.testing import CliRunner

from agent_runtime.channels.voice import trace_view
from agent_runtime.channels.voice.call_cli import call as call_cli
from agent_runtime.channels.voice.recording.shelf import RATE, Label, Shelf
from agent_runtime.channels.voice.samples.sample import _view
from agent_runtime.channels.voice.stage import play_call
from agent_runtime.channels.voice.timeline.drawing import drawing_of
from agent_runtime.channels.voice.timeline.from_traces import timeline_of
from agent_runtime.channels.voice.timeline.model import Stretch, barge_ins, stages_of
from agent_runtime.channels.voice.timeline.page import page_of, words
from agent_runtime.channels.voice.timeline.waves import Tracks, as_mp3, mixed, waves_of
from agent_runtime.errors import ParleyError
from agent_runtime.library.call_scenario import read_call_scenario
from agent_runtime.library.catalog import PACKAGE
from agent_runtime.mind import open_mind
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
SOUND = {
    "since": NOW.isoformat(),
    "them": [[0.2, 0.9], [9.4, 11.3]],
    "us": [[1.2, 8.0], [8.2, 9.6], [12.0, 20.0]],
    "recorded": [],
}


def play(name):
    warm()
    library, model = open_mind(Settings())
    scenario = read_call_scenario(PACKAGE / "scenarios" / "calls" / f"{name}.yaml")
    return play_call(scenario, library, model, now=NOW)


played = cache(play)


@cache
def seen(name="interrupts_with_a_question"):
    """A rehearsed call, with the sound and the latencies that a line would have traced."""
    hands = play(name).hands
    hands.latency(
        1, {"vad": 200.0, "stt": 210.0, "turn": 215.0, "loop": 30.0, "first_sound": 905.0}, now=NOW
    )
    hands.sound(SOUND, now=NOW)
    return _view(hands)


def tone(seconds, start_s=0.0):
    sound = 0.5 * np.sin(np.arange(int(seconds * RATE)) / 5).astype(np.float32)
    sound[: int(start_s * RATE)] = 0
    return sound


def test_words_decisions_and_permits_stand_on_the_axis():
    """R269: what was said, cut off, understood, decided and permitted."""
    call = timeline_of(seen())
    cut = next(one for one in call.spoken if one.who == "us")
    assert cut.heard.startswith("Hello [[FIRST_NAME]]")
    assert cut.unheard_words > 0
    theirs = next(one for one in call.spoken if one.turn == 1)
    assert (theirs.start_s, theirs.end_s) == (9.4, 11.3)
    (decided,) = call.decided
    assert (decided.intent, decided.decision) == ("pricing_question", "allow")
    assert call.permits
    assert all(permit.asked > 5 for permit in call.permits)
    assert [m.at_s for m in call.moments if m.kind == "barge_in"] == [9.4]


def test_a_turn_before_anything_else_of_the_call_belongs_to_it():
    whole = seen()
    late = tuple(e for e in whole.events if e.payload["event"] in ("ended", "sound"))
    events = played("interrupts_with_a_question").hands.turns.runtime.store.events
    found = trace_view.with_thread(trace_view.CallView(whole.call_id, late), events)
    assert [e.kind for e in found.turns].count("turn") == 1


def test_a_booking_shows_its_tools_and_effects():
    call = timeline_of(_view(played("books_a_meeting").hands))
    labels = [moment.label for moment in call.moments]
    assert {"Meeting confirmed", "Tool: calendar", "Email sent"} <= set(labels)
    assert call.next_steps == ("hold the meeting",)


def test_who_answered_is_told():
    call = timeline_of(_view(played("voicemail_after_the_beep").hands))
    verdict, *_ = [moment for moment in call.moments if moment.kind == "who"]
    assert verdict.label == "Answered by: voicemail"


def test_no_word_of_theirs_stands_in_a_verdict():
    hands = play("voicemail_after_the_beep").hands
    hands.recognised("person", now=NOW, confidence=0.8, reasons=('said "ana here"', "a beep"))
    traced = hands.turns.runtime.store.events[-1].payload
    assert traced["reasons"] == ["telling words", "a beep"]


def test_stages_add_up_to_the_whole():
    (took,) = timeline_of(seen()).took
    assert dict(took.stages) == {
        "pause": 200.0,
        "hearing": 10.0,
        "turn": 5.0,
        "deciding": 30.0,
        "voice": 660.0,
    }
    assert took.total_ms == 905.0
    assert timeline_of(seen()).slow == 1
    assert sum(ms for _, ms in stages_of({"vad": 200.0, "first_sound": 500.0})) == 500.0


def test_barge_in_says_how_soon_we_were_silent():
    (moment,) = barge_ins([Stretch(5.0, 6.0), Stretch(9.0, 9.5)], [Stretch(2.0, 5.3)])
    assert moment.at_s == 5.0
    assert "300 ms" in moment.detail


def test_waves_are_where_the_sound_is():
    tracks = Tracks(tone(10, start_s=5), tone(8), RATE, NOW)
    waves = waves_of(tracks, start_s=3.0)
    half = int(5 / waves.step_s)
    assert max(waves.them[: half - 1]) == 0
    assert min(waves.them[half + 1 :]) > 0.9
    assert len(waves.us) == len(waves.them)
    assert len(mixed(tracks)) == 10 * RATE
    assert as_mp3(tone(1), RATE)[:2] in (b"\xff\xfb", b"\xff\xf3", b"ID")


def test_the_page_loads_nothing_and_says_why_it_is_silent():
    page = page_of(timeline_of(seen()))
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", page)
    assert "<audio" not in page
    assert "nobody gave leave" in page
    assert "words more</s>" in page
    assert "905 ms" in page
    assert "[[" not in page


def test_the_page_plays_what_was_recorded():
    tracks = Tracks(tone(15), tone(15), RATE, NOW)
    call = timeline_of(seen(), tracks=tracks)
    page = page_of(call, audio="data:audio/mpeg;base64,AAAA")
    assert 'src="data:audio/mpeg;base64,AAAA"' in page
    assert drawing_of(call).them_path in page
    assert not call.why_silent


def test_words_of_strangers_are_no_markup():
    assert "<script>" not in words("<script>alert(1)</script> [[FIRST_NAME]]")


@pytest.fixture
def workspace(tmp_path):
    """A store that knows the call."""
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    events = played("interrupts_with_a_question").hands.turns.runtime.store.events
    seen()
    with SqlStore(engine, events[0].tenant_id).begin() as tx:
        tx.trace(*events)
    engine.dispose()
    return tmp_path


def report(workspace, *more, tenant="rehearsal"):
    environment = {"PARLEY_TENANT_ID": tenant}
    arguments = ["report", "call.interrupts", "--workspace", str(workspace), *map(str, more)]
    return CliRunner().invoke(call_cli, arguments, env=environment)


def test_the_command_writes_a_page_without_a_recording(workspace):
    """R269: a visual of the logic behind a call."""
    done = report(workspace, "--html", workspace / "call.html")
    assert done.exit_code == 0, done.output
    assert "without sound" in done.output
    assert "nobody gave leave" in (workspace / "call.html").read_text()


def test_the_command_plays_a_recording_and_notes_who_listened(workspace):
    shelf = Shelf(workspace / "recordings")
    event = seen().events[0]
    label = Label(
        seen().call_id, event.tenant_id, event.person_id, event.thread_id, NOW, "given in the call"
    )
    folder = shelf.begin(label)
    import soundfile

    soundfile.write(folder / "them.flac", tone(15), RATE)
    done = report(workspace, "--html", workspace / "call.html")
    assert done.exit_code == 0, done.output
    assert "data:audio/mpeg;base64," in (workspace / "call.html").read_text()
    engine = open_engine(f"sqlite:///{workspace}/runtime.db")
    found = trace_view.call_in(engine, event.tenant_id, seen().call_id)
    assert [e.payload["event"] for e in found.listened] == ["listened"]
    assert timeline_of(found).length_s < 600


def test_a_call_that_is_none_is_told_in_one_sentence(workspace):
    done = CliRunner().invoke(call_cli, ["report", "nobody", "--workspace", str(workspace)], env={})
    assert isinstance(done.exception, ParleyError)
    assert "parley call heard" in str(done.exception)
