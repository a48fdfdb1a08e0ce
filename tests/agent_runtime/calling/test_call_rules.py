"""Before a number is dialled: each rule alone, in the strictest reading, and what it tells."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from call_people import AGREED, CALL, DIAL, MAY_CALL, NUMBER, OWN, US
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.policies.calling.asked import BLOCKING, WAITING
from agent_runtime.policies.calling.facts import NationalList
from agent_runtime.policies.calling.recording import who_must_agree
from agent_runtime.policies.calling.row import row_of
from agent_runtime.policies.calling.rules import call_rules
from agent_runtime.policies.contact_rules import compile_predicate
from agent_runtime.policies.permit import authorise
from agent_runtime.policies.ruleset import rule_set


def hit(facts, proposal=DIAL):
    """The first rule of calls that does not allow, and its verdict."""
    found = (rule(proposal, facts) for rule in (*BLOCKING, *WAITING))
    return next(((v.rule, v.decision) for v in found if v.decision != "allow"), ("", "allow"))


def told(facts, proposal=DIAL):
    return " ".join(v.reason for r in (*BLOCKING, *WAITING) if (v := r(proposal, facts)).reason)


def calling(facts=MAY_CALL, **changes):
    return replace(facts, call=replace(facts.call, **changes))


def test_whom_every_rule_allows_may_be_called():
    """R254: the permit covers both numbers, the campaign and the opener, and nothing else."""
    judgement = authorise(DIAL, MAY_CALL)
    permit = judgement.permit

    assert [v.rule for v in judgement.hits] == []
    own = {"own_number": OWN.number, "campaign_id": ""}
    assert permit.covers_call(number=NUMBER, opener=DIAL.body, **own)
    assert not permit.covers_call(number=NUMBER, opener=DIAL.body + "!", **own)
    assert not permit.covers_call(number="+493000000000", opener=DIAL.body, **own)
    other = {"own_number": "+493000000000", "campaign_id": ""}
    assert not permit.covers_call(number=NUMBER, opener=DIAL.body, **other)
    other = {"own_number": OWN.number, "campaign_id": "another"}
    assert not permit.covers_call(number=NUMBER, opener=DIAL.body, **other)


def test_without_any_facts_of_the_call_nothing_rings():
    verdicts = {r(DIAL, replace(MAY_CALL, call=None)).decision for r in (*BLOCKING, *WAITING)}
    assert verdicts == {"block"}


def test_what_is_said_on_the_line_is_no_second_call():
    on_the_line = replace(MAY_CALL, call=replace(CALL, is_on_the_line=True, number="", own=None))
    assert hit(on_the_line)[1] == "allow"
    assert hit(replace(MAY_CALL, call=None), replace(DIAL, touch_class="reply"))[1] == "allow"
    assert hit(replace(MAY_CALL, call=None), replace(DIAL, channel="email"))[1] == "allow"


@pytest.mark.parametrize(
    "change",
    [
        {"number_kind": ""},
        {"own": None},
        {"on_own_list": None},
        {"attempts_in_a_day": None},
        {"attempts_in_a_week": None},
        {"answered": None},
        {"abandoned": None},
        {"voices": frozenset()},
        {"number_zones": ()},
        {"number_country": ""},
    ],
)
def test_a_fact_of_a_call_that_is_missing_means_no(change):
    rule, decision = hit(calling(**change))
    assert decision == "block"
    assert told(calling(**change)), rule


@pytest.mark.parametrize("kind", ["premium_rate", "toll_free", "shared_cost", "uan", "unknown"])
def test_only_the_telephones_of_people_are_rung(kind):
    assert hit(calling(number_kind=kind)) == ("call_number", "block")


@pytest.mark.parametrize(
    "consent",
    [
        replace(AGREED, address="+493011111111"),
        replace(AGREED, address=""),
        replace(AGREED, purpose="renewal"),
        replace(AGREED, channel="sms"),
        replace(AGREED, basis="legitimate_interest"),
        replace(AGREED, source=""),
        replace(AGREED, words=" "),
    ],
)
def test_consent_is_to_be_called_on_this_number_for_this_purpose_in_writing(consent):
    """R255 R68: express consent per number, written where it is marketing (FCC 24-17)."""
    assert hit(replace(MAY_CALL, consents=(consent,))) == ("call_consent", "block")


def test_a_service_that_was_asked_for_needs_no_written_consent():
    asked = replace(DIAL, purpose="meetings")
    given = replace(AGREED, purpose="meetings", words="")
    assert hit(replace(MAY_CALL, consents=(given,)), asked)[1] == "allow"


def test_a_number_on_our_own_list_is_never_rung():
    assert hit(calling(on_own_list=True)) == ("do_not_call", "block")


@pytest.mark.parametrize(
    ("lists", "decision"),
    [
        ((NationalList("national-us", date(2026, 1, 13)),), "allow"),
        ((NationalList("national-us", date(2025, 12, 13)),), "allow"),
        ((NationalList("national-us", date(2025, 12, 12)),), "block"),
        ((NationalList("national-us", date(2026, 1, 13), has_number=True),), "block"),
        ((NationalList("national-gb", date(2026, 1, 13)),), "block"),
        ((), "block"),
    ],
)
def test_a_national_list_counts_for_31_days_and_without_it_nobody_is_called(lists, decision):
    """47 CFR 64.1200(c)(2): the version of the registry is at most 31 days old."""
    assert hit(calling(US, national=lists))[1] == decision


def test_the_lists_of_the_persons_country_count_beside_those_of_the_number():
    abroad = replace(MAY_CALL, country="GB", time_zone="Europe/London")
    assert hit(abroad) == ("do_not_call", "block")
    assert "parley dnc import FILE --list national-gb" in told(abroad)


@pytest.mark.parametrize(
    "own",
    [
        replace(OWN, is_registered=False),
        replace(OWN, countries=("US", "FR")),
        replace(OWN, countries=()),
        replace(OWN, number=""),
    ],
)
def test_the_number_that_is_shown_is_ours_registered_and_meant_for_the_country(own):
    assert hit(calling(own=own)) == ("caller_id", "block")


def test_a_language_without_a_voice_is_not_called():
    assert hit(MAY_CALL, replace(DIAL, language="fr")) == ("call_language", "block")


@pytest.mark.parametrize(
    ("day", "week", "decision"), [(1, 4, "allow"), (2, 2, "defer"), (0, 5, "defer")]
)
def test_a_number_is_rung_so_often_and_then_waits(day, week, decision):
    facts = calling(attempts_in_a_day=day, attempts_in_a_week=week)
    assert hit(facts)[1] == decision


@pytest.mark.parametrize(
    ("answered", "abandoned", "decision"),
    [(0, 0, "allow"), (100, 3, "allow"), (100, 4, "defer"), (33, 1, "defer"), (34, 1, "allow")],
)
def test_of_the_calls_that_people_took_three_in_a_hundred_may_be_abandoned(
    answered, abandoned, decision
):
    """47 CFR 64.1200(a)(7)."""
    assert hit(calling(answered=answered, abandoned=abandoned))[1] == decision


NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"


@pytest.mark.parametrize(
    ("person", "number", "utc", "decision"),
    [
        (NEW_YORK, NEW_YORK, 13, "allow"),
        (NEW_YORK, NEW_YORK, 12, "defer"),
        (NEW_YORK, LOS_ANGELES, 15, "defer"),
        (NEW_YORK, LOS_ANGELES, 16, "allow"),
        (LOS_ANGELES, NEW_YORK, 26, "defer"),
        (LOS_ANGELES, NEW_YORK, 25, "allow"),
        ("", NEW_YORK, 16, "defer"),
    ],
)
def test_a_call_is_lawful_only_in_every_zone_of_person_and_number(person, number, utc, decision):
    """47 CFR 64.1200(c)(1): 8 to 21 where they are, and both say where that may be."""
    now = datetime(2026, 1, 13, tzinfo=UTC) + timedelta(hours=utc)
    facts = replace(calling(US, number_zones=(number,)), now=now, time_zone=person)
    assert hit(facts)[1] == decision


def test_a_call_that_waits_waits_for_an_hour_that_is_lawful_everywhere():
    now = datetime(2026, 1, 13, 12, 10, tzinfo=UTC)
    facts = replace(calling(US, number_zones=(LOS_ANGELES,)), now=now)
    until = next(v.until for r in WAITING if (v := r(DIAL, facts)).decision == "defer")
    assert until == datetime(2026, 1, 13, 16, 0, tzinfo=UTC)
    assert hit(replace(facts, now=until))[1] == "allow"


@given(
    hour=st.integers(0, 24 * 14),
    zone=st.sampled_from([NEW_YORK, LOS_ANGELES, "Pacific/Honolulu"]),
    person=st.sampled_from([NEW_YORK, LOS_ANGELES, "America/Chicago"]),
)
def test_no_permitted_call_rings_at_night_anywhere(hour, zone, person):
    now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour)
    lists = (NationalList("national-us", now.date()),)
    facts = calling(US, number_zones=(zone,), national=lists)
    facts = replace(facts, now=now, time_zone=person)
    if authorise(DIAL, facts).permit is not None:
        from zoneinfo import ZoneInfo

        assert all(8 <= now.astimezone(ZoneInfo(z)).hour < 21 for z in (zone, person))


@pytest.mark.parametrize(
    ("number", "person", "state", "asked"),
    [
        ("US", "US", "NY", "one_party"),
        ("US", "US", "CA", "everyone"),
        ("US", "US", "", "everyone"),
        ("CA", "US", "NY", "everyone"),
        ("DE", "DE", "", "everyone"),
        ("", "", "", "everyone"),
    ],
)
def test_everyone_is_asked_before_a_recording_unless_the_state_is_known(
    number, person, state, asked
):
    assert who_must_agree(number, person, state) == asked


@pytest.mark.parametrize("facts", [MAY_CALL, US, calling(on_own_list=True), calling(own=None)])
def test_the_rules_as_data_say_what_the_permit_says(facts):
    passed, reason = compile_predicate(call_rules(rule_set()))(row_of(DIAL, facts))
    assert (reason, passed) == (hit(facts)[0], hit(facts)[1] == "allow")
