"""Chat and forms with real servers: exchanger, calendar, worker, web side, a real browser."""

import os
from time import monotonic, sleep

import pytest
from browser import open_browser
from site_world import NIGHT, OWNER, begin, hear, running_site, say, within

from agent_runtime.domain import Contact
from agent_runtime.store.rows import Inbound

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as made:
        yield made


def test_a_chat_is_answered_within_five_seconds_at_three_in_the_morning(site):
    """R22: over a real WebSocket, by a real worker."""
    with site.chat() as window:
        begin(window)
        began = monotonic()
        say(window, "m1", "How much does it cost?")
        answer = hear(window, "message", seconds=5)
    assert answer["line"]["by"] == "agent"
    assert monotonic() - began < 5


def test_a_form_at_three_in_the_morning_gets_a_mail_within_a_minute(site):
    """R23 R168: the arm of the new lead is decided before the answer."""
    fields = {
        "email": "kim@new.example",
        "first_name": "Kim",
        "country": "US",
        "time_zone": "America/New_York",
        "message": "Could we talk about a demo next week?",
    }
    site.post("/forms/demo_request", fields)
    with site.store.begin() as tx:
        kim = tx.contact_by_email("kim@new.example")
        (assigned,) = tx.assignments(kim.person_id)
    assert (assigned.how, assigned.arm) == ("online", "agent")
    mails = within(60, lambda: [m for m in site.sent() if m["rcpt_to"] == ["kim@new.example"]])
    assert len(mails) == 1
    site.post("/forms/demo_request", fields)
    sleep(2)
    assert len([m for m in site.sent() if m["rcpt_to"] == ["kim@new.example"]]) == 1


def test_a_chat_does_not_wait_for_the_mails_of_the_day(site):
    """A hundred mails are due in the lane of the only owner; the chat comes in between."""
    with site.store.begin() as tx:
        for number in range(100):
            tx.add_contact(_buyer(number))
            site_assign(tx, f"p-{number}")
            tx.save_session(_session(number))
            tx.add_inbound(_mail(number))
    with site.chat() as window:
        begin(window)
        began = monotonic()
        say(window, "m1", "How much does it cost?")
        hear(window, "message", seconds=10)
        took = monotonic() - began
    still_due = sum(_is_due(site, number) for number in range(100))
    assert still_due > 10, "the mails were too few to wait for"
    assert took < 5
    within(90, lambda: not any(_is_due(site, number) for number in range(100)))


def _is_due(site, number):
    with site.store.begin() as tx:
        return tx.inbound(f"k-{number}").state == "NEW"


def site_assign(tx, person_id):
    from agent_runtime.contracts import Assignment

    more = {"unit_id": person_id, "person_id": person_id, "arm": "agent", "layer": "l"}
    at = {"assigned_at": NIGHT, "how": "hash", "tenant_id": tx.tenant_id}
    tx.add_assignment(Assignment(experiment_id="online", spec_hash="h", **more, **at))


def _session(number):
    from agent_runtime.intake import opened_by_buyer

    return opened_by_buyer(_buyer(number))


def _buyer(number):
    return Contact(
        tenant_id="northbeam",
        contact_id=f"c-{number}",
        person_id=f"p-{number}",
        account_id=None,
        email=f"buyer{number}@b.example",
        first_name="Bo",
        last_name="Ek",
        title="",
        company="Ek",
        country="US",
        language="en",
        time_zone="America/New_York",
        owner_id=OWNER.owner_id,
        owner_name=OWNER.name,
        mailbox=OWNER.mailbox,
        owner_email=OWNER.email,
    )


def _mail(number):
    return Inbound(
        tenant_id="northbeam",
        key=f"k-{number}",
        mailbox=OWNER.mailbox,
        lane=OWNER.mailbox,
        thread_id=f"thread-p-{number}",
        person_id=f"p-{number}",
        subject="Question",
        text="How much does it cost?",
        rfc_message_id=f"<{number}@b.example>",
        in_reply_to="",
        received_at=NIGHT,
        due_at=NIGHT,
    )


ROOT = "document.querySelector('parley-chat').shadowRoot"
TEXTS = f"[...{ROOT}.querySelectorAll('.msg .text')].map(n => n.textContent)"


def test_the_widget_works_in_a_browser_by_keyboard_and_after_a_reload(site, need_program, tmp_path):
    """R22 R29: typed, answered, there again after a reload; a person's words appear."""
    with open_browser(need_program("chromium"), tmp_path / "profile") as page:
        page.go(f"{site.url}/chat/demo")
        page.run(f"{ROOT}.querySelector('.launch').focus()")
        page.press("Enter")
        page.wait(f"!{ROOT}.querySelector('.panel').hidden")
        assert page.run(f"{ROOT}.activeElement.tagName") == "TEXTAREA"
        assert page.run(f"{ROOT}.querySelector('.who').textContent") == "AI assistant"
        hostile = "<img src=x onerror=window.hacked=1> How much does it cost?"
        page.type(hostile)
        page.press("Enter")
        page.wait(f"{ROOT}.querySelectorAll('.msg.agent').length > 1")
        assert hostile in page.run(TEXTS)
        assert page.run("window.hacked") is None
        before = page.run(TEXTS)[1:]
        page.go(f"{site.url}/chat/demo")
        page.wait(f"{ROOT}.querySelectorAll('.msg').length >= {len(before)}")
        assert page.run(TEXTS) == before
        page.type("Can I speak to a human please?")
        page.press("Enter")
        page.wait(f"{ROOT}.querySelectorAll('.msg').length > {len(before) + 1}")
        site.answer("Lena here, what can I do? See https://evil.example/x")
        page.wait(f"{ROOT}.querySelectorAll('.msg.person').length")
        assert page.run(f"{ROOT}.querySelector('.who').textContent") == "A person is here"
        assert page.run(f"{ROOT}.querySelectorAll('.log a').length") == 0
        take_pictures(page, "chat")
        page.press("Escape")
        page.wait(f"{ROOT}.querySelector('.panel').hidden")
        assert page.run(f"{ROOT}.activeElement.className") == "launch"


