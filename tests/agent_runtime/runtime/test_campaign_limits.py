"""What a campaign leaves out of its playbook is not said and not offered in its threads."""

from dataclasses import replace
from datetime import date

import pytest
from conversation_world import ANA, NOW, Wire, mail, new_world, task, work_all

from agent_runtime import gather as gathering
from agent_runtime.campaign_limits import CampaignLimits, as_text, limits_of, publish_limits
from agent_runtime.domain import Proposal, Sentence
from agent_runtime.gather import gather
from agent_runtime.policies import restricted
from agent_runtime.policies.ruleset import Offer, rule_set
from agent_runtime.store.memory import MemoryStore

OFFERS = tuple(
    Offer("icp_prospecting", date(2026, 12, 31), "J. Moreau", percent=percent, name=name)
    for name, percent in (("small", 5), ("large", 20))
)


def publish(store, folder, **limits):
    path = folder / "campaign_limits.json"
    path.write_text(as_text({"c": CampaignLimits(**limits)}), encoding="utf-8")
    publish_limits(store, path)


def asked_to_meet(tmp_path, **limits):
    """A touch of campaign `c` goes out, and its reader wants to meet."""
    store, runtime = new_world()
    store.save_task(task(2, state="CANCELLED"))
    if limits:
        publish(store, tmp_path, **limits)
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    runtime.inbox.receive(mail("Happy to talk.", key="k1"), now=NOW)
    work_all(store, runtime, wire, NOW.replace(hour=NOW.hour + 1))
    return store, wire


@pytest.mark.parametrize("limits", [{}, {"offers": ()}, {"meetings": ("intro",)}])
def test_times_are_offered_where_the_campaign_leaves_the_meeting(tmp_path, limits):
    store, wire = asked_to_meet(tmp_path, **limits)
    assert "1) " in wire.mails[-1].body
    assert store.session_of(ANA.person_id).offered


def test_where_the_campaign_takes_the_meeting_away_the_owner_takes_over(tmp_path):
    """R59: no time is offered, and nobody is left without an answer."""
    store, wire = asked_to_meet(tmp_path, meetings=())
    assert len(wire.mails) == 1, "the touch"
    assert store.session_of(ANA.person_id).offered == ()
    assert [t.route_to for t in store.open_human_tasks()] == ["owner"]


@pytest.mark.parametrize(
    ("limits", "percent", "decision"),
    [
        ({}, 20, "allow"),
        ({"offers": ("small", "large")}, 20, "allow"),
        ({"offers": ("small",)}, 20, "block"),
        ({"offers": ("small",)}, 5, "allow"),
        ({"offers": ()}, 5, "block"),
        ({"offers": ("unknown",)}, 5, "block"),
    ],
)
def test_a_discount_passes_only_where_the_campaign_leaves_its_offer(
    tmp_path, monkeypatch, limits, percent, decision
):
    """R59: at the permit, under the rules that bind at that moment."""
    rules = replace(rule_set(), offers=OFFERS)
    monkeypatch.setattr(gathering, "profile_of", lambda flags, playbook: rules)
    store, runtime = new_world()
    if limits:
        publish(store, tmp_path, **limits)
    work_all(store, runtime, Wire(), NOW)
    session = store.session_of(ANA.person_id)
    assert session.campaign_id == "c"
    facts = gather(
        store,
        session=session,
        contact=ANA,
        actor="agent",
        mailbox=ANA.mailbox,
        library=runtime.desk.library,
        now=NOW,
        is_proactive=False,
    )
    words = Sentence(f"We can take {percent}% off the first year.", ())
    proposal = Proposal(
        action="answer",
        touch_class="reply",
        channel="email",
        purpose="prospecting",
        subject="",
        sentences=(words,),
        language="en",
        confidence=1.0,
    )
    assert restricted.discounts(proposal, facts).decision == decision


def test_other_campaigns_and_threads_without_one_keep_all_of_their_playbook(tmp_path):
    store = MemoryStore("t")
    publish(store, tmp_path, offers=(), meetings=())
    assert limits_of(store, "c") == CampaignLimits((), ())
    assert limits_of(store, "d") == limits_of(store, "") == CampaignLimits()
    publish_limits(store, tmp_path / "not there")
    assert limits_of(store, "c") == CampaignLimits()
