"""What attendees answer, what became of meetings, and cancellations."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from icalendar import Calendar
from runtime_people import ANA, NOW
from test_booking import LIBRARY, Room

from agent_runtime.attendance import AttendanceError, hear_itip, mark
from agent_runtime.channels.email.compose import compose
from agent_runtime.channels.email.parse import parse
from agent_runtime.channels.email.render import render
from agent_runtime.human_queue import HumanAnswer, HumanQueue
from agent_runtime.store.rows import HumanTask
from agent_runtime.tools.itip import read_itip


def answer(sent, partstat="ACCEPTED", method="REPLY", attendee=None, start=""):
    """The part that a calendar program sends back."""
    (event,) = Calendar.from_ical(sent.invite).walk("VEVENT")
    attendee = attendee or str(event["ATTENDEE"])
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n"
        f"UID:{event['UID']}\r\nSEQUENCE:{event['SEQUENCE']}\r\nDTSTAMP:20260113T120000Z\r\n"
        f"DTSTART:{start or event['DTSTART'].to_ical().decode()}\r\n"
        f"ATTENDEE;PARTSTAT={partstat}:{attendee}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


@pytest.fixture
def room():
    return Room()


@pytest.fixture
def sent(room):
    return room.finish(room.hold(room.free()[0]))


def hear(room, part, sender=ANA.email):
    itip = read_itip(part)
    assert itip is not None
    with room.store.begin() as tx:
        return hear_itip(tx, itip, sender=sender, key="mail-1", now=NOW, versions={})


def statuses(room):
    return [e.payload["status"] for e in room.store.events if e.kind == "meeting"]


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE"])
def test_an_answer_of_the_attendee_stands_on_the_meeting_and_in_the_trace(room, sent, partstat):
    """R193: accept and decline are read back from mail."""
    hear(room, answer(sent, partstat))
    hear(room, answer(sent, partstat))
    assert room.store.meetings["m-1"].attendance == partstat.lower()
    assert statuses(room) == ["confirmed", partstat.lower()]


def test_a_declined_meeting_frees_its_time_and_a_person_knows(room, sent):
    """R193: a decline frees the slot."""
    slot = room.store.meetings["m-1"].slot
    declined = hear(room, answer(sent, "DECLINED"))
    assert declined.state == "DECLINING"
    room.booker.release(declined)
    room.booker.release(declined)
    assert slot in room.free()
    assert room.store.meetings["m-1"].state == "DECLINED"
    assert room.session_now().meeting_uid == ""
    assert [t.reason for t in room.store.open_human_tasks()] == ["meeting_declined"]


@pytest.mark.parametrize(
    ("sender", "attendee"),
    [
        ("eve@elsewhere.example", None),
        ("eve@elsewhere.example", "mailto:eve@elsewhere.example"),
        (ANA.email, "mailto:eve@elsewhere.example"),
    ],
)
def test_nobody_but_the_attendee_answers_for_a_meeting(room, sent, sender, attendee):
    before = room.store.meetings["m-1"]
    assert hear(room, answer(sent, "DECLINED", attendee=attendee), sender=sender) is None
    assert room.store.meetings["m-1"] == before
    assert statuses(room) == ["confirmed"]


def test_an_answer_about_the_time_before_the_move_changes_nothing(room, sent):
    moved = room.finish(room.hold(room.free()[-1], uid="m-2"))
    assert hear(room, answer(sent, "DECLINED")) is None
    assert hear(room, answer(moved)).uid == "m-2"


def test_another_time_that_is_not_clear_goes_to_a_person(room, sent):
    """R193: what is clear is taken or answered by the turn of the mail; see `test_counter`."""
    hear(room, answer(sent, method="COUNTER", start="20260112T090000Z"))
    (task,) = room.store.open_human_tasks()
    assert (task.reason, task.text) == ("time_proposed", "2026-01-12 09:00 UTC")
    assert room.store.meetings["m-1"].state == "CONFIRMED"


@pytest.mark.parametrize("part", [b"", b"BEGIN:VCALENDAR", b"\xff\x00", b"METHOD:REPLY\r\n"])
def test_calendar_text_that_says_nothing_is_no_answer(part):
    assert read_itip(part) is None


def test_an_answer_is_found_in_the_mail_that_carries_it(sent):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ANA.email, sent.mailbox, "Accepted"
    mail.set_content("")
    params = {"method": "REPLY"}
    mail.add_alternative(answer(sent), maintype="text", subtype="calendar", params=params)
    received = parse(mail.as_bytes(), mailbox=sent.mailbox)
    assert (received.itip.uid, received.itip.answer) == ("m-1", "accepted")


def test_a_moved_meeting_keeps_its_uid_and_raises_its_sequence(room, sent):
    """R111 R193: the buyer's calendar moves the event instead of showing two."""
    moved = room.finish(room.hold(room.free()[-1], uid="m-2"))
    (event,) = Calendar.from_ical(moved.invite).walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"]) == ("m-1", 1)


def test_a_cancelled_meeting_leaves_both_calendars(room, sent):
    """R193: the buyer gets an iTIP CANCEL."""
    slot = room.store.meetings["m-1"].slot
    message = room.store.messages[room.booker.call_off("m-1", now=NOW)]
    calendar = Calendar.from_ical(message.invite)
    (event,) = calendar.walk("VEVENT")
    assert (calendar["METHOD"], event["UID"], event["STATUS"]) == ("CANCEL", "m-1", "CANCELLED")
    assert event["SEQUENCE"] == 1
    assert slot in room.free()
    assert room.booker.call_off("m-1", now=NOW) is None
    raw = compose(render(message, ANA, {}), at=NOW, unsubscribe="")
    assert b'method="CANCEL"' in raw


def test_the_owner_changing_while_the_calendar_is_asked_stops_the_invite(room):
    """R110: the owner is read anew before the invite."""
    slot = room.free()[0]
    book = room.calendar.book

    def overtaken(*args, **words):
        room.store.add_contact(replace(ANA, owner_id="o-2"))
        return book(*args, **words)

    room.calendar.book = overtaken
    sent = room.finish(room.hold(slot))
    assert sent.invite == ""
    assert slot in room.free()


def test_a_person_moves_the_meeting_of_a_thread_that_has_one(room, sent):
    slots = room.free()
    task = HumanTask("t", "h", "thread-1", ANA.person_id, "handoff", "owner", "r", "", NOW)
    with room.store.begin() as tx:
        tx.save_human_task(task)
    meeting = HumanQueue(room.store, {}).answer("h", HumanAnswer("", 1, books=slots[-1]), now=NOW)
    assert room.finish(meeting).invite
    assert slots[-1] not in room.free()
    assert [m.state for m in room.store.meetings.values()] == ["CANCELLED", "CONFIRMED"]


def test_what_became_of_a_meeting_is_recorded_once(room, sent):
    start = room.store.meetings["m-1"].slot.start
    with pytest.raises(AttendanceError, match="mark it once it has begun"):
        mark(room.store, "m-1", "held", now=NOW, versions={})
    later = start + timedelta(hours=1)
    mark(room.store, "m-1", "no_show", now=later, versions={})
    mark(room.store, "m-1", "no_show", now=later + timedelta(hours=1), versions={})
    assert statuses(room) == ["confirmed", "no_show"]
    with pytest.raises(AttendanceError, match="stays"):
        mark(room.store, "m-1", "held", now=later, versions={})
    with pytest.raises(AttendanceError, match="there is none"):
        mark(room.store, "m-9", "held", now=later, versions={})
    assert LIBRARY.contents["meeting.called_off", "de"].body
