"""Research briefs: what stands in them, what never does, and for whom the tracks are."""

from dataclasses import replace

import pytest

from agent_runtime.library.catalog import load_library
from agent_runtime.plan import plan
from agent_runtime.planning.outline import TRACKS, touch_texts
from agent_runtime.planning.redlines import is_off_limits
from agent_runtime.planning.speech_acts import can_say
from agent_runtime.research import write_brief
from agent_runtime.retrieve import retrieve

LIBRARY = load_library()
RESEARCH = LIBRARY.playbook("account_research")
ALL_TRACKS = RESEARCH.touches[0].say
OFF_LIMITS = {
    "health_note": "recovering from surgery",
    "family_status": "three daughters",
    "salary_band": "B7",
    "religion": "quaker",
    "personal_phone": "on file",
    "private_remark": "golf with our CEO",
}


@pytest.fixture
def thread(session):
    return replace(session, playbook="account_research")


def knowing(contact, **facts):
    return replace(contact, facts=tuple(facts.items()))


def tracks(contact, now):
    texts = touch_texts(LIBRARY, RESEARCH, RESEARCH.touches[0], contact, now=now)
    return [content.id for content in texts]


def test_nothing_from_behind_a_redline_stands_in_a_brief(thread, contact):
    """R113: private life, health, personal money; neither as a fact nor told by the buyer."""
    person = knowing(contact, usage="weekly", **OFF_LIMITS)
    told = replace(thread, facts_known=(("health_matter", "back from sick leave"),))

    brief = write_brief(told, person, ALL_TRACKS, LIBRARY)

    assert "usage: weekly (source: crm.usage)" in brief
    for value in (*OFF_LIMITS.values(), "back from sick leave"):
        assert value not in brief
    for name in (*OFF_LIMITS, "health_matter"):
        assert f"crm.{name}" not in brief


def test_a_track_on_a_private_fact_is_left_out_even_when_it_is_asked_for(thread, contact):
    """R113: the mark of the CRM binds the brief, whoever chose the tracks."""
    open_reason = knowing(contact, lost_reason="no budget")
    private = knowing(contact, lost_reason="no budget", lost_reason_private="yes")
    asked = ["track.lost_reason", "track.one_figure"]

    assert "no budget" in write_brief(thread, open_reason, asked, LIBRARY)
    assert "**1. Takes the earlier no seriously" in write_brief(thread, open_reason, asked, LIBRARY)
    brief = write_brief(thread, private, asked, LIBRARY)
    assert "no budget" not in brief
    assert "lost_reason" not in brief
    assert "**1. CRM, billing and product usage often show" in brief


def test_a_mark_that_says_no_is_no_mark(contact):
    for value, off in (("no", False), ("False", False), ("0", False), ("yes", True), ("x", True)):
        person = knowing(contact, usage="weekly", usage_private=value)
        assert is_off_limits("usage", person, ()) is off


def test_a_text_to_a_buyer_keeps_to_the_redlines_too(contact):
    content = LIBRARY.contents["track.usage", "en"]

    assert can_say(content, knowing(contact, usage="weekly"))
    assert not can_say(content, knowing(contact, usage="weekly"), redlines=["us*"])
    assert not can_say(content, knowing(contact, usage="weekly", usage_private="yes"))


def test_every_line_of_a_brief_names_its_source(thread, contact):
    """R112: CRM, past mails and tracks, each with where it comes from."""
    told = replace(thread, facts_known=(("tool", "Stripe"),), contents_used=("icp.opener",))
    person = knowing(contact, trigger="opened an office")

    lines = write_brief(told, person, ["track.trigger"], LIBRARY).splitlines()

    points = [line for line in lines if line.startswith(("- ", "**"))]
    assert len(points) == 6
    assert all("(source: " in line for line in points)


def test_a_person_who_must_not_be_contacted_is_marked_first(thread, contact):
    brief = write_brief(thread, contact, [], LIBRARY, suppressed="opt_out")

    assert brief.splitlines()[2] == "**Do not contact: opt_out.** (source: suppressions)"


def test_a_name_that_nobody_knows_leaves_no_placeholder(thread, contact):
    nobody = replace(contact, company="", first_name="", last_name="Berg")

    assert write_brief(thread, nobody, [], LIBRARY).startswith("# [[LAST_NAME]]\n")
    assert write_brief(thread, replace(nobody, last_name=""), [], LIBRARY).startswith("# No name")


def test_tracks_come_in_the_language_of_the_talk(thread, contact):
    brief = write_brief(thread, contact, ["track.early_no"], LIBRARY, language="de")

    assert "Wer prüft das heute?" in brief


@pytest.mark.parametrize("language", ["de", "nl"])
def test_a_brief_has_three_tracks_whatever_the_buyers_language(contact, now, language):
    """R112: it is for people of ours."""
    assert len(tracks(replace(contact, language=language), now)) == TRACKS


def test_a_brief_is_traced_with_all_its_tracks(thread, contact, due, now):
    """R42, R56: what the brief stands on is the evidence of the turn."""
    facts = {
        "playbook": RESEARCH,
        "library": LIBRARY,
        "contact": contact,
        "free_slots": (),
        "now": now,
    }
    evidence = retrieve(thread, due(1), None, **facts)
    best = plan(thread, due(1), None, evidence, **facts)[0]

    assert best.action == "brief"
    assert (*best.contents, "crm.contact") == tuple(fact.fact_id for fact in evidence)
    assert len(evidence) == 4


def test_no_track_made_for_others_is_suggested(contact, now):
    """A short word stands alone: `cfo` and `cto` are no part of a director."""
    assert tracks(replace(contact, title="Finance Director"), now)[0] == "track.finance"
    assert tracks(replace(contact, title="Director"), now) == [
        "track.one_figure",
        "track.small_start",
        "track.early_no",
    ]
    assert tracks(replace(contact, title="Head of BI"), now)[0] == "track.data_team"
