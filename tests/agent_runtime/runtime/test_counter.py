"""A buyer's calendar proposes another time (iTIP COUNTER): taken where it is free."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from conversation_world import ANA, NOW, work_all
from icalendar import Calendar
from test_attendance import answer
from test_holds import OFFERED, Talk

from agent_runtime.channels.email.parse import parse
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.slots import OfficeHours


class Booked(Talk):
    """Ana has a meeting; her calendar then answers the invitation."""

    def __init__(self, **words):
        super().__init__(**words)
        self.ask()
        self.now = self.say("2 please")
        self.invited = self.wire.mails[-1]
        self.meeting = self.standing()

    def standing(self):
        (meeting,) = [m for m in self.store.meetings.values() if m.state == "CONFIRMED"]
        return meeting

    def answer(self, *, text="", method="COUNTER", partstat="TENTATIVE", at=None, end=None):
        start = at if isinstance(at, str) else f"{at:%Y%m%dT%H%M%SZ}" if at else ""
        part = answer(self.invited, partstat, method, start=start)
        if end is not None:
            part = part.replace(b"ATTENDEE", f"DTEND:{end:%Y%m%dT%H%M%SZ}\r\nATTENDEE".encode())
        sent = EmailMessage()
        sent["From"], sent["To"], sent["Message-ID"] = (
            ANA.email,
            ANA.mailbox,
            f"<{self.now:%d%H%M}@x>",
        )
        sent["Subject"], sent["In-Reply-To"] = "New time proposed", self.invited.rfc_message_id
        sent.set_content(text)
        kind = {"maintype": "text", "subtype": "calendar", "params": {"method": method}}
        sent.add_alternative(part, **kind)
        self.now += timedelta(hours=1)
        before = len(self.wire.mails)
        self.runtime.inbox.receive(parse(sent.as_bytes(), mailbox=ANA.mailbox), now=self.now)
        self.now += timedelta(minutes=2)
        work_all(self.store, self.runtime, self.wire, self.now)
        return self.wire.mails[before:]

    def open_slot(self):
        return self.free(self.now + timedelta(days=1))[7]


def test_a_proposed_time_that_is_free_is_taken_as_a_move():
    """R111 R193: one event, its sequence raised, and the buyer gets the invitation anew."""
    talk = Booked()
    slot = talk.open_slot()
    (sent,) = talk.answer(at=slot.start, end=slot.end)
    meeting = talk.standing()
    assert (meeting.slot, meeting.ical_uid, meeting.sequence) == (slot, talk.meeting.ical_uid, 1)
    (event,) = Calendar.from_ical(sent.invite).walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"], event.start) == (meeting.ical_uid, 1, slot.start)
    assert talk.meeting.slot in talk.free()
    assert slot not in talk.free(talk.now)
    assert talk.store.open_human_tasks() == ()


def test_a_proposed_time_that_is_not_free_is_answered_with_times_of_that_day():
    """R111: new times at once, the meeting stands until one is chosen; twice goes to a person."""
    talk = Booked()
    slot = talk.open_slot()
    words = {"summary": "s", "description": "d", "attendee": "x@y.example", "organizer": "o@n.e"}
    talk.calendar.book(slot, uid="other", **words)
    (sent,) = talk.answer(at=slot.start)
    assert talk.standing() == talk.meeting
    offered = talk.offered()
    assert "\n1) " in sent.body
    assert {s.start.date() for s in offered} == {slot.start.date()}
    assert talk.held() == list(offered), "they are held as in every answer"
    talk.say("2 please", after=talk.now - OFFERED + timedelta(hours=1))
    assert talk.standing().slot == offered[1]
    assert talk.standing().sequence == 1
    assert talk.held() == []
    talk.now += timedelta(hours=2)
    talk.invited = talk.wire.mails[-1]
    talk.answer(at=slot.start)
    (task,) = talk.store.open_human_tasks()
    assert task.reason == "meeting_change"
    assert task.text == f"[proposes {slot.start:%Y-%m-%d %H:%M} UTC]"


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("20260120", None),
        ("20260120T090000", None),
        (NOW - timedelta(days=1), None),
        (NOW + timedelta(days=2, hours=2), NOW + timedelta(days=2, hours=4)),
    ],
    ids=["whole day", "no zone", "past", "longer"],
)
def test_what_is_not_clear_goes_to_a_person_and_nothing_is_moved(at, end):
    talk = Booked()
    assert talk.answer(at=at, end=end) == []
    assert talk.standing() == talk.meeting
    (task,) = talk.store.open_human_tasks()
    assert task.reason == "time_proposed"


@pytest.mark.parametrize("hours", [-6, 24 * 30])
def test_a_time_outside_the_rules_is_not_taken(hours):
    """R54: office hours and how far ahead they reach bind a proposal too."""
    talk = Booked()
    (sent,) = talk.answer(at=talk.open_slot().start + timedelta(hours=hours))
    assert talk.standing() == talk.meeting
    assert "\n1) " in sent.body


def test_words_that_drop_the_meeting_come_before_what_the_calendar_proposes():
    talk = Booked()
    talk.answer(text="Please remove me from your list.", at=talk.open_slot().start)
    assert talk.store.suppressed(ANA.person_id) == "opt_out"
    assert talk.standing() == talk.meeting


@pytest.mark.parametrize("partstat", ["ACCEPTED", "DECLINED"])
def test_an_answer_without_words_is_not_answered_with_a_question(partstat):
    """R193: whoever presses a button in their calendar gets no mail for it."""
    talk = Booked()
    assert talk.answer(method="REPLY", partstat=partstat) == []
    (meeting,) = talk.store.meetings.values()
    assert meeting.state == ("CONFIRMED" if partstat == "ACCEPTED" else "DECLINED")


@pytest.mark.real
def test_the_move_stands_on_the_calendar_server(tmp_path):
    """R193: on a real server, one event at the proposed time."""
    clock = [OFFERED]
    hours = {"o-1": OfficeHours("Europe/Berlin")}
    with serve_calendar(tmp_path, hours) as server:
        talk = Booked(calendar=CalDavCalendar(server.url, hours=hours, clock=lambda: clock[0]))
        slot = talk.open_slot()
        talk.answer(at=slot.start)
        files = [p for p in tmp_path.rglob("*.ics") if ".Radicale.cache" not in p.parts]
        (event,) = [e for p in files for e in Calendar.from_ical(p.read_bytes()).walk("VEVENT")]
        assert (event["UID"], event["SEQUENCE"], event.start) == (
            talk.meeting.ical_uid,
            1,
            slot.start,
        )