def take_pictures(page, name):
    """Keeps pictures where somebody wants to look at them."""
    shots = os.environ.get("PARLEY_SHOTS")
    for width, height in ((1280, 800), (390, 780)) if shots else ():
        for scheme in ("light", "dark"):
            picture = page.look(width=width, height=height, scheme=scheme)
            with open(os.path.join(shots, f"{name}-{width}-{scheme}.png"), "wb") as file:
                file.write(picture)


def test_beside_an_address_stands_an_unticked_box_and_only_a_tick_is_a_consent(
    site, need_program, tmp_path
):
    """R22 R68: by keyboard; what is kept is what the visitor read."""
    box = f"{ROOT}.querySelector('.agree')"
    with open_browser(need_program("chromium"), tmp_path / "profile") as page:
        page.go(f"{site.url}/chat/demo")
        page.run("parleyChat.open()")
        assert page.run(f"{box}.hidden")
        page.type("I would like to book a demo. When could we meet?")
        page.press("Enter")
        page.wait(f"{TEXTS}.some(text => text.includes('2)'))")
        page.type("2 please")
        page.press("Enter")
        page.wait(f"!{box}.hidden")
        assert page.run(f"{box}.firstChild.checked") is False
        words = page.run(f"{box}.textContent")
        assert words == "You may write to me by mail about Northbeam Relay."
        page.run(f"{box}.firstChild.focus()")
        page.press(" ")
        assert page.run(f"{box}.firstChild.checked") is True
        take_pictures(page, "consent")
        page.press("Tab")
        assert page.run(f"{ROOT}.activeElement.tagName") == "TEXTAREA"
        page.type("tick@new.example")
        page.press("Enter")
        page.wait(f"{box}.hidden && !{box}.firstChild.checked")
    with site.store.begin() as tx:
        kept = within(10, lambda: tx.consents(tx.contact_by_email("tick@new.example").person_id))
    assert [(c.state, c.words, c.page) for c in kept] == [("requested", words, "demo")]


def test_the_widget_works_where_websockets_are_shut_out(site, need_program, tmp_path):
    """R22: the same words by plain requests, and a reload finds them."""
    with open_browser(need_program("chromium"), tmp_path / "profile") as page:
        page.ask("Page.enable")
        page.ask("Page.addScriptToEvaluateOnNewDocument", source="delete window.WebSocket")
        page.go(f"{site.url}/chat/demo")
        assert page.run("typeof WebSocket") == "undefined"
        page.run("parleyChat.open()")
        page.type("How much does it cost?")
        page.press("Enter")
        page.wait(f"{ROOT}.querySelectorAll('.msg.agent').length > 1")
        page.wait(f"!{ROOT}.querySelector('.msg.waiting')")
        before = page.run(TEXTS)[1:]
        page.go(f"{site.url}/chat/demo")
        page.wait(f"{ROOT}.querySelectorAll('.msg').length >= {len(before)}")
        assert page.run(TEXTS) == before


COUNTED = """
window.opened = [];
window.WebSocket = class extends WebSocket {
  constructor(...all) { super(...all); opened.push(this); }
};
"""


def test_whoever_connects_twice_at_once_is_one_visitor(site, need_program, tmp_path):
    """The network comes back while the window is still connecting."""
    with open_browser(need_program("chromium"), tmp_path / "profile") as page:
        page.ask("Page.enable")
        page.ask("Page.addScriptToEvaluateOnNewDocument", source=COUNTED)
        page.go(f"{site.url}/chat/demo")
        page.run("parleyChat.open(), dispatchEvent(new Event('online'))")
        page.wait("parleyChat.visitor")
        assert page.run("opened.length") == 1


def test_what_was_typed_without_a_connection_is_sent_once_it_is_there(site, need_program, tmp_path):
    with open_browser(need_program("chromium"), tmp_path / "profile") as page:
        page.go(f"{site.url}/chat/demo")
        page.ask("Network.enable")
        shut = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        page.ask("Network.emulateNetworkConditions", offline=True, **shut)
        page.run("parleyChat.open()")
        page.type("How much does it cost?")
        page.press("Enter")
        page.wait(f"!{ROOT}.querySelector('.note').hidden")
        page.ask("Network.emulateNetworkConditions", offline=False, **shut)
        page.wait(f"{ROOT}.querySelectorAll('.msg.agent').length > 1", seconds=40)
        assert page.run(TEXTS).count("How much does it cost?") == 1
        assert page.run(f"{ROOT}.querySelector('.note').hidden") is True
