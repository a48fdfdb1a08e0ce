"""A request belongs to the inbound campaign: its state, its pause and its autonomy bind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, NOW, Wire, mail, new_world, work_all

from agent_runtime.campaign_stage import PUBLISHED as STAGES
from agent_runtime.campaign_stage import StageBounds
from agent_runtime.campaign_stage import as_text as stages_as_text
from agent_runtime.inbound_campaign import PUBLISHED, InboundCampaign, as_text, publish_inbound
from agent_runtime.store.registrations import online_of

PILOT = InboundCampaign("pilot", ("email", "form"), "autonomous")
LIVE = StageBounds("pilot", tests_only=False)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def world():
    store, runtime = new_world()
    store.publish(PUBLISHED, as_text(PILOT))
    store.publish(STAGES, stages_as_text({"pilot": LIVE}))
    return store, runtime


def ask(runtime, store, wire, **more):
    runtime.inbox.receive(
        mail("Can we talk?", to="hello@northbeam.example", subject="Relay", **more), now=NOW
    )
    work_all(store, runtime, wire, LATER)


def test_a_request_is_answered_in_the_name_of_the_campaign(world):
    store, runtime = world
    wire = Wire()
    ask(runtime, store, wire)
    assert [sent.recipient for sent in wire.mails] == [ANA.email]
    session = store.session_of(ANA.person_id)
    assert (session.campaign_id, session.autonomy) == ("pilot", "autonomous")


def test_while_it_is_paused_people_answer(world):
    store, runtime = world
    store.set_flag("pause:pilot", "a complaint")
    wire = Wire()
    ask(runtime, store, wire)
    assert wire.mails == []
    (task,) = store.open_human_tasks()
    assert (task.person_id, task.reason) == (ANA.person_id, "a_person_speaks")


@pytest.mark.parametrize(("bounds", "mails"), [(StageBounds(), 0), (LIVE, 1)])
def test_in_the_sandbox_it_answers_nobody_with_a_real_address(world, bounds, mails):
    store, runtime = world
    store.publish(STAGES, stages_as_text({"pilot": bounds}))
    store.add_contact(replace(ANA, email="ana@alder-company.com"))
    wire = Wire()
    ask(runtime, store, wire, sender="ana@alder-company.com")
    assert len(wire.mails) == mails
    assert len(store.open_human_tasks()) == 1 - mails


def test_a_door_that_is_not_its_own_is_nobodys(world):
    store, runtime = world
    store.publish(PUBLISHED, as_text(InboundCampaign("pilot", ("chat",), "supervised")))
    ask(runtime, store, Wire())
    assert store.session_of(ANA.person_id).campaign_id != "pilot"


def test_what_batch_code_wrote_is_published_and_none_changes_nothing(tmp_path):
    store, _ = new_world()
    publish_inbound(store, tmp_path / "inbound_campaign.json")
    assert not store.published(PUBLISHED)
    (tmp_path / "inbound_campaign.json").write_text(as_text(PILOT), "utf-8")
    publish_inbound(store, tmp_path / "inbound_campaign.json")
    assert store.published(PUBLISHED) == as_text(PILOT)


def test_strangers_join_the_inbound_experiment_whatever_was_registered_after_it():
    def entry(name, layer):
        spec = {"id": name, "layer": layer, "salt": name, "arms": {"agent": 0.5, "holdout": 0.5}}
        return {"spec": spec, "spec_hash": name, "spec_id": name}

    entries = [entry("pilot", "inbound"), entry("later", "outbound")]
    found = online_of(entries)
    assert found is not None
    assert found.experiment_id == "pilot"
    other = online_of(entries[1:])
    assert other is not None
    assert other.experiment_id == "later"
