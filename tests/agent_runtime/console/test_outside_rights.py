"""Rights over one's data: nothing happens until the mail to the address on record is answered."""

import json
from dataclasses import replace

import pytest
from desk_world import LIBRARY
from outside_world import ANA, BO, NOW, Outside, session_of
from sqlalchemy import select

from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.data_requests.asking import DUE_AFTER
from agent_runtime.data_requests.keeping import all_requests, close, open_requests
from agent_runtime.domain import Sentence
from agent_runtime.ports import Receipt
from agent_runtime.store import tables as t
from agent_runtime.store.erasing import erase, known_as
from agent_runtime.store.rows import Inbound, Message
from agent_runtime.store.sql_rows import load


class Postbox:
    """Keeps what is sent, as its reader gets it."""

    def __init__(self):
        self.mails = []

    def send(self, mail, permit, *, permitted_words):
        self.mails.append(mail)
        return Receipt("sent", "250")


@pytest.fixture
def world(tmp_path):
    return Outside(tmp_path)


def ask(world, kind, *, person=ANA, **more):
    return world.browser().post(world.path(person, tab="/data"), data={"kind": kind, **more})


def delivered(world):
    """Sends what waits through the real permit, and returns it."""
    box = Postbox()
    outbox = Outbox(world.store, LIBRARY, {}, "mail.northbeam.example", "w")
    with world.store.engine.connect() as connection:
        rows = connection.execute(select(t.messages.c.message_id, t.messages.c.state)).all()
    for message_id, state in rows:
        if state == "READY":
            outbox.deliver(box, message_id, now=world.desk.now)
    return box.mails


def link_in(mail):
    found = next(word for word in mail.body.split() if "/for-you/confirm/" in word)
    return found.removeprefix("http://localhost")


def requests(world):
    with world.store.begin() as tx:
        return all_requests(tx)


def tasks(world):
    with world.store.begin() as tx:
        return tx.open_human_tasks()


def test_a_copy_is_given_only_to_who_reads_the_mail_of_that_address(world):
    """R198, R225: asked for on the page, confirmed by mail; a look at the link gives nothing."""
    assert "a•••@alder.example" in ask(world, "access").text
    assert not tasks(world)
    (mail,) = delivered(world)
    assert mail.recipient == ANA.email
    link, browser = link_in(mail), world.browser()
    assert browser.get(f"{link}/copy").status_code == 404
    for _ in range(2):
        assert "Yes, give me the copy" in browser.get(link).text
    assert requests(world)[0].state == "ASKED"
    page = browser.post(link).text
    assert "12 February 2026" in page, "the day by which it is done"
    (request,), (task,) = requests(world), tasks(world)
    assert (request.state, request.due_at) == ("OPEN", NOW + DUE_AFTER)
    assert (task.route_to, task.reason) == ("privacy", "data_access")
    told = json.loads(browser.get(f"{link}/copy").content)
    assert told["contacts"][0]["email"] == ANA.email
    assert BO.email not in json.dumps(told)
    assert {one["purpose"] for one in told["permissions"]} >= {"prospecting", "nurture"}


def test_the_copy_has_what_was_said_with_names_filled_in(world):
    with world.store.begin() as tx:
        thread = session_of(ANA).thread_id
        tx.remember(thread, {"[[PHONE_1]]": "+44 20 7946 0018"})
        said = {"mailbox": "m", "lane": "l", "thread_id": thread, "person_id": "p-ana"}
        heard = Inbound(
            "t", "k1", subject="Re", text="Call [[PHONE_1]]", rfc_message_id="<a@b>",
            in_reply_to="", received_at=NOW, due_at=NOW, state="DONE", **said,
        )  # fmt: skip
        tx.add_inbound(heard)
    ask(world, "access")
    (mail,) = delivered(world)
    world.browser().post(link_in(mail))
    told = json.loads(world.browser().get(f"{link_in(mail)}/copy").content)
    assert [one["text"] for one in told["messages_from_you"]] == ["Call +44 20 7946 0018"]
    assert told["messages_to_you"][0]["written_by"] == "an AI assistant"


def test_who_confirms_erasure_is_left_alone_at_once_and_erased_by_the_command(world):
    """R198, R225: the permit refuses from that press on; the request stays as proof."""
    assert ask(world, "erasure").status_code == 200
    (mail,) = delivered(world)
    assert "suppression" not in world.asked()
    browser = world.browser()
    assert "hear nothing more" in browser.post(link_in(mail)).text
    assert world.asked()["suppression"] == "block"
    erase(world.store, known_as(world.store, ["p-ana"]), now=NOW)
    with world.store.begin() as tx:
        close(tx, requests(world)[0], by="x", now=NOW)
    assert "That is done" in browser.get(link_in(mail)).text
    assert "We hold nothing about you" in browser.get(world.path()).text
    assert world.browser().post(world.path(tab="/stop")).status_code == 404


def test_a_correction_carries_its_words_without_personal_data(world):
    assert "Say what is wrong" in ask(world, "correction").text
    assert not requests(world)
    ask(world, "correction", words="My number is +44 20 7946 0018, not what you have")
    (mail,) = delivered(world)
    world.browser().post(link_in(mail))
    (task,) = tasks(world)
    assert "7946" not in task.text
    assert "not what you have" in task.text
    with world.store.begin() as tx:
        tx.supersede_human_tasks(task.thread_id)
    assert tasks(world) == (task,), "a newer mail does not take its place"
    erase(world.store, known_as(world.store, ["p-ana"]), now=NOW)
    assert "not what you have" not in str(requests(world))


def test_the_question_reaches_also_who_said_stop_or_is_in_the_control(world):
    """R169, R225: a right is not lost by a stop; nothing else goes to them."""
    world.browser().post(world.path(tab="/stop"))
    with world.store.begin() as tx:
        held = tx.assignments("p-ana")[0].model_copy(
            update={"experiment_id": "f", "unit_id": "u", "arm": "holdout"}
        )
        tx.add_assignment(held)
    assert world.asked()["arm"] == "block"
    ask(world, "access")
    (mail,) = delivered(world)
    assert "please confirm it here" in mail.body
    with world.store.engine.connect() as connection:
        doc = connection.execute(select(t.messages.c.doc)).scalar_one()
    asked = load(Message, doc)
    other = replace(asked, message_id="m-2", sentences=(Sentence("Buy!", ()),), state="READY")
    with world.store.begin() as tx:
        tx.add_message(replace(other, content_ids=("icp.opener",)))
    assert delivered(world) == []


def test_a_link_ends_after_seven_days_and_with_the_next_asking(world):
    ask(world, "access")
    (mail,) = delivered(world)
    ask(world, "erasure")
    (newer,) = delivered(world)
    browser = world.browser()
    assert browser.get(link_in(mail)).status_code == 410
    assert browser.get(link_in(newer)).status_code == 200
    world.later(days=7)
    assert browser.post(link_in(newer)).status_code == 410
    assert {one.state for one in requests(world)} == {"ASKED"}
    assert browser.post("/for-you/confirm/2.x.y").status_code == 404


def test_nobody_is_flooded_with_mails_by_a_button(world):
    for _ in range(4):
        ask(world, "access")
    assert len(requests(world)) == 1, "one that waits is not asked again"
    for number in range(4):
        last = ask(world, "correction", words=f"wrong {number}")
    assert "Three mails" in last.text
    assert len(delivered(world)) == 3
    with world.store.begin() as tx:
        assert not open_requests(tx)
