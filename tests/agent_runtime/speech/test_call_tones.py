"""Tones of the telephone, from pure sound and from a bad line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.speech.call_tones import ToneHeard, ToneListener
from tests.agent_runtime.speech import sounds
from tests.agent_runtime.speech.sounds import silence, tone


def _heard(clean: np.ndarray, *, rate: int = 8000, spoken: bool = True, frame: int = 320):
    audio = (np.r_[silence(0.3), clean, silence(0.6)] * 32000).astype("<i2")
    listener = ToneListener(rate)
    listener.speech_heard = spoken
    raw = audio.tobytes()
    return [t for at in range(0, len(raw), frame) for t in listener.feed(raw[at : at + frame])]


def _kinds(heard: list[ToneHeard]) -> list[str]:
    return [one.kind for one in heard]


@settings(max_examples=12, deadline=None)
@given(st.integers(400, 2000), st.floats(0.2, 1.5), st.sampled_from([100, 320, 1024]))
def test_a_beep_of_any_pitch_is_found_where_it_is(hertz, seconds, frame):
    """R273: with its frequency and its times, however the audio is cut."""
    (beep,) = _heard(tone([hertz], seconds), frame=frame)
    assert beep.kind == "beep"
    assert beep.frequencies_hz[0] == pytest.approx(hertz, abs=3)
    assert (beep.start_s, beep.end_s) == pytest.approx((0.3, 0.3 + seconds), abs=0.05)


@pytest.mark.parametrize("digit", list("0123456789*#"))
def test_a_key_is_heard_once_and_is_no_beep(digit):
    heard = _heard(sounds.dtmf(digit, 0.12))
    assert [(one.kind, one.digit) for one in heard] == [("dtmf", digit)]


@pytest.mark.parametrize("country", list(sounds.RING_BACKS))
def test_ring_back_is_no_beep(country):
    hertz, pattern = sounds.RING_BACKS[country]
    kinds = _kinds(_heard(sounds.cadence(hertz, pattern * 2), spoken=False))
    assert set(kinds) == {"ring_back"}


@pytest.mark.parametrize("country", list(sounds.BUSY))
def test_a_busy_line_is_told_from_a_busy_network(country):
    hertz, pattern = sounds.BUSY[country]
    assert set(_kinds(_heard(sounds.cadence(hertz, pattern), spoken=False))) == {"busy"}
    if country in sounds.CONGESTION:
        fast = sounds.cadence(*sounds.CONGESTION[country])
        assert set(_kinds(_heard(fast, spoken=False))) == {"congestion"}


def test_special_information_tones_and_fax_are_known():
    assert _kinds(_heard(sounds.sit(np.random.default_rng(1)), spoken=False)) == ["sit"]
    calling = sounds.cadence([1100], (0.5, 3.0, 0.5))
    assert _kinds(_heard(calling, spoken=False)) == ["fax"]
    assert _kinds(_heard(tone([2100], 2.6), spoken=False)) == ["fax"]


def test_a_beep_where_ring_back_lies_counts_only_after_speech():
    assert _kinds(_heard(tone([440], 0.6), spoken=True)) == ["beep"]
    assert _kinds(_heard(tone([440], 0.6), spoken=False)) == []


def test_noise_and_silence_hold_no_tone():
    rng = np.random.default_rng(5)
    assert _heard(np.r_[rng.standard_normal(80_000) * 0.1, silence(2)]) == []


def test_a_wideband_line_is_heard_alike():
    times = np.arange(16_000) / 16_000
    beep = np.r_[silence(0.6), 0.2 * np.sin(2 * np.pi * 1000 * times), silence(1)]
    key = 0.1 * (np.sin(2 * np.pi * 770 * times) + np.sin(2 * np.pi * 1336 * times))[:2000]
    heard = _heard(np.r_[beep, key, silence(1)], rate=16_000)
    assert [(one.kind, one.digit) for one in heard] == [("beep", ""), ("dtmf", "5")]
    assert heard[0].end_s - heard[0].start_s == pytest.approx(1.0, abs=0.08)


def test_another_sample_rate_is_refused():
    with pytest.raises(ValueError, match="44100"):
        ToneListener(44_100)
