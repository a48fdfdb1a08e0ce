"""What makes it an agent: it begins, answers, remembers, uses tools, and keeps to its rules."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, LIBRARY, NOW, Wire, mail, new_world, task, work_all
from runtime_people import THREAD

from agent_runtime.autonomy import flag_of
from agent_runtime.campaign_stage import PUBLISHED, StageBounds, as_text
from agent_runtime.crm_outbox import CONNECTED
from agent_runtime.domain import Consent
from agent_runtime.models.language import ScriptedModel
from pipelines.campaigns.stages.rules import rules

SOON = timedelta(minutes=3)
MEANINGS = {
    "talk": "book_meeting",
    "price": "pricing_question",
    "2 please": "propose_time",
    "discount": "discount_request",
    "contract": "contract_change",
    "terms": "procurement_legal",
    "log in": "support_issue",
    "secure": "security_question",
    "read": "send_info",
    "Not now": "not_now",
}


def playing(playbook="icp_prospecting", *, facts=(), purpose="prospecting", library=LIBRARY):
    """A world in which the first touch of a playbook is due."""
    store, runtime = new_world(library)
    runtime = replace(runtime, desk=replace(runtime.desk, model=ScriptedModel(MEANINGS)))
    store.add_contact(replace(ANA, facts=facts))
    store.add_consents(ANA.person_id, [Consent("email", purpose, "consent", "form", NOW)])
    for touch in (1, 2):
        store.save_task(task(touch, playbook=playbook))
    return store, runtime, Wire()


def hear(world, text, *, at, key):
    store, runtime, wire = world
    runtime.inbox.receive(mail(text, key=key), now=at)
    work_all(store, runtime, wire, at + SOON)


def answering(playbook):
    """A world in which a thread of a playbook is open and nothing is due."""
    made = store, _, _ = playing(playbook)
    for touch in (1, 2):
        store.save_task(task(touch, state="CANCELLED"))
    store.save_session(replace(THREAD, playbook=playbook, state="contacted"))
    return made


def contents(store):
    """Ids of the texts of all that has left."""
    sent = [one for one in store.messages.values() if one.state == "SENT"]
    return {name for one in sent for name in one.content_ids}


def turns(store):
    return [event.payload for event in store.events if event.kind == "turn"]


def people(store):
    return {(work.kind, work.route_to, work.reason) for work in store.open_human_tasks()}


def test_it_begins_answers_remembers_and_leaves_exceptions_to_a_person():
    """R6, R4: what it starts, what it replies, what it knows by then, and where it stops."""
    world = store, runtime, wire = playing()
    work_all(store, runtime, wire, NOW)
    assert [one.recipient for one in wire.mails] == [ANA.email]
    hear(world, "What is the price? We use Salesforce.", at=NOW, key="k1")
    hear(world, "Happy to talk.", at=NOW + timedelta(hours=1), key="k2")
    session = store.session_of(ANA.person_id)
    assert ("tool", "Salesforce") in session.facts_known
    assert "question.tools" not in session.contents_used
    hear(world, "2 please", at=NOW + timedelta(hours=2), key="k3")
    (meeting,) = store.meetings.values()
    assert (meeting.state, meeting.slot) == ("CONFIRMED", session.offered[1])
    sent = len(wire.mails)
    hear(world, "We need a discount first.", at=NOW + timedelta(hours=3), key="k4")
    assert people(store) == {("handoff", "owner", "price_negotiation")}
    hear(world, "And what is the price then?", at=NOW + timedelta(hours=4), key="k5")
    assert len(wire.mails) == sent + 1, "that a person has it is said once, and then nothing"


def test_a_conversation_leaves_messages_a_meeting_a_field_a_task_and_an_escalation():
    """R3: what the agent produces, each of it in the trace."""
    world = store, runtime, wire = playing(facts=(("deal_id", "77"),))
    store.publish(CONNECTED, "hubspot")
    work_all(store, runtime, wire, NOW)
    hear(world, "Happy to talk.", at=NOW, key="k1")
    hear(world, "2 please", at=NOW + timedelta(hours=1), key="k2")
    hear(world, "I cannot log in.", at=NOW + timedelta(hours=2), key="k3")
    sent = [e.payload for e in store.events if e.kind == "message" and e.payload["state"] == "SENT"]
    assert [one["content_ids"] for one in sent] == [
        ["icp.opener"],
        ["slots.offer"],
        ["meeting.booked"],
        ["handoff.support"],
    ]
    assert [e.payload["status"] for e in store.events if e.kind == "meeting"] == ["confirmed"]
    written = [e.payload for e in store.events if e.kind == "crm_write"]
    assert [one["object"] for one in written] == ["calendar", "deal"]
    assert written[1]["fields"] == {"stage": "meeting_booked"}
    assert people(store) == {
        ("handoff", "support", "support_issue"),
        ("notice", "owner", "support_issue"),
    }


@pytest.mark.parametrize(("level", "mails"), [("autonomous", 3), ("assistive", 2)])
def test_the_loop_asks_the_rules_before_a_channel_or_a_tool_is_used(level, mails):
    """R46: the same words, understood alike; where the rules want a person, no tool is touched."""
    world = store, runtime, wire = playing()
    work_all(store, runtime, wire, NOW)
    hear(world, "Happy to talk.", at=NOW, key="k1")
    store.set_flag(flag_of("icp_prospecting"), level)
    hear(world, "2 please", at=NOW + timedelta(hours=1), key="k2")
    is_free = level == "autonomous"
    assert turns(store)[-1]["perception"]["primary"] == "propose_time"
    assert len(wire.mails) == mails
    assert [one.state for one in store.meetings.values()] == (["CONFIRMED"] if is_free else [])
    assert people(store) == (set() if is_free else {("handoff", "owner", "a_person_books")})


def test_every_turn_says_what_it_stood_on_and_why():
    """R232: context, options with drafts, reasons, confidence and each rule, of every turn."""
    world = store, runtime, wire = playing()
    work_all(store, runtime, wire, NOW)
    hear(world, "What is the price?", at=NOW, key="k1")
    rules = {one["rule"] for one in turns(store)[0]["verdicts"]}
    assert len(turns(store)) == 2
    for turn in turns(store):
        assert {fact["fact_id"] for fact in turn["evidence"]} >= {"frame.email"}
        assert all(fact["version"] for fact in turn["evidence"])
        assert turn["chosen"]["reason"]
        assert turn["candidates"][0]["draft"]
        assert all(one["reason"] for one in turn["candidates"])
        assert {one["rule"] for one in turn["verdicts"]} == rules
        assert turn["basis"]
    assert turns(store)[1]["perception"]["confidence"] == 0.95


@pytest.mark.parametrize("playbook", sorted(LIBRARY.playbooks))
@pytest.mark.parametrize(
    "text", ["We need a discount.", "Please change the contract.", "Our terms are attached."]
)
def test_negotiation_and_legal_terms_are_a_persons_in_every_playbook(playbook, text):
    """R5, R20, R237: as each ships; the agent says that a person has it, and nothing else."""
    world = store, _, wire = answering(playbook)
    hear(world, text, at=NOW, key="k1")
    (work,) = [one for one in store.open_human_tasks() if one.kind == "handoff"]
    assert text in work.text
    assert store.session_of(ANA.person_id).state == "handed_off"
    handing = {c.id for c in LIBRARY.contents.values() if c.kind == "handoff"}
    assert contents(store) <= handing
    assert len(wire.mails) <= 1


@pytest.mark.parametrize(
    "playbook", sorted(p.id for p in LIBRARY.playbooks.values() if p.autonomy == "supervised")
)
def test_a_supervised_playbook_lets_a_person_read_prices_and_security_first(playbook):
    """R20: whatever is said of them, somebody has read it, or says it."""
    for key, text in (("k1", "What is the price?"), ("k2", "Is it secure?")):
        world = store, _, wire = answering(playbook)
        hear(world, text, at=NOW, key=key)
        assert store.open_approvals() or store.open_human_tasks()
        sent = contents(store) if wire.mails else set()
        assert not sent & {"answer.pricing", "answer.security"}


@pytest.mark.parametrize("stage", ["pilot", "hardening"])
def test_prospecting_is_supervised_until_it_has_earned_more(stage):
    """R18: first touches to a segment go by themselves, what is grave waits for a person."""
    world = store, runtime, wire = playing()
    bounds = StageBounds(stage, tests_only=False, autonomy=rules()[stage].bounds.autonomy)
    store.publish(PUBLISHED, as_text({"c": bounds}))
    work_all(store, runtime, wire, NOW)
    assert contents(store) == {"icp.opener"}
    hear(world, "What is the price?", at=NOW, key="k1")
    (waiting,) = store.open_approvals()
    assert "answer.pricing" in waiting.why
    assert len(wire.mails) == 1


def test_a_renewal_nudge_goes_by_itself_and_only_where_usage_gives_a_reason():
    """R19: autonomous as it ships; where the CRM knows nothing of the account there is none."""
    facts = (("usage", "12 comparisons a week"), ("feature", "alerts"))
    for known, sent in ((facts, 1), ((), 0)):
        store, runtime, wire = playing("renewal", facts=known, purpose="renewal")
        store.save_task(task(1, state="CANCELLED"))
        work_all(store, runtime, wire, NOW + timedelta(days=1))
        assert len(wire.mails) == sent
        assert store.open_approvals() == ()
    assert LIBRARY.playbook("renewal").autonomy == "autonomous"


def test_doubt_pauses_the_sending_and_ends_with_the_owner():
    """R241: below the threshold it asks once, then a person has it, and no touch leaves."""
    world = store, runtime, wire = playing()
    work_all(store, runtime, wire, NOW)
    hear(world, "Hm, the thing with the thing.", at=NOW, key="k1")
    assert contents(store) == {"icp.opener", "question.clarify"}
    hear(world, "As I said, the other one.", at=NOW + timedelta(hours=1), key="k2")
    assert ("handoff", "owner", "still_not_understood") in people(store)
    before = len(wire.mails)
    work_all(store, runtime, wire, NOW + timedelta(days=3))
    assert len(wire.mails) == before
    assert store.task("task-2").state == "CANCELLED"


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Hm, the thing.", "ask"),
        ("Can you send me something to read?", "share_asset"),
        ("Happy to talk.", "propose_times"),
        ("Not now, try in autumn.", "pause"),
    ],
)
def test_the_next_best_action_is_one_of_asking_sharing_proposing_and_pausing(text, action):
    """R8: what they wrote decides which of them it is."""
    world = store, runtime, wire = playing()
    work_all(store, runtime, wire, NOW)
    hear(world, text, at=NOW, key="k1")
    assert turns(store)[-1]["chosen"]["action"] == action
    assert len(wire.mails) == 2
