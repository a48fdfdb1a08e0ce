"""What servers outside answered to us, in their own logs, and whether the traces hold it."""

import json

from site_world import NIGHT, OWNER, begin, hear, say, within
from sqlalchemy import select
from stop_world import OURS_SMS, OURS_WHATSAPP, enter, number_of, person

from agent_runtime.clock import read_now
from agent_runtime.newcomers import read_newcomers
from agent_runtime.store import tables as t
from agent_runtime.store.rows import Inbound
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.office_hours import office_hours

ASKS, BOOKS = "What is the price?", "I would like to book a demo. When could we meet?"
LANDLINE, HASTY = 9001, 9002
WANTED = (
    "email accepted",
    "email refused",
    "form accepted",
    "sms accepted",
    "sms refused",
    "sms delayed",
    "whatsapp accepted",
    "chat accepted",
    "calendar accepted",
    "calendar refused",
    "webhook accepted",
    "webhook refused",
)


def provoke_answers(site, carrier, stops):
    """Has every server take something of ours and, where it can, refuse something."""
    names = {
        "texts": 9000,
        "landline": LANDLINE,
        "hasty": HASTY,
        "whatsapps": 9003,
        "books": 9004,
        "late": 9005,
    }
    with site.store.begin() as tx:
        for name, number in names.items():
            contact = person(name, number)
            enter(tx, contact)
            for channel in ("sms", "whatsapp"):
                tx.add_address(channel, number_of(number), contact.person_id, now=NIGHT)
        nowhere = person("nowhere", 9006, email="bo@nowhere.test")
        session = enter(tx, nowhere)
        tx.add_inbound(_question(nowhere, session))
    carrier.landlines.add(number_of(LANDLINE))

    def text(name, words, prefix="", ours=OURS_SMS):
        sid = f"{name}-{len(words)}"
        assert stops.text(sid, names[name], prefix, ours, words) == 200

    carrier.troubles.append("429")
    text("hasty", ASKS)
    within(30, lambda: not carrier.troubles)
    text("texts", ASKS)
    text("landline", ASKS)
    text("whatsapps", ASKS, "whatsapp:", OURS_WHATSAPP)
    fields = {"email": "form@form.example", "message": "How much does it cost?"}
    site.post("/forms/demo_request", fields)
    with site.chat() as window:
        begin(window)
        say(window, "m1", "How much does it cost?")
        hear(window, "message", seconds=60)
    for name in ("books", "late"):
        text(name, BOOKS)
        slots = within(60, lambda name=name: _offered(site, name))
        if name == "late":
            _block(site, slots[0])
        text(name, "1")
        wanted = "CONFIRMED" if name == "books" else "TAKEN"
        within(60, lambda name=name, wanted=wanted: _meetings(site, name, wanted))


def answers_of(site, carrier):
    """Compares the servers' own logs with the traces, one for one."""
    with site.store.engine.connect() as connection:
        events = [
            json.loads(doc) for doc in connection.execute(select(t.trace_events.c.doc)).scalars()
        ]
    by_kind = {
        kind: [e["payload"] for e in events if e["kind"] == kind]
        for kind in ("message", "delivery", "crm_write")
    }
    accepted = {
        m["rfc_message_id"]: (m.get("code", ""), m.get("why", ""))
        for m in by_kind["message"]
        if m["direction"] == "out" and m["state"] == "SENT"
    }
    ours = [m for m in site.sent() if m["mail_from"].endswith("northbeam.example")]
    missing = [m["message_id"] for m in ours if accepted.get(m["message_id"], ("", ""))[0] != "250"]
    missing += [m["sid"] for m in carrier.taken() if accepted.get(m["sid"], ("", ""))[0] != "201"]
    found = dict.fromkeys(WANTED, 0)
    for mail in ours:
        found["email accepted"] += "2.0.0 OK" in accepted.get(mail["message_id"], ("", ""))[1]
        found["form accepted"] += mail["rcpt_to"] == ["form@form.example"]
    for message in by_kind["message"]:
        if message["channel"] == "chat" and message["direction"] == "out":
            found["chat accepted"] += message.get("code") == "stored"
    for news in by_kind["delivery"]:
        key = (news["source"], news["status"], news["code"])
        found["email refused"] += (
            key == ("smtp", "bounced", "550") and "never leaves" in news["why"]
        )
        found["sms refused"] += key == ("sms", "bounced", "21614") and "mobile" in news["why"]
        found["sms delayed"] += key == ("sms", "delayed", "20429") and "Too Many" in news["why"]
        for channel in ("sms", "whatsapp"):
            found[f"{channel} accepted"] += key == (channel, "accepted", "201")
    for written in by_kind["crm_write"]:
        if written["object"] == "calendar":
            found[f"calendar {written['status']}"] += bool(written["code"])
        if written["object"] == "notice" and written["way"] == "webhook":
            found[f"webhook {written['status']}"] += bool(written["code"])
    return {
        "answers": found,
        "not_in_trace": missing[:10],
        "answers_missing": [name for name, count in found.items() if not count],
    }


def _question(contact, session):
    return Inbound(
        tenant_id=contact.tenant_id,
        key=f"asks-{contact.person_id}",
        mailbox=contact.mailbox,
        lane=contact.mailbox,
        thread_id=session.thread_id,
        person_id=contact.person_id,
        subject="Question",
        text="How much does it cost?",
        rfc_message_id=f"<asks-{contact.person_id}@b.example>",
        in_reply_to="",
        received_at=NIGHT,
        due_at=NIGHT,
    )


def _offered(site, name):
    with site.store.begin() as tx:
        return tx.session_of(f"p-{name}").offered


def _meetings(site, name, state):
    with site.store.begin() as tx:
        return tx.meetings_of(f"thread-p-{name}", state)


def _block(site, slot):
    """A colleague puts something else there in between."""
    with site.store.begin() as tx:
        owners = read_newcomers(tx, site.settings.tenant_id).owners
    calendar = CalDavCalendar(
        site.calendar_url,
        hours=office_hours(owners),
        clock=lambda: read_now(site.store.engine),
    )
    words = {"summary": "Dentist", "description": "", "attendee": "x@n.example"}
    booked = calendar.book(slot, uid="dentist", organizer=OWNER.email, **words)
    assert booked.status == "booked"
