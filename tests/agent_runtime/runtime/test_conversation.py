"""Whole turns on a store in memory: what is sent, what is not, and what stops at once."""

from dataclasses import replace
from datetime import timedelta
from time import sleep

import pytest
from conversation_world import ANA, NOW, Wire, assign, mail, new_world, task, work_all

from agent_runtime.ports import Receipt
from agent_runtime.store.rows import Due


@pytest.fixture
def world():
    return new_world()


def test_a_due_touch_goes_out_once_with_names_filled_in_only_on_the_wire(world):
    """R21 R61 R88: the store keeps placeholders, the recipient reads a name."""
    store, runtime = world
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    work_all(store, runtime, wire, NOW)
    (sent,) = wire.mails
    assert sent.body.startswith("Hi Ana,")
    assert "AI assistant" in sent.body
    assert sent.task_id == "task-1"
    (stored,) = store.messages.values()
    assert "Ana" not in stored.body + stored.subject
    assert stored.state == "SENT"


def test_how_long_the_server_took_stands_in_the_trace_of_what_was_sent(world):
    """R208: sending is timed apart from reading and planning."""

    class SlowWire(Wire):
        def send(self, mail, permit, *, permitted_words):
            sleep(0.02)
            return super().send(mail, permit, permitted_words=permitted_words)

    store, runtime = world
    work_all(store, runtime, SlowWire(), NOW)
    (sent,) = (e.payload for e in store.events if e.kind == "message")
    assert sent["latency_ms"]["send"] >= 20
    (turn,) = (e.payload for e in store.events if e.kind == "turn")
    assert set(turn["latency_ms"]) == {"read", "plan"}


def test_an_answer_ends_the_touches_and_a_chosen_time_is_booked(world):
    """R22 R30 R43 R108: wish, offer, choice, event and invitation, each in one turn."""
    store, runtime = world
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    later = NOW + timedelta(hours=2)
    runtime.inbox.receive(
        mail("Happy to talk.", in_reply_to=wire.mails[0].rfc_message_id), now=later
    )
    work_all(store, runtime, wire, later + timedelta(minutes=2))
    assert "\n1) " in wire.mails[1].body
    assert wire.mails[1].in_reply_to == "<k1@x>"
    runtime.inbox.receive(mail("2 please", key="k2"), now=later + timedelta(hours=1))
    work_all(store, runtime, wire, later + timedelta(hours=2))
    (meeting,) = store.meetings.values()
    assert meeting.state == "CONFIRMED"
    assert "METHOD:REQUEST" in wire.mails[2].invite
    assert meeting.uid in wire.mails[2].invite.replace("\r\n ", "")
    work_all(store, runtime, wire, NOW + timedelta(days=3))
    assert len(wire.mails) == 3
    assert store.task("task-2").state == "CANCELLED"


def test_a_stop_is_obeyed_on_arrival_and_confirmed_once(world):
    """R70 R193 R233: nothing waits for the answer's time, and then there is silence."""
    store, runtime = world
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    runtime.inbox.receive(mail("Please remove me from your list."), now=NOW)
    assert store.suppressed(ANA.person_id) == "opt_out"
    assert store.task("task-2").state == "CANCELLED"
    work_all(store, runtime, wire, NOW + timedelta(days=9))
    assert len(wire.mails) == 2
    assert "off our list" in wire.mails[1].body


def test_the_agent_never_answers_the_holdout_and_people_do(world):
    """R169: an inbound mail of the control goes to the human queue."""
    store, runtime = world
    ben = replace(ANA, contact_id="c-ben", person_id="p-ben", email="ben@b.example")
    store.add_contact(ben)
    assign(store, "p-ben", "holdout")
    wire = Wire()
    request = mail("Can we talk?", sender=ben.email, to="hello@northbeam.example")
    runtime.inbox.receive(request, now=NOW)
    work_all(store, runtime, wire, NOW + timedelta(minutes=2))
    assert [m for m in wire.mails if m.recipient == ben.email] == []
    (waiting,) = store.open_human_tasks()
    assert (waiting.kind, waiting.reason) == ("inbound_request", "inbound_control")


def test_a_stranger_gets_an_owner_and_an_arm_at_once(world):
    """R168: the function that assigns in batch assigns a lead that arrived a second ago."""
    store, runtime = world
    for number in range(40):
        request = mail(
            "Can we talk?",
            key=f"n{number}",
            sender=f"lead{number}@new.example",
            to="hello@northbeam.example",
        )
        runtime.inbox.receive(request, now=NOW)
    wire = Wire()
    work_all(store, runtime, wire, NOW + timedelta(minutes=2))
    arms = [
        store.assignments(store.contact_by_email(f"lead{n}@new.example").person_id)[0].arm
        for n in range(40)
    ]
    assert 5 < arms.count("agent") < 35
    strangers = [m for m in wire.mails if m.recipient.endswith("@new.example")]
    assert len(strangers) == arms.count("agent")
    assert len(store.open_human_tasks()) == arms.count("holdout")


