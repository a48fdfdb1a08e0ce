"""One buyer over form, mail, chat and text, with real servers, to a booked meeting."""

import json
import re
import smtplib
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import httpx
import pytest
from browser import open_browser
from site_world import NIGHT, hear, running_site, say, within
from stop_world import Stops, person, queue

from agent_runtime.channels.carrier.signature import HEADER, sign
from agent_runtime.channels.email.parse import ReceivedMail
from agent_runtime.clock import write_now
from agent_runtime.sandbox.carrier import Carrier
from agent_runtime.store import tables as t

pytestmark = pytest.mark.real

PUBLIC = "https://talk.northbeam.example"
KIM, PHONE, OURS = "kim@quill.example", "+353851234567", "+15550001"
MAIL_ID = "<kim-1@quill.example>"
ROOT = "document.querySelector('parley-chat').shadowRoot"
FORM = {
    "email": KIM,
    "first_name": "Kim",
    "company": "Quill Works",
    "country": "IE",
    "time_zone": "Europe/Dublin",
    "phone": PHONE,
    "sms_consent": "yes",
    "message": "I would like to book a demo. When could we meet?",
}


@pytest.fixture(scope="module")
def carrier(tmp_path_factory):
    with Carrier(tmp_path_factory.mktemp("carrier") / "carrier.jsonl") as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory, carrier):
    texting = {
        "PARLEY_CARRIER_URL": carrier.url,
        "PARLEY_CARRIER_ACCOUNT": carrier.account,
        "PARLEY_CARRIER_TOKEN": carrier.token,
        "PARLEY_SMS_NUMBER": OURS,
        "PARLEY_PUBLIC_URL": PUBLIC,
        "PARLEY_CHAT_PAGE": "https://www.northbeam.example/chat",
        "PARLEY_SIGNING_KEYS": "1:" + "k" * 40,
    }
    with running_site(tmp_path_factory.mktemp("site"), **texting) as made:
        yield made


def test_a_stop_takes_all_channels_off_the_queue_within_five_seconds(site, carrier):
    """R193 R225: mail, one click and text; tasks, drafts, a rep's draft, a reminder."""
    ways = ("mail_in_words", "one_click", "sms")
    people = [person(f"quits{n}", n) for n in range(2 * len(ways))]
    with site.store.begin() as tx:
        for number, contact in enumerate(people):
            queue(tx, contact, number)
    stops = Stops(site, carrier)
    with stops.watching():
        for number, contact in enumerate(people):
            stops.stop(ways[number % len(ways)], contact, number)
        stops.wait(20)
    slowest = {way: max(times) for way, times in stops.seconds().items()}
    assert set(slowest) == set(ways)
    assert max(slowest.values()) < 5, slowest


def mails_to_kim(site):
    return [mail for mail in site.sent() if mail["rcpt_to"] == [KIM]]


def answer_by_mail(site, mail, text):
    message = EmailMessage()
    message["From"], message["To"] = KIM, mail["mail_from"]
    message["Subject"], message["Message-ID"] = "Re: your answer", MAIL_ID
    message["In-Reply-To"] = mail["message_id"]
    message.set_content(text)
    with smtplib.SMTP(site.exchanger.host, site.exchanger.port, timeout=10) as server:
        server.send_message(message)


def text_us(site, carrier, words):
    """The carrier delivers a text: signed over the public address, as behind a proxy."""
    fields = {"MessageSid": f"SM{len(words)}", "From": PHONE, "To": OURS, "Body": words}
    signature = sign(f"{PUBLIC}/carrier/messages", fields.items(), carrier.token)
    url = f"{site.url}/carrier/messages"
    return httpx.post(url, data=fields, headers={HEADER: signature}, timeout=10).status_code


def has_come(site, rfc_message_id):
    with site.store.begin() as tx:
        return tx.inbound(ReceivedMail.key_of(rfc_message_id)) is not None


def questions_asked(site, thread_id):
    """Of all that has left, over every channel; what the session remembers has no repeats."""
    with site.store.begin() as tx:
        rows = tx.rows(t.messages, thread_id=thread_id, state="SENT").all()
        left = [tx.message(row.message_id) for row in rows]
    return [c for message in left for c in message.content_ids if c.startswith("question.")]


def test_the_chat_opened_from_a_mail_is_its_readers(site):
    """R29: the worker signs the link, the web side believes it; one thread."""
    fields = FORM | {"email": "lou@quill.example", "phone": "", "first_name": "Lou"}
    site.post("/forms/demo_request", fields)
    box = site.settings.paths.mail / "lou@quill.example"
    (path,) = within(60, lambda: [file for file in box.glob("*/*") if file.is_file()])
    mail = message_from_bytes(path.read_bytes(), policy=default)
    body = mail.get_body(("plain",)).get_content()
    (proof,) = re.findall(r"https://www\.northbeam\.example/chat\?pt=(\S+)", body)
    with site.chat() as window:
        window.send(json.dumps({"v": 1, "type": "hello", "token": "", "pt": proof}))
        visitor = hear(window, "hello")
        say(window, "m1", "Is our data safe with you?")
        hear(window, "message", seconds=30)
    assert visitor["link_used"] is True
    with site.store.begin() as tx:
        lou = tx.contact_by_email("lou@quill.example")
        chat = tx.chat_of(f"thread-{lou.person_id}")
    assert [line.by for line in chat] == ["visitor", "agent"]


def kim(site):
    with site.store.begin() as tx:
        contact = tx.contact_by_email(KIM)
        return contact, tx.session_of(contact.person_id)


def test_form_mail_chat_text_and_a_meeting_are_one_thread(site, carrier, need_program, tmp_path):
    """R22 R23 R24 R29 R30: one memory over all channels; nothing is asked twice."""
    with open_browser(need_program("chromium"), tmp_path / "profile") as page:
        page.go(f"{site.url}/chat/demo")
        page.run("parleyChat.open()")
        visitor = page.wait("parleyChat.visitor")
        site.post("/forms/demo_request", FORM | {"visitor": visitor})
        (first,) = within(60, lambda: mails_to_kim(site))
        offered = within(10, lambda: kim(site)[1].offered)

        answer_by_mail(site, first, "What is the price?")
        within(20, lambda: has_come(site, MAIL_ID))
        write_now(site.store.engine, NIGHT + timedelta(minutes=5))
        within(60, lambda: len(mails_to_kim(site)) == 2)

        page.type("Is our data safe with you?")
        page.press("Enter")
        page.wait(f"{ROOT}.querySelectorAll('.msg.agent').length > 1")

    assert text_us(site, carrier, "2 please") == 200
    confirmed = within(30, lambda: [m for m in carrier.taken() if m["To"] == PHONE])
    assert len(confirmed) == 1
    within(30, lambda: len(mails_to_kim(site)) == 3)

    contact, session = kim(site)
    with site.store.begin() as tx:
        (meeting,) = tx.meetings_of(session.thread_id, "CONFIRMED")
        tasks = [w for w in tx.open_human_tasks() if w.person_id == contact.person_id]
        chat = tx.chat_of(session.thread_id)
    assert meeting.slot == offered[1]
    assert [line.by for line in chat] == ["visitor", "agent"]
    assert not any(task.waits_for_answer for task in tasks)
    asked = questions_asked(site, session.thread_id)
    assert asked
    assert len(asked) == len(set(asked))
    assert list((site.settings.paths.calendar).rglob("*.ics"))
