"""Exploration: another permitted text now and then, with the probability that the trace names."""

from dataclasses import replace

import pytest
from conversation_world import ANA, LIBRARY, NOW, Wire, mail, new_world, task, work_all
from hypothesis import given
from hypothesis import strategies as st
from runtime_people import FACTS, THREAD

from agent_runtime.campaign_limits import CampaignLimits, as_text, publish_limits
from agent_runtime.domain import Observation, Verdict
from agent_runtime.log import decided
from agent_runtime.loop import Deps, decide
from agent_runtime.models.language import ScriptedModel
from agent_runtime.policies.permit import RULES
from agent_runtime.replay import differences, replay
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

THREADS = 600
PLAYBOOK = LIBRARY.playbook("icp_prospecting")
FACTS = replace(FACTS, approvals=LIBRARY)


def opened(n=0, *, rules=RULES, contact=ANA, **facts):
    """The first touch of thread `n`."""
    session = replace(THREAD, thread_id=f"thread-{n}", state="new")
    due = Observation("due", f"task-{n}", NOW, touch=1, task_id=f"task-{n}")
    return turn(session, due, rules=rules, contact=contact, **facts)


def answered(text, n=0, *, meanings=None, **facts):
    """The answer to a mail in thread `n`."""
    session = replace(THREAD, thread_id=f"thread-{n}", state="contacted", touches_sent=1)
    wrote = Observation("mail", f"mail-{n}", NOW, text=text)
    return turn(session, wrote, meanings=meanings, **facts)


def turn(session, observation, *, rules=RULES, contact=ANA, meanings=None, **facts):
    deps = Deps(
        contact=contact,
        facts=replace(FACTS, session=session, **facts),
        playbook=PLAYBOOK,
        library=LIBRARY,
        model=ScriptedModel(meanings or {}),
        calendar=MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
        now=NOW,
        rules=rules,
    )
    return decide(session, observation, deps)


def texts_of(action):
    return action.candidate.proposal.content_ids


def test_nothing_is_explored_unless_a_campaign_says_so():
    actions = [opened(n) for n in range(50)]
    assert {texts_of(action) for action in actions} == {("icp.opener",)}
    assert {action.exploration.share for action in actions} == {0.0}
    assert all(action.candidate.propensity == 1.0 for action in actions)


def test_texts_are_tried_as_often_as_the_trace_says_and_the_same_each_time():
    """R43: propensities are what an estimate of another choice stands on."""
    actions = [opened(n, exploration=0.2) for n in range(THREADS)]
    first = actions[0]
    assert [round(c.propensity, 3) for c in first.considered] == [0.9, 0.1, 0.0]
    tried = sum(texts_of(action) == ("icp.opener_plain",) for action in actions)
    assert abs(tried / THREADS - 0.1) < 0.035, "within three standard errors"
    again = [opened(n, exploration=0.2) for n in range(THREADS)]
    assert [decided(a) for a in again] == [decided(a) for a in actions]
    for action in actions:
        assert action.candidate is action.considered[action.exploration.chosen]
        assert action.decision == "allow"
        assert sum(c.propensity for c in action.considered) == pytest.approx(1.0)


@given(share=st.floats(0.0, 0.2), n=st.integers(0, 10_000))
def test_chances_sum_to_one_and_the_chosen_one_had_one(share, n):
    found = opened(n, exploration=share).exploration
    assert sum(found.chances) == pytest.approx(1.0)
    assert found.chances[found.pool.index(found.chosen)] > 0
    assert min(found.chances) >= 0
    assert found.chances[0] == max(found.chances), "the best stays the likeliest"


def test_what_the_rules_refuse_has_no_chance_and_the_others_share_it():
    """The propensity is the one after the permit, not before it."""

    def no_plain(proposal, facts):
        is_plain = "icp.opener_plain" in proposal.content_ids
        return Verdict("no_plain", 1, "block" if is_plain else "allow")

    actions = [opened(n, exploration=0.2, rules=(*RULES, no_plain)) for n in range(100)]
    assert {texts_of(action) for action in actions} == {("icp.opener",)}
    assert [c.propensity for c in actions[0].considered] == [1.0, 0.0, 0.0]
    assert actions[0].exploration.share == 0.0


