"""Every branch of a call's life, played without sound through the desk, the permits and a store."""

from datetime import UTC, datetime

import pytest

from agent_runtime.channels.voice.stage import play_call
from agent_runtime.library.call_scenario import read_call_scenarios
from agent_runtime.library.catalog import PACKAGE, load_library
from agent_runtime.models.embedded import load_embedded_model

LIBRARY = load_library()
SCENARIOS = read_call_scenarios([PACKAGE])
NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def model():
    return load_embedded_model()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.id)
def test_call_ends_as_its_authors_expect(scenario, model):
    """R27 R28 R254-R266 R271-R277: outcome, booking, disclosure, stop, every way it can go."""
    played = play_call(scenario, LIBRARY, model, now=NOW)
    assert list(played.problems()) == []


def test_the_calls_cover_every_way_in_which_a_call_ends():
    reasons = {s.expect.disposition for s in SCENARIOS} | {s.expect.reason for s in SCENARIOS}
    assert reasons >= {
        *("meeting_booked", "stopped", "transferred", "handed_over", "not_interested", "talked"),
        *("voicemail", "voicemail_left", "unavailable", "silence", "time_limit", "dropped"),
        *("bad_line", "stt_failed", "model_stalled", "not_permitted", "completed", "hung_up"),
    }


def test_the_same_call_goes_the_same_way_twice(model):
    booking = next(s for s in SCENARIOS if s.id == "call.books_a_meeting")
    first, second = (play_call(booking, LIBRARY, model, now=NOW) for _ in range(2))
    assert first.lines == second.lines
    assert first.length_s == second.length_s
