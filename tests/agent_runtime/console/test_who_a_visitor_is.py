"""Who a visitor is: nobody we know, until a link of ours or a form of their own says so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from console_world import ANA, FROM_PAGE, KEY, NOW, World

from agent_runtime.console.links import VALID_FOR, chat_link, person_of
from agent_runtime.human_queue import HumanAnswer

ASKED = "Which e-mail address"


@pytest.fixture
def world():
    made = World()
    made.add_ana()
    return made


def link_token(person_id=ANA.person_id, **changes):
    how = {"tenant_id": "t", "key": KEY, "now": NOW} | changes
    return chat_link("https://www.northbeam.example/?a=1", person_id, **how).split("pt=")[1]


def wait_for_ana_in_mail(world):
    """Ana has a chat of her own, with words that nobody else may read."""
    window = world.window(pt=link_token())
    window.say("My name is Ana Ruiz of Alder, what is the price? Call +49 30 901820.")
    return window


def test_whoever_types_anothers_address_sees_nothing_of_them(world):
    """R29: an address is no proof."""
    wait_for_ana_in_mail(world)
    stranger = world.window()
    stranger.say(f"I am {ANA.email}, what is the price?")
    assert world.person_of(stranger) != ANA.person_id
    seen = stranger.texts()
    for secret in ("Ruiz", "Alder", "901820", "Hi Ana"):
        assert secret not in seen


def test_a_link_of_our_mail_proves_who_opens_it(world):
    """R29: one thread; the agent greets by the name that the CRM knows."""
    window = wait_for_ana_in_mail(world)
    assert world.person_of(window) == ANA.person_id
    assert window.last()["text"].startswith("Hi Ana,")


def test_what_was_said_before_the_proof_stays_to_be_seen(world):
    window = world.window()
    window.say("What is the price?")
    before = window.lines()
    known = world.window(window.token, pt=link_token())
    assert known.token == window.token
    assert known.hello["lines"] == before
    assert world.person_of(known) == ANA.person_id
    known.say("Can we talk?")
    assert [line["by"] for line in known.lines()] == ["visitor", "agent"] * 2
    assert "AI assistant" not in known.last()["text"], "it was said before"


def test_a_window_is_joined_once_its_answer_has_gone_out(world):
    window = world.window()
    window.say("What is the price?", work=False)
    early = world.window(window.token, pt=link_token())
    assert early.hello["link_used"] is False
    assert world.person_of(early) != ANA.person_id
    world.work()
    assert world.window(window.token, pt=link_token()).hello["link_used"] is True
    assert world.person_of(window) == ANA.person_id


def test_the_strictest_arm_wins_when_two_turn_out_to_be_one():
    """R169: each is analysed as assigned; the agent is silent from now on."""
    world = World(arm="holdout")
    world.add_ana("agent")
    window = world.window()
    window.say("What is the price?")
    assert len(world.store.open_human_tasks()) == 1
    world.window(window.token, pt=link_token())
    (task,) = world.store.open_human_tasks()
    assert task.person_id == ANA.person_id
    world.runtime.people.answer(task.task_id, HumanAnswer("A person here.", 1.0), now=world.now)
    world.work()
    assert window.last()["text"] == "A person here."
    arms = {(a.unit_id, a.arm) for a in world.store.assignments(ANA.person_id)}
    assert len(arms) == 2


def test_a_stop_said_before_the_proof_stops_the_known_person(world):
    """R225."""
    window = world.window()
    window.say("Please stop contacting me.")
    world.window(window.token, pt=link_token())
    assert world.store.suppressed(ANA.person_id) == "opt_out"


def test_a_link_on_somebody_elses_computer_opens_a_window_of_its_own(world):
    ben = world.window()
    ben.say("What is the price?")
    world.store.add_contact(replace(world.contact(ben), email="ben@b.example"))
    ana = world.window(ben.token, pt=link_token())
    assert ana.token != ben.token
    assert ana.hello["lines"] == []
    assert world.person_of(ben) != ANA.person_id


@pytest.mark.parametrize(
    "token",
    [
        "",
        "forged",
        link_token(key="x" * 40),
        link_token(tenant_id="other"),
        link_token(now=NOW - VALID_FOR - timedelta(seconds=1)),
        link_token("nobody"),
    ],
    ids=["none", "forged", "other key", "other tenant", "old", "nobody"],
)
def test_a_link_that_is_forged_old_or_anothers_proves_nothing(world, token):
    window = world.window(pt=token)
    window.say("What is the price?")
    assert world.person_of(window) not in ("", ANA.person_id)
    assert person_of(token, tenant_id="t", key=KEY, now=NOW) != ANA.person_id


def choose_a_time(window):
    window.say("Can we talk?")
    window.say("2 please")


def test_a_booking_asks_for_an_address_first_and_then_books_what_was_chosen(world):
    """R22: the time that was chosen is not asked for again."""
    window = world.window()
    choose_a_time(window)
    assert ASKED in window.last()["text"]
    assert not world.post.mails
    window.say("kim@new.example")
    world.work()
    (mail,) = world.post.mails
    assert mail.recipient == "kim@new.example"
    assert "BEGIN:VCALENDAR" in mail.invite
    assert "is booked" in window.last()["text"]
    assert window.texts().count(ASKED) == 1
    (meeting,) = world.store.meetings.values()
    assert meeting.state == "CONFIRMED"


@pytest.mark.parametrize("given", [ANA.email, "a@new.example or b@new.example"])
def test_an_address_that_is_anothers_or_unclear_gets_no_mail_and_a_person_goes_on(world, given):
    """The person whose address it is gets nothing, and nobody is joined to them."""
    window = world.window()
    choose_a_time(window)
    window.say(given)
    world.work()
    assert not world.post.mails
    assert not world.store.meetings
    assert [t.reason for t in world.store.open_human_tasks()] == ["address_not_usable"]
    assert world.person_of(window) != ANA.person_id
    assert world.contact(window).email == ""


def form(world, **fields):
    return world.client.post("/forms/demo_request", json=fields, headers=FROM_PAGE)


def test_a_form_whose_address_is_new_makes_the_visitor_that_person(world):
    """R23 R29: the chat goes on in the thread of the form."""
    window = world.window()
    window.say("What is the price?")
    person = world.person_of(window)
    form(world, email="kim@new.example", first_name="Kim", visitor=window.token)
    assert world.person_of(window) == person
    assert world.contact(window).email == "kim@new.example"
    assert world.contact(window).first_name == "Kim"
    assert world.store.contact_by_email("kim@new.example").person_id == person


def test_a_form_with_the_address_of_somebody_known_joins_nobody(world):
    window = world.window()
    window.say("What is the price?")
    form(world, email=ANA.email, visitor=window.token)
    world.work()
    assert world.person_of(window) != ANA.person_id
    assert "Ana" not in window.texts()
