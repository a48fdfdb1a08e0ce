"""Offered times are kept while a buyer decides, and given back however the matter ends."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, LIBRARY, NOW, Wire, mail, new_world, work_all
from icalendar import Calendar

from agent_runtime.ports import Receipt
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.store.rows import Due
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.slots import OfficeHours

ASKED = NOW + timedelta(hours=2)
OFFERED = ASKED + timedelta(minutes=2)
THREAD = f"thread-{ANA.person_id}"


def holding(hours=24):
    playbooks = {
        name: playbook.model_copy(update={"hold_hours": hours})
        for name, playbook in LIBRARY.playbooks.items()
    }
    return replace(LIBRARY, playbooks=playbooks)


class Talk:
    """Ana asks for times, gets an offer, and then says what a test lets her say."""

    def __init__(self, *receipts, hours=24, calendar=None):
        self.store, self.runtime = new_world(holding(hours))
        if calendar is not None:
            desk, booker = self.runtime.desk, self.runtime.booker
            desk = replace(desk, calendar=calendar, booker=replace(booker, calendar=calendar))
            self.runtime = replace(self.runtime, desk=desk, booker=desk.booker)
        self.wire = Wire(Receipt("sent", "250"), *receipts)
        self.calendar = self.runtime.desk.calendar
        work_all(self.store, self.runtime, self.wire, NOW)
        self.said = 0

    def ask(self, *, work=True):
        first = self.wire.mails[0].rfc_message_id
        self.runtime.inbox.receive(mail("Happy to talk.", in_reply_to=first), now=ASKED)
        if work:
            work_all(self.store, self.runtime, self.wire, OFFERED)
        return self

    def say(self, text, *, after=timedelta(hours=1)):
        self.said += 1
        received = OFFERED + after
        self.runtime.inbox.receive(mail(text, key=f"s{self.said}"), now=received)
        work_all(self.store, self.runtime, self.wire, received + timedelta(minutes=2))
        return received + timedelta(minutes=2)

    def offered(self):
        return self.store.session_of(ANA.person_id).offered

    def free(self, now=OFFERED):
        return self.calendar.free_slots("o-1", now=now, key="k", limit=999)

    def held(self):
        return [hold.slot for hold in self.store.open_holds(THREAD)]


def test_what_is_offered_in_a_conversation_is_offered_to_nobody_else():
    """R37 R54: the times of an answer are held once the channel has accepted it."""
    talk = Talk().ask()
    slots = talk.offered()
    assert len(slots) == 3
    assert talk.held() == list(slots)
    assert set(slots).isdisjoint(talk.free())


def test_nothing_is_held_where_the_playbook_does_not_say_so():
    talk = Talk(hours=0).ask()
    assert set(talk.offered()) <= set(talk.free())
    assert talk.held() == []


@pytest.mark.parametrize(
    "receipt", [Receipt("rejected", "550"), Receipt("retry", "451"), Receipt("unknown")]
)
def test_an_offer_that_has_not_left_holds_nothing(receipt):
    """R37: never before the permit, and never for a mail that nobody got."""
    talk = Talk(receipt).ask()
    assert talk.offered()
    assert talk.held() == []
    assert set(talk.offered()) <= set(talk.free())


def test_the_chosen_time_becomes_the_meeting_and_the_others_are_free():
    """R37 R108: one event, under the UID that the hold had."""
    talk = Talk().ask()
    slots = talk.offered()
    chosen = next(h for h in talk.store.open_holds() if h.slot == slots[1])
    talk.say("2 please")
    (meeting,) = talk.store.meetings.values()
    assert (meeting.state, meeting.slot, meeting.uid) == ("CONFIRMED", slots[1], chosen.hold_id)
    assert talk.held() == []
    assert {slots[0], slots[2]} <= set(talk.free())
    assert slots[1] not in talk.free()


@pytest.mark.parametrize("text", ["Please remove me from your list.", "no"])
def test_whoever_declines_or_stops_gives_the_times_back(text):
    talk = Talk().ask()
    slots = talk.offered()
    talk.runtime.desk.model._meanings["no"] = "not_interested"
    talk.say(text)
    assert talk.held() == []
    assert set(slots) <= set(talk.free())


def test_a_stop_from_anywhere_gives_the_times_back():
    """R70: a list, a complaint or a person may stop contact as well."""
    talk = Talk().ask()
    slots = talk.offered()
    talk.store.suppress(ANA.person_id, reason="opt_out", source="list", now=OFFERED)
    work_all(talk.store, talk.runtime, talk.wire, OFFERED)
    assert set(slots) <= set(talk.free())


def test_other_times_take_the_place_of_the_first_and_a_question_does_not():
    talk = Talk().ask()
    first = talk.offered()
    talk.say("What about the price?")
    assert talk.held() == list(first)
    talk.say("I would rather talk another day.", after=timedelta(hours=2))
    assert set(talk.offered()).isdisjoint(first)
    assert talk.held() == list(talk.offered())
    assert set(first) <= set(talk.free())


def test_a_hold_ends_by_itself():
    talk = Talk(hours=4).ask()
    slots = talk.offered()
    later = OFFERED + timedelta(hours=4)
    assert talk.store.next_due() <= later
    work_all(talk.store, talk.runtime, talk.wire, later)
    assert talk.held() == []
    assert set(slots) <= set(talk.free())


class Dies(BaseException):
    pass


@pytest.mark.parametrize("dies", ["before", "after"])
@pytest.mark.parametrize("method", ["hold", "release"])
def test_after_a_crash_what_was_wanted_is_held_and_what_was_over_is_given_back(method, dies):
    """R37: the row says what is still to be done, whatever the calendar knows of it."""
    talk = Talk()
    real = getattr(talk.calendar, method)

    def dying(*args, **words):
        setattr(talk.calendar, method, real)
        if dies == "after":
            real(*args, **words)
        raise Dies

    setattr(talk.calendar, method, dying)
    try:
        talk.ask()
        talk.say("I would rather talk another day.")
    except Dies:
        pass
    first = talk.offered()
    now = OFFERED + timedelta(hours=2)
    for message in talk.store.messages.values():
        talk.runtime.desk.work(Due("message", message.message_id), talk.wire, now=now)
    work_all(talk.store, talk.runtime, talk.wire, now)
    assert talk.held() == list(first)
    assert set(first).isdisjoint(talk.free(now))
    work_all(talk.store, talk.runtime, talk.wire, now + timedelta(hours=25))
    assert talk.held() == []
    assert len(talk.free(now)) == len(Talk(hours=0).free(now))


def test_a_calendar_that_is_away_keeps_nobody_from_the_offer():
    talk = Talk()
    talk.calendar.hold = lambda *_, **__: 1 / 0
    talk.ask()
    assert "\n1) " in talk.wire.mails[-1].body
    assert [e.kind for e in talk.store.events].count("incident") == 3
    now = talk.say("2 please")
    assert [m.state for m in talk.store.meetings.values()] == ["CONFIRMED"]
    work_all(talk.store, talk.runtime, talk.wire, now)
    assert talk.held() == []


def test_an_owners_day_has_a_cap_of_holds():
    """R37: offers to many do not empty a calendar."""
    talk = Talk()
    talk.store.holds_made = lambda *_, **__: 12
    talk.ask()
    assert talk.held() == []


@pytest.mark.real
def test_holds_on_a_calendar_server_are_tentative_and_end_in_one_meeting(tmp_path):
    """R37 R193 R49: what the owner sees in their calendar, on a real server."""
    clock = [OFFERED]
    hours = {"o-1": OfficeHours("Europe/Berlin", buffer_minutes=15)}

    def events():
        files = (p for p in tmp_path.rglob("*.ics") if ".Radicale.cache" not in p.parts)
        return [e for p in files for e in Calendar.from_ical(p.read_bytes()).walk("VEVENT")]

    with serve_calendar(tmp_path, hours) as server:
        calendar = CalDavCalendar(server.url, hours=hours, clock=lambda: clock[0])
        talk = Talk(calendar=calendar).ask()
        slots = talk.offered()
        assert {(e.start, str(e["STATUS"])) for e in events()} == {
            (slot.start, "TENTATIVE") for slot in slots
        }
        clock[0] += timedelta(hours=1)
        talk.say("2 please")
        assert [(e.start, str(e["STATUS"])) for e in events()] == [(slots[1].start, "CONFIRMED")]
