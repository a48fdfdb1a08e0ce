"""Rights over one's data: nothing happens until the mail to the address on record is answered."""

import json
import re
from dataclasses import replace

import pytest
from desk_world import LIBRARY
from outside_world import ANA, BO, NOW, SECRET, Outside, session_of
from sqlalchemy import select
from typer.testing import CliRunner

from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.clock import write_now
from agent_runtime.console.prospects.cli import pages as pages_app
from agent_runtime.data_requests.asking import DUE_AFTER
from agent_runtime.data_requests.cli import requests as requests_app
from agent_runtime.data_requests.keeping import all_requests, close, open_requests
from agent_runtime.domain import Sentence
from agent_runtime.errors import ParleyError
from agent_runtime.ports import Receipt
from agent_runtime.store import tables as t
from agent_runtime.store.erasing import erase, known_as
from agent_runtime.store.rows import Inbound, Message
from agent_runtime.store.sql_rows import load
from pipelines.erase_cli import app as erase_app


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


def delivered(world, **more):
    """Sends what waits through the real permit, and returns it."""
    box = Postbox()
    outbox = Outbox(world.store, LIBRARY, {}, "mail.northbeam.example", "w", **more)
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


def test_the_footer_links_to_the_pages_on_the_wire_and_nowhere_else(tmp_path):
    """R225: made as the mail leaves, for its reader; what is stored has only its place."""
    world = Outside(tmp_path, library=replace(LIBRARY, has_pages=True))
    ask(world, "access")
    ask(world, "access", person=BO)
    with world.store.begin() as tx:
        tx.suppress("p-bo", reason="opt_out", source="x", now=NOW)
    mails = {mail.recipient: mail for mail in delivered(world, pages_link=world.links)}
    for person in (ANA, BO):
        link = re.findall(r"http://localhost(/for-you/2\S+)", mails[person.email].body)[-1]
        page = world.browser().get(link)
        assert page.status_code == 200
        assert person.email[0] + "•••" in page.text
        with world.store.engine.connect() as connection:
            docs = "".join(connection.execute(select(t.messages.c.doc)).scalars())
        assert "[[PAGES_LINK]]" in docs
        assert link.rpartition("/")[2] not in docs
    ask(world, "erasure")
    (bare,) = delivered(world)
    assert "PAGES_LINK" not in bare.body
    assert "all on one page" not in bare.body


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


@pytest.fixture
def command(world, monkeypatch):
    """Runs a command on the workspace of the world; returns what it said."""
    folder = world.office.settings.workspace
    (folder / "plan.json").write_text("{}")
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")
    monkeypatch.setenv("PARLEY_SIGNING_KEYS", f"2:{SECRET}")
    write_now(world.store.engine, world.desk.now)

    def run(app, *words, fails=False):
        answer = CliRunner().invoke(app, [*words, "--workspace", str(folder)])
        assert isinstance(answer.exception, ParleyError) if fails else answer.exit_code == 0
        return str(answer.exception) if fails else answer.output

    return run


def test_people_of_ours_see_what_is_due_and_close_it(world, command):
    """R198: the queue by due date; what is not open or not carried out is not closed."""
    assert "no request about data is open" in command(requests_app, "list")
    ask(world, "access")
    ask(world, "erasure", person=BO)
    waiting = requests(world)[0].request_id
    assert "not confirmed" in command(requests_app, "copy", waiting, fails=True)
    for mail in delivered(world):
        world.browser().post(link_in(mail))
    listed = json.loads(command(requests_app, "list", "--json"))
    ids = {one["kind"]: one["request_id"] for one in listed}
    assert "ana.ruiz@alder.example" in command(requests_app, "show", ids["access"][:6])
    assert "parley erase --request" in command(requests_app, "show", ids["erasure"])
    assert "still here" in command(requests_app, "done", ids["erasure"], fails=True)
    file = world.office.settings.workspace / "ana.json"
    command(requests_app, "copy", ids["access"], "--to", str(file))
    assert json.loads(file.read_text())["contacts"][0]["email"] == ANA.email
    assert "done" in command(requests_app, "done", ids["access"])
    assert "not open" in command(requests_app, "refuse", ids["access"], "--why", "x", fails=True)
    assert "there is none" in command(requests_app, "show", "zzz", fails=True)
    dry = command(erase_app, "--request", ids["erasure"], "--dry-run")
    assert "would go" in dry
    command(erase_app, "--request", ids["erasure"][:8], "--yes")
    assert {one.state for one in requests(world)} == {"DONE"}
    with world.store.begin() as tx:
        assert tx.contact_of("p-bo") is None


def test_a_command_prints_pages_that_open(world, command):
    told = json.loads(
        command(pages_app, "--who", ANA.email, "--base", "http://localhost", "--json")
    )
    for address in told["p-ana"].values():
        assert world.browser().get(address).status_code == 200
    assert "nobody of that id" in command(pages_app, "--who", "x@y.example", fails=True)
