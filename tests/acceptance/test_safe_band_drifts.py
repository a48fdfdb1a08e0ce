"""Two of the drifts in little; all of them, with more seeds, are `make accept ISSUE=8`."""

from functools import cache

import pytest

from tests.acceptance.issue_8_safe_band import BOUND, CHECKS, SHARE_BEFORE
from tests.acceptance.safe_band_drifts import DRIFTS
from tests.acceptance.safe_band_world import DRIFT, Rates, Run, fixed, rates

TRIED = ("sudden", "one topic only")


@cache
def played(name: str) -> tuple[Run, Rates, Rates]:
    run = Run(name, seed=0).play()
    return run, rates(run), fixed(run)


@pytest.mark.parametrize("name", TRIED)
def test_a_drift_leaves_the_rate_under_the_bound_and_breaks_a_threshold_that_stays(name):
    """R72 R227: over all that went unread, what went before anybody noticed included."""
    run, band, stays = played(name)
    assert band.wrong / band.sent <= BOUND
    assert band.worst_so_far <= BOUND
    assert band.before >= SHARE_BEFORE
    assert stays.wrong / stays.sent > BOUND
    assert min(day for day, *_ in run.narrowed) > DRIFT
    assert band.first_after < 3


def test_what_a_drift_of_one_topic_leaves_good_goes_again():
    """The band widens by new judgements, and keeps the topic that went wrong closed."""
    run, band, _ = played("one topic only")
    assert band.last > 0.2
    late = [n for n in run.went if run.messages.day[n] > DRIFT + 15]
    topics = set(run.messages.topic[late])
    assert len(topics) > 2
    assert "integration" not in topics


def test_there_are_at_least_twenty_drifts():
    assert len(DRIFTS) >= 20
    assert set(CHECKS["safe-band"].cases) == set(DRIFTS)
