"""What a party has said, kept to be read once more."""

import numpy as np
import pytest

from agent_runtime.speech.party_sound import READ_AT, PartySound
from agent_runtime.speech.sound import to_pcm

RATE = 8000


def hiss(seconds: float) -> bytes:
    return to_pcm(np.random.default_rng(2).normal(0, 0.1, round(seconds * RATE)).astype("f4"))


def quiet(seconds: float) -> bytes:
    return to_pcm(np.zeros(round(seconds * RATE), "f4"))


def says(party: PartySound, seconds: float, *, after_s: float = 0.5) -> None:
    party.add(quiet(after_s))
    party.begin(after_s=after_s)
    party.add(hiss(seconds))
    party.add(quiet(0.2))
    party.end()


def test_all_that_was_said_is_read_as_one_piece_and_only_once():
    """R275."""
    party = PartySound(RATE)
    says(party, 1.0)
    says(party, 2.0)
    unread = party.unread(least_s=0.8)
    assert unread is not None
    assert len(unread.sound) / READ_AT == pytest.approx(3.7, abs=0.5)
    assert party.unread(least_s=0.8) is None
    says(party, 1.0)
    longer = party.unread(least_s=0.8)
    assert longer is not None
    assert longer.part == unread.part
    assert len(longer.sound) > len(unread.sound)


def test_nothing_is_read_while_they_speak_or_where_they_said_little():
    party = PartySound(RATE)
    says(party, 0.3)
    assert party.unread(least_s=0.8) is None
    party.begin(after_s=0.3)
    party.add(hiss(2.0))
    assert party.unread(least_s=0.8) is None


def test_a_menu_that_begins_again_after_a_pause_is_read_anew():
    """R275."""
    party = PartySound(RATE)
    says(party, 5.0)
    first = party.unread(least_s=0.8)
    says(party, 2.0, after_s=2.5)
    second = party.unread(least_s=0.8)
    assert first is not None
    assert second is not None
    assert second.part != first.part
    assert len(second.sound) < len(first.sound)


def test_the_last_half_minute_is_kept():
    """R275: an hour in a queue costs no more."""
    party = PartySound(RATE)
    for _ in range(20):
        says(party, 3.0)
    unread = party.unread(least_s=0.8)
    assert unread is not None
    assert 26 <= len(unread.sound) / READ_AT <= 30


def test_whoever_broke_into_a_recording_is_read_alone():
    """R256."""
    party = PartySound(RATE)
    says(party, 5.0)
    says(party, 1.0)
    party.forget(but_last=True)
    unread = party.unread(least_s=0.8)
    assert unread is not None
    assert len(unread.sound) / READ_AT < 2
