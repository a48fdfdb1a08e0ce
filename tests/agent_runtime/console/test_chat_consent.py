"""The box beside the address that a visitor types in the chat: shown, ticked or not, kept."""

import json
from dataclasses import replace

import pytest
from console_world import World
from test_chat_pages import hear, open_socket, tell

from agent_runtime.console.form_spec import chat_box, load_forms
from agent_runtime.library.content import LOCALES

ADDRESS = "kim@new.example"


@pytest.fixture
def world():
    return World()


def to_the_address(world, country=None):
    """A visitor has chosen a time, and is asked for an address."""
    window = world.window()
    window.say("Can we talk?")
    if country is not None:
        world.store.add_contact(replace(world.contact(window), country=country))
    window.say("2 please")
    assert "Which e-mail address" in window.last()["text"]
    return window


def box_in(window):
    return window.world.client.get("/chat/messages", headers=window.headers).json()["box"]


def answer(window, text=ADDRESS, *, status=200, **ticked):
    said = {"id": "address", "text": text, "page": "pricing"}
    if ticked:
        said["agreed"] = {"form": "demo_request", "box": "news_consent"} | ticked
    got = window.world.client.post("/chat/messages", json=said, headers=window.headers)
    assert got.status_code == status, got.text
    window.world.work()
    return got.json()


def consents(world, window):
    return world.store.consents(world.person_of(window))


@pytest.mark.parametrize("country", ["DE", "AT", "CH", ""])
def test_where_consent_is_asked_twice_the_window_is_told_of_the_box(world, country):
    """R68 R244: the words are those of the form, whole in six languages."""
    window = world.window()
    assert box_in(window) is None
    window = to_the_address(world, country)
    _, _, approved = chat_box(load_forms())
    assert box_in(window) == {
        "form": "demo_request",
        "box": "news_consent",
        "wording": approved.wording,
        "words": approved.words,
    }
    assert set(approved.words) == set(LOCALES)


@pytest.mark.parametrize("country", ["US", "IE"])
def test_elsewhere_there_is_no_box(world, country):
    assert box_in(to_the_address(world, country)) is None


def test_an_address_without_a_tick_books_and_is_no_consent(world):
    window = to_the_address(world)
    answer(window)
    world.work()
    assert consents(world, window) == ()
    assert world.contact(window).email == ADDRESS
    assert [m.state for m in world.store.meetings.values()] == ["CONFIRMED"]
    assert box_in(window) is None, "it is asked once"


def test_a_tick_is_kept_with_words_version_time_address_and_page(world):
    """R225 R244: it permits nothing before it is confirmed by mail."""
    window = to_the_address(world)
    answer(window, language="de", wording="news@1")
    world.work()
    (kept,) = consents(world, window)
    assert (kept.channel, kept.purpose, kept.state) == ("email", "nurture", "requested")
    assert kept.source == "chat demo_request@1, news@1"
    assert kept.words == "Sie dürfen mir per E-Mail zu Northbeam Relay schreiben."
    assert (kept.address, kept.page) == (ADDRESS, "pricing")
    assert kept.recorded_at <= world.now
    asked = [m for m in world.post.mails if m.subject == "Please confirm"]
    assert [m.recipient for m in asked] == [ADDRESS]
    traced = [e.payload for e in world.store.events if e.payload.get("object") == "consent"]
    assert [e["page"] for e in traced] == ["pricing"]
    assert ADDRESS not in json.dumps(traced)


def test_the_same_message_sent_again_is_one_consent_and_one_question(world):
    window = to_the_address(world)
    for _ in range(2):
        answer(window, language="en")
    world.work()
    assert len(consents(world, window)) == 1
    assert len([m for m in world.post.mails if m.subject == "Please confirm"]) == 1


@pytest.mark.parametrize("text", ["Why do you ask?", "a@new.example or b@new.example"])
def test_a_tick_without_an_address_of_ones_own_is_no_consent(world, text):
    window = to_the_address(world)
    answer(window, text, language="en")
    assert consents(world, window) == ()


@pytest.mark.parametrize(
    ("ticked", "field"), [({"wording": "news@0"}, "wording"), ({"box": "other"}, "box")]
)
def test_a_box_that_is_no_longer_ours_is_refused_and_nothing_is_kept(world, ticked, field):
    window = to_the_address(world)
    assert answer(window, status=422, **ticked)["field"] == field
    assert consents(world, window) == ()
    assert world.contact(window).email == ""


def test_a_socket_is_told_when_the_box_comes_and_when_it_goes(world):
    window = to_the_address(world)
    with open_socket(world) as socket:
        tell(socket, "hello", token=window.token)
        assert hear(socket, "box")["box"]["wording"] == "news@1"
        tell(socket, "say", id="address", text=ADDRESS)
        assert hear(socket, "box")["box"] is None
