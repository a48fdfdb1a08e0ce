"""The vendor's limits are kept: ten seconds, a day, and Retry-After (R192)."""

from datetime import timedelta

import pytest
from crm_rows import connect, hear, stop
from crm_world import ANA, NOW, push_with, states, use

from agent_runtime.tools.pace import Pace

ANA_THERE = "102"


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def said(**figures):
    return {f"X-HubSpot-RateLimit-{name.replace('_', '-')}": str(v) for name, v in figures.items()}


def test_a_window_takes_no_more_than_it_may(clock):
    pace = Pace(clock)
    for _ in range(100):
        assert pace.wait_s() == 0
        pace.asked()
        clock.now += 0.01
    assert pace.wait_s() == pytest.approx(9.0, abs=0.05)
    clock.now += 9.01
    assert pace.wait_s() == 0


def test_the_vendors_own_figures_go_before_ours(clock):
    pace = Pace(clock)
    pace.answered(said(Max=2, Remaining=1, Interval_Milliseconds=5000))
    pace.asked()
    pace.asked()
    assert pace.wait_s() == pytest.approx(5.0)
    clock.now += 5
    assert pace.wait_s() == 0


def test_a_window_that_other_programs_used_up_is_waited_for(clock):
    pace = Pace(clock)
    pace.answered(said(Max=100, Remaining=0, Interval_Milliseconds=10000))
    assert pace.wait_s() == pytest.approx(10.0)


def test_of_a_day_a_twentieth_is_kept_for_opt_outs(clock):
    pace = Pace(clock)
    pace.answered(said(Daily=1000, Daily_Remaining=51))
    assert pace.wait_s() == 0
    pace.answered(said(Daily=1000, Daily_Remaining=50))
    assert pace.wait_s() > 0
    assert pace.wait_s(is_urgent=True) == 0
    pace.answered(said(Daily=1000, Daily_Remaining=0))
    assert pace.wait_s(is_urgent=True) > 0
    clock.now += 1800
    assert pace.wait_s() == 0


@pytest.mark.parametrize("nonsense", ["", "soon", "-1", "nan", "1.5"])
def test_figures_that_are_none_are_not_read(clock, nonsense):
    pace = Pace(clock)
    pace.answered(said(Max=nonsense, Remaining=nonsense, Daily=nonsense))
    assert pace.wait_s() == 0


def test_rows_that_were_not_asked_for_the_limits_sake_are_not_failures(store, hubspot, url, clock):
    connect(store)
    hubspot.headers = said(Max=3, Interval_Milliseconds=10000)
    for number in range(3):
        hear(store, f"k{number}")
    use(store, "crm.update", "deal:77", blocker="budget")
    push = push_with(store, url, pace=Pace(clock))
    again = push.work(now=NOW)
    assert again == NOW + timedelta(seconds=10)
    assert len(hubspot.log) == 3
    with store.begin() as tx:
        assert all(row.attempts == 0 for row in tx.pushes())
    for _ in range(12):
        clock.now += 10
        push.work(now=again)
    assert set(states(store).values()) == {"PUSHED"}


def test_when_the_days_share_is_used_up_an_opt_out_still_goes(store, hubspot, url, clock):
    connect(store)
    hear(store, "k1")
    hubspot.headers = said(Daily=1000, Daily_Remaining=10)
    push = push_with(store, url, pace=Pace(clock))
    push.work(now=NOW)
    stop(store)
    push.work(now=NOW + timedelta(minutes=1))
    assert ("POST", f"/communication-preferences/v4/statuses/{ANA.email}/unsubscribe-all") in (
        hubspot.writes()
    )


@pytest.mark.parametrize(
    ("header", "waits"), [("120", 120), ("nan", 10), ("Tue, 13 Jan 2026", 10), ("-5", 10)]
)
def test_retry_after_is_obeyed_where_it_is_a_number(store, hubspot, url, header, waits):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    hubspot.faults.append((429, {"Retry-After": header}))
    assert push_with(store, url).work(now=NOW) == NOW + timedelta(seconds=waits)
