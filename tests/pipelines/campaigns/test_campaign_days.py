"""Days and schedules of a campaign, by the clock on the wall of its time zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dagster._utils.schedules import cron_string_iterator
from hypothesis import given
from hypothesis import strategies as st

from pipelines.campaign import load_campaign
from pipelines.campaigns.days import day_at, days_between, plans_from, span_of, starts_at
from pipelines.campaigns.parts import Timetable

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata")
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
}
"""On which days of 2026 the clocks change, forward and back (or back and forward)."""


def ticks(zone, timetable, first, count):
    """The instants at which Dagster's own daemon would fire."""
    start = datetime.combine(first, datetime.min.time(), ZoneInfo(zone)).timestamp()
    return list(islice(cron_string_iterator(start, timetable.cron, zone), count))


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("at", ["06:30", "00:00", "01:30", "02:00", "02:30", "03:00", "23:59"])
def test_a_schedule_fires_once_a_local_day_over_both_changes_of_the_clock(zone, at):
    """Dagster's ticks, and the day that each is for, in the spring gap and the autumn hour too."""
    for change in CHANGES[zone]:
        first = change - timedelta(days=3)
        fired = ticks(zone, Timetable(at=at, days=EVERY_DAY), first, 7)
        days = [tick.astimezone(ZoneInfo(zone)).date() for tick in fired]
        assert days == list(days_between(first, first + timedelta(days=6)))
        for tick in fired:
            local = tick.astimezone(ZoneInfo(zone))
            is_moved = local.date() == change and f"{local:%H:%M}" != at
            # Only a time that does not exist on the day of the change may be moved.
            assert f"{local:%H:%M}" == at or (is_moved and at in {"02:00", "02:30"})


def test_the_hour_in_utc_moves_with_the_clocks():
    summer, winter = date(2026, 7, 1), date(2026, 12, 1)
    campaign = load_campaign("prospecting")

    assert starts_at(campaign, summer) == datetime(2026, 7, 1, 4, 30, tzinfo=UTC)
    assert starts_at(campaign, winter) == datetime(2026, 12, 1, 5, 30, tzinfo=UTC)


def test_a_schedule_keeps_to_its_weekdays():
    fired = ticks("Europe/Berlin", Timetable(days=("mon", "thu")), date(2026, 3, 23), 4)

    assert [f"{tick:%a}" for tick in fired] == ["Mon", "Thu", "Mon", "Thu"]


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_days_follow_each_other_without_gap_or_overlap(zone, day):
    campaign = load_campaign("prospecting").model_copy(update={"time_zone": zone})
    begins, ends = span_of(campaign, day, day)

    assert ends == span_of(campaign, day + timedelta(days=1), day + timedelta(days=1))[0]
    assert day_at(campaign, begins) == day
    assert day_at(campaign, ends - timedelta(microseconds=1)) == day
    assert begins <= starts_at(campaign, day) < ends


@given(
    day=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    late=st.timedeltas(timedelta(days=-3), timedelta(days=40)),
)
def test_nothing_is_planned_into_the_past(day, late):
    """A backfill of a day that was missed plans from now on."""
    campaign = load_campaign("prospecting")
    at = starts_at(campaign, day) + late

    planned = plans_from(campaign, day, at)

    assert planned >= min(at, starts_at(campaign, day))
    assert planned >= at - timedelta(minutes=30)
