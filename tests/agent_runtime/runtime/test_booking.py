"""Booking: with the owner of this moment, with an agenda, and moved in one piece."""

from dataclasses import replace
from datetime import timedelta

import pytest
from icalendar import Calendar
from runtime_people import ANA, FACTS, NOW

from agent_runtime.booking import Booker
from agent_runtime.domain import Observation, Session
from agent_runtime.holds import Keeper
from agent_runtime.library.catalog import load_library
from agent_runtime.loop import Deps, decide
from agent_runtime.meetings.template import room_of
from agent_runtime.models.language import ScriptedModel
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Hold, Meeting
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

LIBRARY = load_library()
HOURS = {name: OfficeHours("Europe/Berlin") for name in ("o-1", "o-2")}


class Room:
    """A store, two owners' calendars and a booker, for one thread of the scheduling playbook."""

    def __init__(self, contact=ANA):
        self.store = MemoryStore("t")
        self.store.add_contact(contact)
        self.calendar = MemoryCalendar(HOURS)
        self.booker = Booker(self.store, self.calendar, LIBRARY, {})
        self.session = Session(
            tenant_id="t",
            thread_id="thread-1",
            person_id=ANA.person_id,
            contact_id=ANA.contact_id,
            playbook="scheduling",
            state="scheduling",
            language="de",
        )
        with self.store.begin() as tx:
            tx.save_session(self.session)

    def hold(self, slot, *, uid="m-1", actor="agent"):
        meeting = Meeting("t", uid, "thread-1", ANA.person_id, slot, actor)
        with self.store.begin() as tx:
            tx.save_meeting(meeting)
        return meeting

    def finish(self, meeting):
        said = self.booker.finish(meeting, now=NOW)
        return self.store.messages[said] if said else None

    def session_now(self):
        with self.store.begin() as tx:
            return tx.session_of(ANA.person_id)

    def free(self, owner="o-1"):
        return self.calendar.free_slots(owner, now=NOW, key="k", limit=99)


@pytest.fixture
def room():
    return Room()


def test_the_confirmation_says_what_to_prepare_and_the_invitation_what_it_is_about(room):
    """R108 R111: agenda and prep material reach the buyer in their language."""
    sent = room.finish(room.hold(room.free()[0]))

    assert sent.content_ids == ("meeting.booked", "sched.prepare")
    assert LIBRARY.contents["sched.prepare", "de"].body in sent.body
    (event,) = Calendar.from_ical(sent.invite).walk("VEVENT")
    assert str(event["DESCRIPTION"]) == LIBRARY.contents["meeting.agenda", "de"].body


def test_no_invite_goes_out_once_the_account_has_another_owner():
    """R110: the owner is confirmed before the invite; a new owner's times go out instead."""
    room = Room(replace(ANA, owner_id="o-2"))
    slot = room.free("o-1")[0]
    sent = room.finish(room.hold(slot))

    assert sent.invite == ""
    assert sent.content_ids == ("slots.other",)
    assert slot in room.free("o-1")
    assert {s.owner_id for s in room.session_now().offered} == {"o-2"}


def test_without_an_owner_a_person_decides_whose_meeting_it_is():
    """R110: no owner, no invite."""
    room = Room(replace(ANA, owner_id=""))

    assert room.finish(room.hold(room.free("o-1")[0])) is None
    assert room.store.meetings["m-1"].state == "TAKEN"
    (waiting,) = room.store.open_human_tasks()
    assert (waiting.reason, waiting.route_to) == ("slot_taken", "owner")


def test_a_mail_is_read_even_where_the_account_has_no_owner(room):
    """R110: no calendar is asked for nobody's times; a person gets the mail."""
    deps = Deps(
        contact=replace(ANA, owner_id=""),
        facts=replace(FACTS, owner_id=""),
        playbook=LIBRARY.playbook("scheduling"),
        library=LIBRARY,
        model=ScriptedModel({"meet": "book_meeting"}),
        calendar=room.calendar,
        now=NOW,
    )
    action = decide(room.session, Observation("mail", "o", NOW, text="Happy to meet."), deps)

    assert action.candidate.reason == "owner_not_confirmed"


def test_a_moved_meeting_frees_its_old_time(room):
    """R111 R180: a thread has one meeting ahead, in the calendar and in the traces."""
    old, new = room.free()[0], room.free()[-1]
    room.finish(room.hold(old))
    assert old not in room.free()
    sent = room.finish(room.hold(new, uid="m-2"))

    assert "METHOD:REQUEST" in sent.invite
    assert old in room.free()
    assert new not in room.free()
    assert {m.uid: m.state for m in room.store.meetings.values()} == {
        "m-1": "CANCELLED",
        "m-2": "CONFIRMED",
    }
    changes = [(e.payload["event_uid"], e.payload["status"]) for e in traced(room, "meeting")]
    assert changes == [("m-1", "confirmed"), ("m-1", "cancelled"), ("m-2", "confirmed")]


def test_a_meeting_that_has_been_is_left_on_record(room):
    first = replace(
        room.free()[0], start=NOW - timedelta(days=2), end=NOW - timedelta(days=2, minutes=-30)
    )
    room.finish(room.hold(first))
    room.finish(room.hold(room.free()[0], uid="m-2"))

    assert room.store.meetings["m-1"].state == "CONFIRMED"


def test_a_person_books_in_whichever_calendar_they_like(room):
    sent = room.finish(room.hold(room.free("o-2")[0], actor="human"))

    assert "METHOD:REQUEST" in sent.invite


def traced(room, kind):
    return [event for event in room.store.events if event.kind == kind]


@pytest.mark.parametrize(("playbook", "kept"), [("demo_prep", 15), ("scheduling", 0)])
def test_a_booked_meeting_keeps_the_room_of_its_playbooks_template(room, playbook, kept):
    """R54: a demonstration has a quarter of an hour around it, a first meeting none."""
    assert room_of(LIBRARY.playbook(playbook).meeting).before == kept
    with room.store.begin() as tx:
        tx.save_session(replace(room.session, playbook=playbook))
    before, slot, after = room.free()[4:7]
    assert (before.end, slot.end) == (slot.start, after.start)
    assert room.finish(room.hold(slot)) is not None
    left = room.free()
    assert [near in left for near in (before, after)] == [kept == 0] * 2


@pytest.mark.parametrize(("playbook", "kept"), [("demo_prep", 15), ("scheduling", 0)])
def test_a_held_time_keeps_the_room_of_its_playbooks_template(room, playbook, kept):
    """R37 R54: what is offered can be booked, whatever others book meanwhile."""
    before, slot, after = room.free()[4:7]
    with room.store.begin() as tx:
        tx.save_session(replace(room.session, playbook=playbook))
        until = NOW + timedelta(hours=4)
        tx.save_hold(
            Hold("t", "h", "thread-1", ANA.person_id, ANA.mailbox, slot, NOW, until, due_at=NOW)
        )
    Keeper(room.store, room.calendar, LIBRARY).work("h", now=NOW)
    left = room.free()
    assert slot not in left
    assert [near in left for near in (before, after)] == [kept == 0] * 2
