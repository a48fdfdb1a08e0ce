"""Quiet hours by country: public holidays, other weekends, lawful hours of calls and texts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_restricted import FACTS, saying

from agent_runtime.policies.quiet_hours import quiet_hours
from agent_runtime.policies.rest_days import rests_on

TOUCH = replace(saying(("Hi.", ())), touch_class="proactive", action="send_touch")


def at(country, zone, when, channel="email"):
    local = datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(zone))
    facts = replace(FACTS, now=local.astimezone(UTC), country=country, time_zone=zone)
    return quiet_hours(replace(TOUCH, channel=channel), facts)


@pytest.mark.parametrize(
    ("country", "zone", "when", "opens"),
    [
        ("US", "America/New_York", "2026-01-19T10:00", "2026-01-20T08:00"),
        ("DE", "Europe/Berlin", "2026-05-01T10:00", "2026-05-04T08:00"),
        ("FR", "Europe/Paris", "2026-07-14T10:00", "2026-07-15T08:00"),
        ("GB", "Europe/London", "2026-12-25T10:00", "2026-12-29T08:00"),
        ("BR", "America/Sao_Paulo", "2026-09-07T10:00", "2026-09-08T08:00"),
        ("SA", "Asia/Riyadh", "2026-01-16T10:00", "2026-01-18T08:00"),
    ],
)
def test_a_touch_waits_for_the_next_day_of_work(country, zone, when, opens):
    """R65 R68 R244: no first contact on a public holiday or a day of rest."""
    verdict = at(country, zone, when)
    assert verdict.decision == "defer"
    assert verdict.until == datetime.fromisoformat(opens).replace(tzinfo=ZoneInfo(zone))


def test_sunday_is_a_day_of_work_in_riyadh_and_friday_is_not():
    assert at("SA", "Asia/Riyadh", "2026-01-18T10:00").decision == "allow"
    assert at("SA", "Asia/Riyadh", "2026-01-16T10:00").decision == "defer"
    assert at("AE", "Asia/Dubai", "2026-01-16T10:00").decision == "defer"


def test_a_holiday_of_one_region_counts_where_the_region_is_not_known():
    """R68: Corpus Christi is a holiday in Munich and not in Hamburg; the zone does not tell."""
    assert at("DE", "Europe/Berlin", "2026-06-04T10:00").decision == "defer"
    assert at("FR", "Europe/Paris", "2026-06-04T10:00").decision == "allow"


@pytest.mark.parametrize(
    ("channel", "country", "zone", "hour", "decision"),
    [
        ("voice", "FR", "Europe/Paris", 9, "defer"),
        ("voice", "FR", "Europe/Paris", 10, "allow"),
        ("voice", "FR", "Europe/Paris", 13, "defer"),
        ("voice", "FR", "Europe/Paris", 14, "allow"),
        ("sms", "ES", "Europe/Madrid", 15, "defer"),
        ("email", "FR", "Europe/Paris", 13, "allow"),
        ("sms", "US", "America/New_York", 8, "allow"),
        ("sms", "US", "America/New_York", 7, "defer"),
    ],
)
def test_calls_and_texts_keep_the_lawful_hours_of_the_country(
    channel, country, zone, hour, decision
):
    """R65 R225: the narrower of the law's hours and ours."""
    assert at(country, zone, f"2026-01-13T{hour:02}:30", channel).decision == decision


def test_answers_go_out_at_any_hour():
    night = replace(FACTS, now=datetime(2026, 12, 25, 3, tzinfo=UTC), country="DE")
    assert quiet_hours(replace(TOUCH, touch_class="reply"), night).decision == "allow"


def test_a_country_without_a_calendar_keeps_the_weekend():
    assert rests_on("XX", date(2026, 1, 17)) == "weekend"
    assert rests_on("XX", date(2026, 1, 1)) == ""


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)),
    st.sampled_from([("US", ""), ("DE", "Europe/Berlin"), ("SA", "Asia/Riyadh"), ("CN", "")]),
    st.sampled_from(["email", "sms", "voice"]),
)
def test_what_waits_may_go_when_its_time_has_come(now, place, channel):
    country, zone = place
    facts = replace(FACTS, now=now.replace(tzinfo=UTC), country=country, time_zone=zone)
    touch = replace(TOUCH, channel=channel)
    verdict = quiet_hours(touch, facts)
    if verdict.decision == "defer":
        assert verdict.until >= facts.now
        assert quiet_hours(touch, replace(facts, now=verdict.until)).decision == "allow"
    else:
        assert verdict.decision == "allow"
