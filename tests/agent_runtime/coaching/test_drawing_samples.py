"""A day's sample for reviewers: stratified, reproducible, and honest about what it stands for."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.coaching.drawing import Candidate, draw

DAY = date(2026, 1, 12)
THREADS = st.lists(
    st.builds(
        Candidate,
        st.integers(0, 10_000).map("thread-{}".format),
        st.sampled_from(("nurture", "renewal")),
        st.sampled_from(("en", "de", "fr")),
        st.booleans(),
    ),
    max_size=60,
    unique_by=lambda one: one.thread_id,
)


@given(THREADS, st.integers(0, 5), st.integers(1, 9), st.randoms(use_true_random=False))
def test_the_same_day_and_seed_draw_the_same_threads_in_any_order(threads, seed, count, chance):
    """R84, R239: whoever draws it again reads the same."""
    mixed = list(threads)
    chance.shuffle(mixed)
    first = draw(threads, day=DAY, seed=seed, per_playbook=count)
    assert draw(mixed, day=DAY, seed=seed, per_playbook=count) == first
    assert sum(one.is_for_all for one in first) == bool(threads)


@given(THREADS, st.integers(1, 9))
def test_every_playbook_has_its_share_and_each_thread_says_what_it_stands_for(threads, count):
    drawn = draw(threads, day=DAY, seed=1, per_playbook=count)
    for playbook in ("nurture", "renewal"):
        mine = [one for one in drawn if one.candidate.playbook == playbook]
        there = [one for one in threads if one.playbook == playbook]
        assert len(mine) == min(count, len(there))
        for is_answered in (True, False):
            read = [one for one in mine if one.candidate.is_answered is is_answered]
            all_of = sum(one.is_answered is is_answered for one in there)
            if read:
                assert round(sum(one.weight for one in read), 6) == all_of
        if len(there) > count > 1:
            answered = sum(one.is_answered for one in there)
            few = min(answered, len(there) - answered)
            got = Counter(one.candidate.is_answered for one in mine)
            assert min(got[True], got[False]) == min(few, count // 2)


def test_languages_keep_their_shares_and_what_was_read_before_comes_last():
    threads = [Candidate(f"t{n}", "nurture", "de" if n % 4 else "en", True) for n in range(80)]
    first = draw(threads, day=DAY, seed=1, per_playbook=40)
    assert Counter(one.candidate.language for one in first) == {"de": 30, "en": 10}
    read = {one.candidate.thread_id for one in first}
    again = draw(threads, day=DAY, seed=1, per_playbook=40, read_before=read)
    assert not read & {one.candidate.thread_id for one in again}
    other = draw(threads, day=DAY, seed=2, per_playbook=40)
    assert read != {one.candidate.thread_id for one in other}