def test_where_the_best_is_stopped_no_candidate_had_a_chance():
    """A person takes over in place of every answer, and the trace says so."""

    def no_answers(proposal, facts):
        return Verdict("no_answers", 1, "escalate" if proposal.action == "answer" else "allow")

    rules = (*RULES, no_answers)
    action = answered("price?", meanings={"price": "pricing_question"}, rules=rules)
    assert action.candidate.action == "hand_off"
    assert action.exploration is None
    assert {c.propensity for c in action.considered} == {0.0}


@pytest.mark.parametrize("share", [0.21, 1.0, -0.1, float("nan")])
def test_a_share_out_of_bounds_explores_nothing(share):
    assert all(texts_of(opened(n, exploration=share)) == ("icp.opener",) for n in range(40))


@pytest.mark.parametrize("autonomy", ["assistive", ""])
def test_what_a_person_must_approve_is_not_explored(autonomy):
    actions = [opened(n, exploration=0.2, autonomy=autonomy) for n in range(40)]
    assert all(action.waits_for_approval for action in actions)
    assert {texts_of(action) for action in actions} == {("icp.opener",)}
    assert {action.exploration.share for action in actions} == {0.0}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Please stop writing to me.", "unsubscribe"),
        ("Are you a robot?", "are_you_a_bot"),
        ("Can we talk on the phone with somebody?", "procurement_legal"),
        ("No thanks.", "not_interested"),
        ("This is a scam and you will hear from my lawyer", "angry"),
    ],
)
def test_stops_endings_hand_offs_and_what_is_owed_are_never_explored(text, meaning):
    plain = decided(answered(text, meanings={text: meaning}))
    for n in range(40):
        action = answered(text, n, meanings={text: meaning}, exploration=0.2)
        assert action.exploration is None or action.exploration.share == 0.0
        assert decided(action)["chosen"] == plain["chosen"]


def test_an_unsure_reading_is_asked_back_and_nothing_else():
    """R70: low confidence never guesses, also not to learn."""
    for n in range(40):
        action = answered("hm", n, exploration=0.2)
        assert action.exploration is None or action.exploration.share == 0.0


def test_texts_made_for_readers_with_another_job_are_not_tried():
    """R188: the opener suits the reader's role."""
    engineer = replace(ANA, title="Data Engineer")
    for n in range(60):
        action = opened(n, exploration=0.2, contact=engineer)
        assert action.exploration.share > 0
        assert all(not action.considered[place].is_for_others for place in action.exploration.pool)


@pytest.fixture
def explored_world(tmp_path):
    """One campaign that explores; the touch and the answer of one buyer are in the trace."""
    store, runtime = new_world()
    store.save_task(task(2, state="CANCELLED"))
    path = tmp_path / "limits.json"
    path.write_text(as_text({"c": CampaignLimits(exploration=0.2)}), encoding="utf-8")
    publish_limits(store, path)
    work_all(store, runtime, Wire(), NOW)
    runtime.inbox.receive(mail("What is the price?"), now=NOW)
    work_all(store, runtime, Wire(), NOW.replace(hour=NOW.hour + 1))
    return store, runtime


def test_a_campaign_s_share_reaches_the_trace_and_the_replay_decides_the_same(explored_world):
    """R81, R175: the share is part of what a turn stands on."""
    store, runtime = explored_world
    turns = [e.payload for e in store.events if e.kind == "turn"]
    assert [t["observation"]["kind"] for t in turns] == ["due", "mail"]
    for payload in turns:
        found = payload["exploration"]
        chosen = payload["candidates"][found["chosen"]]
        assert payload["basis"]["facts"]["exploration"] == 0.2
        assert chosen["propensity"] == found["chances"][found["pool"].index(found["chosen"])]
        assert chosen["action"] == payload["chosen"]["action"]
        assert len(found["contents"]) == len(found["pool"])
        again = replay(payload, LIBRARY, runtime.desk.model)
        assert differences(payload, again) == ()
    assert turns[0]["exploration"]["share"] == 0.2


def test_only_words_are_explored():
    """A reading whose row tells people, or records something, keeps doing both."""
    for n in range(60):
        action = answered(
            "What is the price?", n, meanings={"price": "pricing_question"}, exploration=0.2
        )
        found = action.exploration
        deeds = {
            (c.route_to, c.inform, c.priority, c.records, c.book)
            for c in (action.considered[place] for place in found.pool)
        }
        assert len(deeds) == 1
        assert len(found.pool) > 1
        assert {action.considered[p].action for p in found.pool} <= {"answer", "propose_times"}
