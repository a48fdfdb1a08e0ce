"""The watch over a band: what it lets pass, what it closes, and what it can never do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.band.state import (
    BandState,
    CategoryBand,
    Record,
    counts_since,
    found_wrong,
    heard,
    renewed,
    standings,
)
from agent_runtime.band.watch import Terms, Watch, after_finding, after_judgement, state_of

NOW = datetime(2026, 1, 13, tzinfo=UTC)
TERMS = Terms()


def judged(watch, *outcomes, share=0.15, sent=6):
    for number, is_wrong in enumerate(outcomes):
        at = NOW + timedelta(hours=number)
        watch = after_judgement(
            watch, TERMS, is_wrong=is_wrong, share=share, made_at=at, sent_since=sent, now=at
        )
    return watch


def record(*bands, version="v"):
    return Record("p", version, NOW, TERMS, 0.95, 100, "e", bands)


def band(category="answer/*/*", threshold=0.8, members=("answer/a/en",), since=None):
    return CategoryBand(category, threshold, members, since=since)


def test_one_error_makes_it_look_closer_and_right_ones_calm_it():
    watch = judged(Watch(), True)
    assert state_of(watch, TERMS, sent_unheard=0) == "watched"
    assert state_of(judged(watch, *[False] * 30), TERMS, sent_unheard=0) == "open"


def test_errors_close_together_close_the_band_and_nothing_judged_opens_it():
    closed = judged(Watch(), True, True, True)
    assert closed.narrowed_at is not None
    assert state_of(judged(closed, *[False] * 500), TERMS, sent_unheard=0) == "narrowed"


def test_errors_in_small_doses_use_up_the_account():
    """One judged error for every 60 messages: never close together, and still too many."""
    dose = [True, *[False] * 8]
    watch = judged(Watch(), *dose * 40)
    assert watch.narrowed_at is not None


def test_a_good_agent_is_left_alone():
    watch = judged(Watch(), *[*[False] * 150, True] * 10)
    assert watch.narrowed_at is None
    assert watch.balance == pytest.approx(TERMS.room, abs=6)


def test_what_is_found_wrong_later_is_on_the_account_too():
    watch = Watch()
    for _ in range(30):
        watch = after_finding(watch, TERMS, now=NOW)
    assert watch.narrowed_at == NOW
    assert "used up the room" in watch.why


@given(st.lists(st.tuples(st.booleans(), st.floats(0.05, 1), st.integers(0, 50)), max_size=60))
def test_the_account_never_holds_more_than_its_room_and_a_closed_band_stays_closed(steps):
    watch, was_closed = Watch(), False
    for is_wrong, share, sent in steps:
        watch = after_judgement(
            watch, TERMS, is_wrong=is_wrong, share=share, made_at=NOW, sent_since=sent, now=NOW
        )
        assert watch.balance <= TERMS.room
        assert not (was_closed and watch.narrowed_at is None)
        was_closed = watch.narrowed_at is not None
    assert watch.judged == len(steps)
    assert watch.wrong == sum(is_wrong for is_wrong, *_ in steps)


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 200))
def test_a_person_reads_at_least_the_share_that_was_chosen(outcomes, unheard):
    state = BandState(record(band()), {"answer/*/*": judged(Watch(), *outcomes)}, Watch())
    (stands,) = standings(state, sent_unheard=unheard)
    assert stands.share >= TERMS.audit_share
    assert (stands.share == 1) == (stands.state in ("unheard", "narrowed"))


def test_a_judgement_moves_its_own_band_and_the_whole_and_no_other():
    bands = (band(), band("*/*/*", 0.9, ("ask/b/en",)))
    state = BandState(record(*bands))

    def after(category, confidence):
        return heard(
            state,
            category=category,
            confidence=confidence,
            is_wrong=True,
            share=0.15,
            made_at=NOW,
            sent_since=lambda _members, _after: 0,
            now=NOW,
        )

    moved = after("answer/a/en", 0.85)
    assert (moved.watch("answer/*/*").wrong, moved.overall.wrong) == (1, 1)
    assert moved.watch("*/*/*") == Watch()
    assert after("answer/a/en", 0.5) == state
    assert after("answer/never/en", 0.99) == state
    assert found_wrong(state, category="answer/a/en", now=NOW).overall.balance == TERMS.room - 1


def test_a_band_that_closed_opens_only_where_it_is_shown_anew():
    closed = judged(Watch(), True, True, True)
    state = BandState(record(band()), {"answer/*/*": closed}, closed)
    not_shown = renewed(state, record(band(threshold=None), version="v2"))
    assert not_shown.watch("answer/*/*").narrowed_at is not None
    assert not_shown.overall.narrowed_at is not None
    shown = renewed(state, record(band(), version="v3"))
    assert shown.watch("answer/*/*") == Watch()
    assert shown.overall == Watch(heard_of=NOW, counted_to=NOW)


def test_a_category_of_its_own_begins_with_what_is_known_of_its_pool():
    watch = judged(Watch(), True)
    state = BandState(record(band()), {"answer/*/*": watch}, Watch())
    own = renewed(state, record(band("answer/a/en"), version="v2"))
    assert own.watch("answer/a/en") == watch


def test_what_was_judged_before_a_closing_never_counts_again():
    closed = judged(Watch(), True, True, True)
    state = BandState(record(band()), {"answer/*/*": closed}, Watch())
    at = closed.narrowed_at
    assert counts_since(state, "answer/a/en", now=at).instant == at
    later = counts_since(state, "answer/a/en", now=at + timedelta(days=22))
    assert (later.instant, later.look) == (at + timedelta(days=14), 2)
    reopened = renewed(state, record(band(since=at), version="v2"))
    assert counts_since(reopened, "answer/a/en", now=at + timedelta(days=90)).instant == at
    assert counts_since(None, "answer/a/en", now=NOW).instant is None
