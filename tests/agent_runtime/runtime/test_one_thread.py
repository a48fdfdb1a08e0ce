"""One person, many channels: a thread, a memory, a stop."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, NOW, OWNER, Wire, assign, mail, new_world, work_all

from agent_runtime.human_queue import HumanAnswer
from agent_runtime.intake import Arrival
from agent_runtime.profile import Profile

WINDOW = "window-1"


@pytest.fixture
def world():
    return new_world()


def say(runtime, text, *, number=1, channel="chat", sender=WINDOW, now=NOW, **more):
    arrival = Arrival(channel, f"{sender}-{number}", sender, text, **more)
    return runtime.intake.take(arrival, now=now)


def known_window(store, channel="chat", address=WINDOW):
    store.add_address(channel, address, ANA.person_id, now=NOW)


def test_a_thread_goes_on_where_the_buyer_is_and_asks_nothing_twice(world):
    """R22 R24 R29: offered by mail, chosen by text message, confirmed with an invitation."""
    store, runtime = world
    known_window(store)
    known_window(store, "sms", "+15550100")
    wire = Wire()
    runtime.inbox.receive(mail("Happy to talk.", to="hello@northbeam.example"), now=NOW)
    later = NOW + timedelta(minutes=2)
    work_all(store, runtime, wire, later)
    offered = store.session_of(ANA.person_id).offered
    assert offered
    say(runtime, "What is the price?", now=later)
    work_all(store, runtime, wire, later)
    say(runtime, "2 please", channel="sms", sender="+15550100", now=later)
    work_all(store, runtime, wire, later)
    replies = [(m.channel, m.recipient) for m in wire.mails if m.task_id == ""]
    assert replies[:2] == [("email", ANA.email), ("chat", WINDOW)]
    (meeting,) = store.meetings.values()
    assert meeting.slot == offered[1]
    assert len({m.thread_id for m in store.messages.values()}) == 1
    used = [c for m in store.messages.values() for c in m.content_ids if c.startswith("question.")]
    assert used
    assert len(used) == len(set(used))


def test_a_chat_says_once_who_answers_and_has_no_letterhead(world):
    """R22 R229: the first words of the conversation disclose, later ones only answer."""
    store, runtime = world
    known_window(store)
    wire = Wire()
    say(runtime, "What is the price?")
    work_all(store, runtime, wire, NOW)
    say(runtime, "And the price for a year?", number=2)
    work_all(store, runtime, wire, NOW)
    first, second = [m for m in wire.mails if m.channel == "chat"]
    assert first.body.startswith("Hi Ana,\n\nI'm Northbeam's AI assistant")
    assert "AI assistant" not in second.body
    assert "Harbour Street" not in first.body + second.body
    assert first.subject == second.subject == ""


def test_each_channel_is_told_that_an_ai_writes(world):
    store, runtime = world
    known_window(store)
    known_window(store, "sms", "+15550100")
    wire = Wire()
    say(runtime, "What is the price?")
    say(runtime, "What is the price?", channel="sms", sender="+15550100")
    work_all(store, runtime, wire, NOW)
    written = {m.channel: m.body for m in wire.mails if m.channel != "email"}
    assert "AI assistant" in written["chat"]
    assert "AI assistant" in written["sms"]
    assert "STOP" in written["sms"]


@pytest.mark.parametrize("channel", ["chat", "sms", "whatsapp"])
def test_a_stop_on_any_channel_ends_every_channel_at_once(world, channel):
    """R225 R193: nothing waits for the answer's time."""
    store, runtime = world
    known_window(store, channel)
    say(runtime, "Please stop contacting me.", channel=channel)
    assert store.suppressed(ANA.person_id) == "opt_out"
    assert {store.task(f"task-{n}").state for n in (1, 2)} == {"CANCELLED"}
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    work_all(store, runtime, wire, NOW + timedelta(days=9))
    (confirmed,) = wire.mails
    assert confirmed.channel == channel


def test_the_same_message_twice_is_one_event(world):
    store, runtime = world
    known_window(store)
    assert say(runtime, "What is the price?").is_new
    assert not say(runtime, "What is the price?").is_new
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    assert [m.channel for m in wire.mails if m.channel == "chat"] == ["chat"]


def test_a_form_is_answered_by_mail_in_the_thread_of_its_address(world):
    """R23: the request begins anew, and what was known stays known."""
    store, runtime = world
    taken = say(
        runtime,
        "Can we talk?",
        channel="form",
        sender=ANA.email.upper(),
        profile=Profile(first_name="Somebody else"),
    )
    assert taken.person_id == ANA.person_id
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    answer = next(m for m in wire.mails if not m.task_id)
    assert (answer.channel, answer.recipient) == ("email", ANA.email)
    assert answer.body.startswith("Hi Ana,")
    assert store.session_of(ANA.person_id).playbook == "inbound_response"


def test_a_stranger_in_a_chat_gets_an_owner_and_an_arm_before_the_first_answer(world):
    """R168 R169: the agent answers its arm, people answer the other."""
    store, runtime = world
    for number in range(40):
        say(runtime, "What is the price?", sender=f"w{number}")
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    answered = [m for m in wire.mails if m.channel == "chat"]
    waiting = store.open_human_tasks()
    assert len(answered) + len(waiting) == 40
    assert {task.reason for task in waiting} == {"inbound_control"}
    assert 5 < len(answered) < 35


def test_a_person_answers_in_the_chat_where_the_buyer_waits(world):
    """R169 R13: one speaker; the agent is silent once a person has the thread."""
    store, runtime = world
    store.add_contact(replace(ANA, contact_id="c-ben", person_id="p-ben", email="ben@b.example"))
    assign(store, "p-ben", "holdout")
    store.add_address("chat", "w-ben", "p-ben", now=NOW)
    say(runtime, "Anybody there?", sender="w-ben")
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    (waiting,) = store.open_human_tasks()
    runtime.people.answer(waiting.task_id, HumanAnswer("Yes, me. How can I help?", 1.0), now=NOW)
    work_all(store, runtime, wire, NOW)
    (answer,) = [m for m in wire.mails if m.channel == "chat"]
    assert (answer.recipient, answer.sender) == ("w-ben", OWNER.email)
    assert answer.body == "Yes, me. How can I help?"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ana", "Ana"),
        ("  Jean-Luc  d'Arc ", "Jean-Luc d'Arc"),
        ("O’Neill Jr.", "O’Neill Jr."),
        ("Win now http://evil.example", ""),
        ("evil.example", ""),
        ("<b>Ana</b>", ""),
        ("[[EMAIL_1]]", ""),
        ("A" * 200, ""),
        ("Ana\nBcc: x@y.example", ""),
    ],
)
def test_a_name_that_a_stranger_types_is_kept_only_if_it_can_be_one(typed, kept):
    """R228: whoever fills in a form may type another's address, and a link as their name."""
    assert Profile(first_name=typed).cleaned().first_name == kept
