"""Calls in sound: the line, the caller's manners and the times, all on tracks made for the test."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.channels.voice.sound.caller import ANSWER_S, TURN_S, WORD_S, Caller, Part
from agent_runtime.channels.voice.sound.exchange import Exchange
from agent_runtime.channels.voice.sound.noises import cough, mumble, network_tone
from agent_runtime.channels.voice.sound.sounded import RATE, Span
from agent_runtime.channels.voice.sound.timing import Said, audible, barge_ins, reply_to
from agent_runtime.channels.voice.sound.wire_faults import FRAME, LatePackets, TelephoneLine
from agent_runtime.library.call_scenario import CallScenario, Expected, Sound, Step
from agent_runtime.speech.sound import to_pcm

QUIET = np.zeros(FRAME, np.float32)
VOICE = (0.2 * np.sin(np.arange(FRAME) * 2 * np.pi * 200 / RATE)).astype(np.float32)


def track(*spans, length_s=10.0):
    made = np.zeros(round(length_s * RATE), np.float32)
    for start_s, end_s in spans:
        at = np.arange(round(start_s * RATE), round(end_s * RATE))
        made[at] = 0.2 * np.sin(at * 2 * np.pi * 200 / RATE)
    return (made * 32767).astype(np.int16)


def close(spans, *expected):
    found = [second for span in spans for second in (span.start_s, span.end_s)]
    return found == pytest.approx([second for pair in expected for second in pair], abs=0.006)


# Times


def test_a_track_is_audible_where_it_sounds_and_short_pauses_belong_to_it():
    sound = track((1.0, 2.0), (2.2, 3.0), (5.0, 5.5))
    assert close(audible(sound), (1.0, 3.0), (5.0, 5.5))
    assert close(audible(sound, joined_s=0.1), (1.0, 2.0), (2.2, 3.0), (5.0, 5.5))


def test_an_answer_is_measured_from_the_last_voiced_sample_to_the_first_audible_one():
    ours = audible(track((2.45, 4.0)), joined_s=0.05)
    reply = reply_to(2.0, ours, [Said(2.44, "answer.pricing")], before_s=9.0)
    assert reply.first_sound_ms == pytest.approx(450, abs=6)
    assert reply.first_word_ms == reply.first_sound_ms
    assert reply.text_id == "answer.pricing"


def test_a_filler_is_sound_and_no_content():
    ours = audible(track((2.5, 3.2), (4.0, 5.0)), joined_s=0.05)
    said = [Said(2.5, "call.one_moment"), Said(4.0, "answer.pricing")]
    reply = reply_to(2.0, ours, said, before_s=9.0)
    assert reply.is_bridged
    assert reply.first_sound_ms == pytest.approx(500, abs=6)
    assert reply.first_word_ms == pytest.approx(2000, abs=6)


def test_what_is_said_after_they_speak_again_is_no_answer():
    ours = audible(track((4.0, 5.0)))
    assert reply_to(2.0, ours, [Said(4.0, "call.hold")], before_s=3.0).first_sound_ms is None


def test_a_barge_in_is_measured_from_their_onset_to_our_silence():
    theirs = (Span(2.0, 3.0), Span(6.0, 6.4), Span(8.5, 9.0))
    ours = audible(track((1.0, 2.3), (5.0, 8.0)), joined_s=0.6)
    (cut, ignored) = barge_ins(theirs, ours)
    assert cut.silent_ms == pytest.approx(300, abs=6)
    assert ignored.onset_s == 6.0
    assert ignored.silent_ms is None


# The line


def carried(sound, frames):
    line = TelephoneLine(sound)
    return np.concatenate([line.carry(frame) for frame in frames])


def test_a_telephone_takes_the_highs_and_keeps_the_level():
    at = np.arange(FRAME * 50) / RATE
    low, high = (0.3 * np.sin(2 * np.pi * hz * at).astype(np.float32) for hz in (500, 6000))
    for sound, kept in ((low, 1.0), (high, 0.0)):
        heard = carried(Sound(), sound.reshape(-1, FRAME))[FRAME:]
        assert np.sqrt(np.mean(heard**2)) / np.sqrt(np.mean(low**2)) == pytest.approx(kept, abs=0.1)
    assert carried(Sound(codec=""), high.reshape(-1, FRAME)) == pytest.approx(high)


def test_noise_lies_as_far_below_a_voice_as_is_asked():
    for kind in ("white", "pink", "brown", "hum", "street", "babble"):
        sound = Sound.model_validate({"noise": kind, "snr_db": 20, "codec": ""})
        heard = carried(sound, [QUIET] * 500)
        assert 20 * np.log10(np.sqrt(np.mean(heard**2)) / 0.1) == pytest.approx(-20, abs=2), kind


def test_lost_packets_are_filled_with_the_one_before():
    frames = [np.full(FRAME, n / 1000, np.float32) for n in range(400)]
    heard = carried(Sound(loss=0.1, codec=""), frames).reshape(-1, FRAME)
    lost = [n for n in range(1, 400) if heard[n][0] != frames[n][0]]
    assert 15 <= len(lost) <= 70
    assert all(heard[n][0] <= heard[n + 1][0] for n in range(399))


@pytest.mark.parametrize("burst", [1, 5])
def test_as_many_packets_are_lost_as_is_said_one_by_one_or_in_bursts(burst):
    frames = [np.full(FRAME, n / 40_000, np.float32) for n in range(20_000)]
    heard = carried(Sound(loss=0.05, burst=burst, codec=""), frames).reshape(-1, FRAME)
    lost = "".join("x" if heard[n][0] != frames[n][0] else "." for n in range(1, 20_000))
    assert lost.count("x") / len(lost) == pytest.approx(0.05, abs=0.01)
    in_a_row = [len(run) for run in lost.split(".") if run]
    assert sum(in_a_row) / len(in_a_row) == pytest.approx(max(burst, 1 / 0.95), rel=0.15)


def test_the_way_to_them_loses_what_is_said_of_it():
    frames = [np.full(FRAME, n / 1000, np.float32) for n in range(400)]
    for sound, lost in ((Sound(loss=0.3), False), (Sound(loss_back=0.3), True)):
        line = TelephoneLine(sound.model_copy(update={"codec": ""}), with_noise=False)
        heard = [line.carry(frame) for frame in frames]
        assert any(a[0] != b[0] for a, b in zip(heard, frames, strict=True)) is lost


@given(jitter_ms=st.integers(0, 200), seed=st.integers(0, 99))
def test_late_packets_come_in_order_within_the_jitter_and_each_once(jitter_ms, seed):
    line = LatePackets(jitter_ms, seed=seed)
    ticks = [line.carry(bytes([n])) for n in range(100)]
    ticks += [line.carry(b"") for _ in range(math.ceil(jitter_ms / 20))]
    assert b"".join(ticks) == bytes(range(100))
    at = {packet: tick for tick, arrived in enumerate(ticks) for packet in arrived}
    assert all(0 <= tick - packet <= math.ceil(jitter_ms / 20) for packet, tick in at.items())


def test_jitter_of_60_ms_makes_gaps_and_bunches_and_none_makes_neither():
    assert {len(arrived) for arrived in map(LatePackets(60).carry, [b"."] * 500)} >= {0, 1, 2}
    assert {len(arrived) for arrived in map(LatePackets().carry, [b"."] * 500)} == {1}


class Listens:
    """A caller who says a tone, and keeps what of ours reaches it."""

    def __init__(self):
        self.heard = []

    def tick(self, ours):
        self.heard.append(ours)
        return VOICE


def test_an_exchange_gives_late_frames_together_and_plays_ours_from_a_buffer():
    caller, arrived = Listens(), []
    sound = Sound(codec="")
    exchange = Exchange(
        caller,
        TelephoneLine(sound),
        TelephoneLine(sound, with_noise=False),
        arrived.append,
        late=LatePackets(60),
        late_back=3,
    )
    exchange.play(to_pcm(VOICE) * 5)
    for _ in range(50):
        exchange._exchange()
    loud = [n for n, frame in enumerate(caller.heard) if np.abs(frame).max() > 0]
    assert loud == [3, 4, 5, 6, 7]
    assert {len(pcm) // (2 * FRAME) for pcm in arrived} >= {0, 1, 2}
    assert 47 <= len(b"".join(arrived)) // (2 * FRAME) <= 50
    theirs, ours, said = exchange.tracks()
    assert len(theirs) == len(ours) == len(said) == len(exchange.reached())
    assert exchange.reached()[3 * FRAME :] == pytest.approx(ours[: -3 * FRAME], abs=1)


def test_our_voice_comes_back_late_and_quieter():
    line = TelephoneLine(Sound(echo_db=20, codec=""))
    heard = [line.carry(QUIET, VOICE if n == 0 else QUIET) for n in range(10)]
    loud = [n for n, frame in enumerate(heard) if np.abs(frame).max() > 0.001]
    assert loud == [6]
    assert np.abs(heard[6]).max() == pytest.approx(np.abs(VOICE).max() / 10, rel=0.01)


def test_sounds_that_are_no_words_have_their_lengths():
    rng = np.random.default_rng(1)
    assert len(cough(rng)) == round(0.4 * RATE)
    assert len(mumble(2.0, rng)) == 2 * RATE
    for kind in ("ring_back", "busy", "congestion", "sit", "fax", "hold_music"):
        assert len(network_tone(kind, 3.0, rng)) == 3 * RATE, kind


# The caller


class Talk:
    """A caller, and what we do, in steps of 20 ms."""

    def __init__(self, *steps, speaks_first=True):
        self.told = []
        parts = [
            Part(one, VOICE.repeat(1) if not one.says else np.tile(VOICE, 10), owes=bool(one.says))
            for one in (Step.model_validate(step) for step in steps)
        ]
        parts = [Part(p.step, p.sound if p.step.says else QUIET[:0], p.owes) for p in parts]
        self.caller = Caller(parts, lambda *what: self.told.append(what), speaks_first=speaks_first)

    def hear(self, ours, seconds):
        """Returns after how many seconds they began to speak; None: they did not."""
        began = None
        for n in range(round(seconds / 0.02)):
            if np.abs(self.caller.tick(ours)).max() > 0 and began is None:
                began = n * 0.02
        return began


def test_a_caller_answers_once_we_are_silent_and_not_between_our_sentences():
    talk = Talk({"says": "Hello?"}, {"says": "No."})
    assert talk.hear(QUIET, 1.0) == pytest.approx(0.5, abs=0.04)
    for _ in range(3):
        assert talk.hear(VOICE, 1.0) is None
        assert talk.hear(QUIET, TURN_S - 0.1) is None
    assert talk.hear(VOICE, 1.0) is None
    assert talk.hear(QUIET, 2.0) == pytest.approx(TURN_S, abs=0.04)
    assert [one.text for one in talk.caller.uttered] == ["Hello?", "No."]


def test_whoever_hears_nothing_goes_on_in_the_end():
    talk = Talk({"says": "Hello?"}, {"says": "Anybody there?"})
    talk.hear(QUIET, 1.0)
    assert talk.hear(QUIET, ANSWER_S + 2) == pytest.approx(ANSWER_S, abs=0.6)


def test_whoever_calls_us_lets_us_speak_first():
    talk = Talk({"says": "Hi, I have a question."}, speaks_first=False)
    assert talk.hear(QUIET, 3.0) is None
    talk.hear(VOICE, 1.0)
    assert talk.hear(QUIET, 2.0) == pytest.approx(TURN_S, abs=0.04)


def test_a_barge_in_comes_after_so_many_words_of_ours():
    talk = Talk({"says": "Sorry, what?", "barge_in_after": 5})
    assert talk.hear(QUIET, 3.0) is None
    assert talk.hear(VOICE, 4.0) == pytest.approx(5 * WORD_S, abs=0.05)


def test_a_menu_says_its_words_again_until_its_keys_are_pressed():
    talk = Talk({"says": "Press three.", "keys": "3"}, {"says": "Hello?"})
    talk.hear(QUIET, 6.0)
    talk.caller.pressed += "7"
    assert talk.hear(QUIET, 6.0) is not None
    assert [one.text for one in talk.caller.uttered] == []
    talk.caller.pressed += "3"
    talk.hear(QUIET, ANSWER_S + 2)
    assert [one.text for one in talk.caller.uttered] == ["Press three.", "Hello?"]


def test_a_voice_is_told_to_die_before_it_has_said_all_that_they_then_hear():
    talk = Talk({"says": "Hello?"}, {"tts_fails": True, "barge_in_after": 4})
    talk.hear(QUIET, 0.6)
    assert talk.told == []
    talk.hear(QUIET, 3.0)
    assert talk.told == [("tts_fails", True)]
    talk.hear(VOICE, 4.0)
    assert talk.told == [("tts_fails", True)]


def test_what_is_no_sound_is_told():
    talk = Talk({"takes_call": True}, {"hangs_up": True})
    talk.hear(QUIET, 2.0)
    assert talk.told == []
    talk.caller.is_asked_to_take = True
    talk.hear(QUIET, 3.0)
    assert talk.told == [("takes_call", True), ("hangs_up", True)]


# All of it


def test_a_call_in_sound_is_led_by_the_real_pipeline_and_kept(tmp_path):
    """R266: nobody who has not agreed hears a word, whatever they say into the telephone."""
    from agent_runtime.channels.voice.sound.sound_stage import play_call_in_sound
    from agent_runtime.library.catalog import PACKAGE, load_library
    from agent_runtime.models.language import ScriptedModel

    scenario = CallScenario(
        id="call.short",
        about="Without consent to calls not a word is said.",
        may_be_called=False,
        call=(Step(says="Hello?"),),
        expect=Expected(disposition="not_permitted", is_disclosed=False, says=()),
    )
    call = play_call_in_sound(
        scenario, load_library(PACKAGE), ScriptedModel(), clock=lambda: datetime.now(UTC)
    )
    assert list(call.problems()) == []
    assert audible(call.agent) == ()
    (span,) = call.caller_voiced
    assert call.turns[0].voice.start_s == pytest.approx(span.start_s, abs=0.05)
    assert any(event.what == "vad_started" for event in call.events)
    call.save(tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {"caller.wav", "agent.wav", "call.json"}
