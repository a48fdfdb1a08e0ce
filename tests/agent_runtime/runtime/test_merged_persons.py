"""Two persons who turn out to be one: the strictest arm and every stop bind both, at send too."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, NOW, Wire, assign, mail, new_world, work_all

from agent_runtime.arms import binding_arm, is_held, publish_controls
from agent_runtime.human_queue import HumanAnswer
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata

BEN = replace(ANA, contact_id="c-ben", person_id="p-ben", email="ben@alder.example")
CY = replace(ANA, contact_id="c-cy", person_id="p-cy", email="cy@birch.example")


@pytest.fixture(params=["sql", "memory"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore("t")
        return
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    metadata.create_all(engine)
    yield SqlStore(engine, "t")
    engine.dispose()


def test_merges_are_learnt_for_good_and_reach_everybody_they_join(store):
    with store.begin() as tx:
        assert tx.merge("p-ana", "p-ben", now=NOW)
        assert tx.merge("p-ben", "p-cy", now=NOW)
        assert not tx.merge("p-cy", "p-ana", now=NOW)
        assert set(tx.persons_of("p-cy")) == {"p-ana", "p-ben", "p-cy"}
        assert tx.persons_of("p-cy")[0] == "p-cy"
        assert tx.persons_of("p-dee") == ("p-dee",)


def test_arms_and_stops_of_everybody_who_was_merged_bind(store):
    """R169: also where the one that was held out is the one that went."""
    with store.begin() as tx:
        publish_controls(tx, {"e": ("holdout",)})
        assign(tx, "p-ana", "agent")
        assign(tx, "p-ben", "holdout")
        assert not is_held(tx, "p-ana")
        tx.merge("p-ben", "p-ana", now=NOW)
        assert is_held(tx, "p-ana")
        assert binding_arm(tx, "p-ana") == ("e", "holdout")
        assert [a.arm for a in tx.assignments("p-ana")] == ["agent", "holdout"]
        tx.suppress("p-ben", reason="opt_out", source="k", now=NOW)
        assert tx.suppressed("p-ana") == "opt_out"
        tx.unsuppress("p-ana")
        assert tx.stops("p-ben") == ()


def test_a_person_who_was_merged_away_is_reached_by_the_contact_of_the_other(store):
    with store.begin() as tx:
        tx.add_contact(ANA)
        tx.add_contact(BEN)
        tx.merge("p-ben", "p-ana", now=NOW)
        tx.add_contact(replace(BEN, person_id="p-ana", is_primary=False))
        assert tx.contact_of("p-ben") == ANA
        assert {c.contact_id for c in tx.contacts_at("ALDER.example")} == {"c-ana", "c-ben"}
        assert tx.contacts_at("birch.example") == ()


@pytest.mark.parametrize(
    ("controls", "arm", "held"),
    [
        ({"e": ("holdout",)}, "agent", False),
        ({"e": ("usual",)}, "usual", True),
        ({"e": ("new-name", "usual")}, "usual", True),
        ({"e": ("usual",)}, "holdout", True),
        ({"e": ()}, "agent", True),
        ({"f": ("usual",)}, "agent", True),
        ({}, "agent", True),
    ],
)
def test_a_control_of_any_registered_name_is_held_and_an_unknown_one_too(
    store, controls, arm, held
):
    """R169: a missing fact means no."""
    with store.begin() as tx:
        publish_controls(tx, controls)
        assign(tx, "p-ana", arm)
        assert is_held(tx, "p-ana") is held
        assert is_held(tx, "p-nobody")


def test_a_merge_that_comes_after_a_touch_was_queued_stops_it_at_send():
    """R169: the gate asks at the last moment, of everybody whom the person turned out to be."""
    store, runtime = new_world()
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    assert len(wire.mails) == 1
    assign(store, "p-twin", "holdout")
    store.merge("p-twin", ANA.person_id, now=NOW)
    work_all(store, runtime, wire, NOW + timedelta(days=3))
    assert len(wire.mails) == 1
    assert store.tasks["task-2"].state == "BLOCKED"


def test_a_merge_between_plan_and_send_stops_the_message():
    store, runtime = new_world()
    wire = Wire()
    due = store.take_due(NOW)
    planned = [m for _, row in due for m in runtime.desk._to_send(row, now=NOW)]
    assert planned
    assign(store, "p-twin", "holdout")
    store.merge(ANA.person_id, "p-twin", now=NOW)
    for message_id in planned:
        runtime.outbox.deliver(wire, message_id, now=NOW)
    assert wire.mails == []
    assert [store.messages[m].state for m in planned] == ["BLOCKED"] * len(planned)


def test_what_a_merged_control_writes_is_answered_by_people_and_their_answer_is_traced():
    """R172, R174: a control stays reachable by people, under the same service level."""
    store, runtime = new_world()
    publish_controls(store, {"e": ("usual",)})
    assign(store, "p-twin", "usual")
    store.merge("p-twin", ANA.person_id, now=NOW)
    wire = Wire()
    runtime.inbox.receive(mail("Happy to talk."), now=NOW)
    work_all(store, runtime, wire, NOW + timedelta(hours=1))
    assert wire.mails == []
    (task,) = store.open_human_tasks()
    assert task.kind == "inbound_request"
    runtime.people.answer(task.task_id, HumanAnswer("Of course.", 1.0), now=NOW)
    work_all(store, runtime, wire, NOW + timedelta(hours=2))
    assert [m.sender for m in wire.mails] == [ANA.owner_email]
    sent = [
        e.payload for e in store.events if e.kind == "message" and e.payload["direction"] == "out"
    ]
    assert [(p["actor"], p["arm"], p["state"]) for p in sent] == [("human", "usual", "SENT")]
