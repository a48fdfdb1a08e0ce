"""A touch in the words of a language model: only where the playbook leaves it to one."""

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest
from asking_world import asking
from conversation_world import ANA, LIBRARY, NOW
from pydantic import ValidationError

from agent_runtime.arms import publish_controls
from agent_runtime.campaign_limits import CampaignLimits, as_text, publish_limits
from agent_runtime.library.playbook import Touch
from agent_runtime.replay import differences, replay
from tests.agent_runtime.models.stand_in_answers import turn_of
from tests.agent_runtime.models.vllm_stand_in import MODEL, OUTAGES, serve

ICP = LIBRARY.playbook("icp_prospecting")
REGISTERED = replace(ANA, facts=(("event", "RevOps Summit"),))
APPROVED = "In many companies CRM, billing and product usage show three different revenue figures"


@pytest.fixture(scope="module")
def server():
    with serve() as stand_in:
        yield stand_in


def left_to_a_model(library=LIBRARY):
    """The library, with the touches of the prospecting playbook left to a model."""
    touches = tuple(touch.model_copy(update={"drafts": "model"}) for touch in ICP.touches)
    playbook = ICP.model_copy(update={"touches": touches})
    return replace(library, playbooks={**library.playbooks, ICP.id: playbook})


@contextmanager
def due(stand_in, *, library=None, reader=REGISTERED, **options):
    """Opens a world in which the first touch of a campaign is due."""
    with asking(stand_in, **options) as world:
        world.store.save_task(replace(world.store.task("task-1"), state="WAITING"))
        world.store.add_contact(reader)
        desk = replace(world.runtime.desk, library=library or left_to_a_model())
        world.runtime = replace(world.runtime, desk=desk)
        yield world


def touches_of(world):
    turns = [e.payload for e in world.store.events if e.kind == "turn"]
    return [turn for turn in turns if turn["observation"]["kind"] == "due"]


def test_a_touch_is_drafted_on_facts_about_its_reader(server):
    """R47, R11: personal by a fact of the CRM, under the approved subject and signature."""
    with due(server.behave()) as world:
        world.work(NOW)
    (sent,) = world.wire.mails
    assert "You registered for RevOps Summit." in sent.body
    assert APPROVED in sent.body
    assert "AI assistant" in sent.body
    (turn,) = touches_of(world)
    assert turn["chosen"]["reason"] == "drafted_by_model"
    assert turn["model"]["answered_by"] == MODEL
    assert turn["model"]["prompt"].startswith("touch@1-")
    assert {e["unit"] for e in _costs(world)} >= {"input_token", "output_token"}
    said = json.dumps(server.asked[0])
    assert "RevOps Summit" not in said
    assert ANA.first_name not in said
    assert differences(turn, replay(turn, left_to_a_model(), world.runtime.desk.model)) == ()


def test_it_is_off_unless_the_playbook_says_so(server):
    """R11: nobody is asked, and the approved text goes out."""
    with due(server.behave(), library=LIBRARY) as world:
        world.work(NOW)
    assert server.asked == []
    (sent,) = world.wire.mails
    assert APPROVED in sent.body
    assert "model" not in touches_of(world)[0]


def test_a_campaign_may_take_it_away(server, tmp_path):
    """R50: it takes away what the playbook leaves, never more."""
    path = tmp_path / "campaign_limits.json"
    path.write_text(as_text({"c": CampaignLimits(drafts="approved")}), encoding="utf-8")
    with due(server.behave()) as world:
        publish_limits(world.store, path)
        world.work(NOW)
    assert server.asked == []
    assert APPROVED in world.wire.mails[0].body


def test_nobody_of_the_holdout_and_nobody_who_said_stop_is_asked_about(server):
    """R57, R22: what is not to be written to is not put before a model either."""
    for spoil in (
        lambda store: store.suppress("p-ana", reason="opt_out", source="x", now=NOW),
        lambda store: publish_controls(store, {"e": ("agent",)}),
        lambda store: store.set_flag("pause", "1"),
    ):
        with due(server.behave()) as world:
            spoil(world.store)
            world.work(NOW)
        assert server.asked == []
        assert world.wire.mails == []


def test_outside_the_hours_nobody_is_asked_yet(server):
    """R65: a touch that has to wait is drafted when it may go."""
    with due(server.behave()) as world:
        world.work(NOW.replace(hour=3))
        assert server.asked == []
        world.work(NOW.replace(hour=10))
    assert len(server.asked) == 1
    assert len(world.wire.mails) == 1


@pytest.mark.parametrize("behaviour", OUTAGES)
def test_when_the_model_is_down_the_approved_text_goes_out(server, behaviour):
    """R230: once, within the limit, and the trace says why."""
    limits = {"total_s": 0.6, "first_token_s": 0.4}
    with due(server.behave(behaviour), **limits) as world:
        world.work(NOW)
    (sent,) = world.wire.mails
    assert APPROVED in sent.body
    (turn,) = touches_of(world)
    assert turn["model"]["why_not"]


@pytest.mark.parametrize("behaviour", ["invents_prices", "leaks", "denies_being_a_bot"])
def test_what_the_rules_stop_is_replaced_by_the_approved_text(server, behaviour):
    """R57, R58: an adversary writes first as little as it answers."""
    with due(server.behave(behaviour)) as world:
        world.work(NOW)
    (sent,) = world.wire.mails
    assert APPROVED in sent.body
    assert "49" not in sent.body
    assert world.unapproved() == []
    (turn,) = touches_of(world)
    assert turn["refused"] or turn["model"]["dropped"]
    assert "its_action_is_no_answer" not in turn["model"]["dropped"]


def test_only_what_suits_this_reader_may_be_named(server):
    """R53: a text that needs a fact which the CRM does not tell is no ground for a sentence."""
    with due(server.behave(), reader=replace(ANA, company="")) as world:
        world.work(NOW)
    data = turn_of(server.asked[0]["messages"][1]["content"])
    assert "icp.opener_plain@1" in data["may_say"]
    assert "icp.opener@1" not in data["may_say"]
    assert data["about_reader"] == []


def test_all_touches_of_a_playbook_share_their_prefix(server):
    """R228: whoever the reader is."""
    prefixes = set()
    for reader in (ANA, REGISTERED, replace(ANA, title="CFO", company="")):
        with due(server.behave(), reader=reader) as world:
            world.work(NOW)
        prefixes.add(server.asked[-1]["messages"][0]["content"])
    assert len(prefixes) == 1


def test_a_text_message_and_a_brief_are_never_left_to_a_model():
    for more in ({"channel": "whatsapp"}, {"do": "brief"}):
        with pytest.raises(ValidationError, match="drafts: model writes mails"):
            Touch(say=("a",), next="x", drafts="model", **more)


def _costs(world):
    costs = [e.payload for e in world.store.events if e.kind == "cost"]
    return [cost for cost in costs if cost["item"] == "model_token"]