def test_doubt_is_unknown_and_never_sent_again(world):
    store, runtime = world
    wire = Wire(Receipt("unknown"))
    work_all(store, runtime, wire, NOW)
    (message,) = store.unknown()
    work_all(store, runtime, wire, NOW + timedelta(days=5))
    assert len(wire.mails) == 1
    assert store.task("task-2").state == "BLOCKED"
    answer = mail("What is the price?", in_reply_to=message.rfc_message_id)
    runtime.inbox.receive(answer, now=NOW)
    assert store.message(message.message_id).state == "SENT"


def test_whoever_finds_a_claimed_message_does_not_send_it(world):
    store, runtime = world
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    (message,) = store.messages.values()
    store.messages[message.message_id] = replace(message, state="SENDING")
    runtime.desk.work(Due("message", message.message_id), wire, now=NOW)
    assert len(wire.mails) == 1
    assert store.message(message.message_id).state == "UNKNOWN"


def test_a_refusal_before_the_words_left_is_tried_again_as_a_new_attempt(world):
    store, runtime = world
    wire = Wire(Receipt("retry", "451"))
    work_all(store, runtime, wire, NOW)
    work_all(store, runtime, wire, NOW + timedelta(minutes=30))
    assert [m.rfc_message_id.split(".")[1].split("@")[0] for m in wire.mails] == ["1", "2"]
    assert {m.state for m in store.messages.values()} == {"SENT"}


def test_a_forged_report_suppresses_nobody(world):
    store, runtime = world
    forged = mail(
        "", sender="mailer-daemon@x.example", bounce_of="<made@up>", bounce_status="5.1.1"
    )
    assert not runtime.inbox.receive(forged, now=NOW)
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    assert len(wire.mails) == 1
    real = replace(forged, key="k9", bounce_of=wire.mails[0].rfc_message_id)
    assert runtime.inbox.receive(real, now=NOW)
    assert store.suppressed(ANA.person_id) == "bounce"


def test_a_pause_holds_everything_until_it_is_lifted(world):
    store, runtime = world
    store.set_flag("pause", "why")
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    assert wire.mails == []
    store.set_flag("pause", None)
    work_all(store, runtime, wire, NOW + timedelta(hours=2))
    assert len(wire.mails) == 1


def test_a_campaign_is_paused_alone(world):
    """R176: a broken stop rule silences its own campaign, and no other."""
    store, runtime = world
    (campaign,) = {found.campaign_id for found in store.tasks.values()}
    wire = Wire()
    store.set_flag("pause:another", "why")
    store.set_flag(f"pause:{campaign}", "complaints")
    work_all(store, runtime, wire, NOW)
    assert wire.mails == []
    store.set_flag(f"pause:{campaign}", None)
    work_all(store, runtime, wire, NOW + timedelta(hours=2))
    assert len(wire.mails) == 1
    store.set_flag(f"pause:{campaign}", "complaints")
    runtime.inbox.receive(mail("Can you tell me more?"), now=NOW + timedelta(hours=3))
    work_all(store, runtime, wire, NOW + timedelta(hours=3, minutes=10))
    assert len(wire.mails) == 1


def test_a_row_that_cannot_be_worked_blocks_nobody(world, monkeypatch):
    store, runtime = world
    store.add_task(task(3, task_id="broken", playbook="no_such_playbook", due_at=NOW))
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    assert len(wire.mails) == 1
    assert store.task("broken").state == "BLOCKED"
    (incident,) = [e for e in store.events if e.kind == "incident"]
    assert "no_such_playbook" in incident.payload["detail"]


def test_a_thread_waits_for_a_person_once_with_its_newest_mail(world):
    """R172: two mails of one buyer are one piece of work, so that nobody books twice."""
    store, runtime = world
    request = mail("I want to speak to a human being.", to="hello@northbeam.example")
    runtime.inbox.receive(request, now=NOW)
    runtime.inbox.receive(replace(request, key="k2", text="A human, please!"), now=NOW)
    work_all(store, runtime, Wire(), NOW + timedelta(minutes=2))
    (waiting,) = store.open_human_tasks()
    assert waiting.text == "A human, please!"
