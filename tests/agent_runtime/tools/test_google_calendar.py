"""Google Calendar through the port, against a server that answers as its API is documented."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from google_stand_in import Google, running

from agent_runtime.domain import Room, Slot
from agent_runtime.tools.google_calendar import GoogleCalendar, GoogleCalendarError
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

pytestmark = pytest.mark.real
NOW = datetime(2026, 1, 14, 15, tzinfo=UTC)
HOURS = {"o-1": OfficeHours("Europe/Berlin"), "o-2": OfficeHours("Europe/Berlin")}
CALENDARS = {"o-1": "lena@northbeam.example", "o-2": "max@northbeam.example"}
WORDS = {"summary": "s", "description": "d", "attendee": "a@b.example", "organizer": "o@n.example"}


class Desk:
    def __init__(self, url, google):
        self.google, self.url, self.pauses, self.now = google, url, [], NOW
        self.opened = []

    def calendar(self, token="good"):
        opened = GoogleCalendar(
            lambda: token,
            hours=HOURS,
            calendars=CALENDARS,
            clock=lambda: self.now,
            url=self.url,
            pause=self.pauses.append,
        )
        self.opened.append(opened)
        return opened

    def standing(self):
        return [
            e
            for es in self.google.events.values()
            for e in es.values()
            if e["status"] != "cancelled"
        ]


@pytest.fixture
def desk():
    google = Google()
    with running(google) as url:
        desk = Desk(url, google)
        yield desk
        for calendar in desk.opened:
            calendar.close()


def free(calendar, owner="o-1"):
    return calendar.free_slots(owner, now=NOW, key="k", limit=999)


def book(calendar, slot, uid):
    return calendar.book(slot, uid=uid, **WORDS).status


def test_it_offers_and_books_as_the_other_calendars_do(desk):
    """R54: the same port."""
    google, memory = desk.calendar(), MemoryCalendar(HOURS)
    for number in range(6):
        offers = [c.free_slots("o-1", now=NOW, key=str(number)) for c in (google, memory)]
        assert offers[0] == offers[1]
        assert book(google, offers[0][0], f"u{number}") == "booked"
        assert book(memory, offers[0][0], f"u{number}") == "booked"
        assert book(google, offers[0][0], f"u{number}") == "booked", "again changes nothing"
        assert book(google, offers[0][0], "other") == "taken"
    assert len(desk.standing()) == 6
    assert desk.google.pages > 20, "lists are read to their last page"


def test_of_many_who_want_one_slot_one_gets_it(desk):
    rivals = [desk.calendar() for _ in range(8)]
    slot = free(rivals[0])[0]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: book(rivals[n % 8], slot, f"r{n}"), range(24)))
    assert sorted(got) == ["booked"] + ["taken"] * 23
    assert len(desk.standing()) == 1


def test_overlapping_bookings_from_different_starts_leave_one(desk):
    base = datetime(2026, 1, 20, 9, tzinfo=UTC)
    wanted = [
        Slot("o-1", base + timedelta(minutes=5 * n), base + timedelta(minutes=5 * n + 60))
        for n in range(8)
    ]
    rivals = [desk.calendar() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: book(rivals[n], wanted[n], f"r{n}"), range(8)))
    assert got.count("booked") == len(desk.standing()) == 1


def test_a_cancelled_or_moved_slot_can_be_booked_though_its_id_stays_used(desk):
    calendar = desk.calendar()
    old, new = free(calendar)[3], free(calendar)[9]
    book(calendar, old, "a")
    assert calendar.cancel(old, uid="a")
    assert not calendar.cancel(old, uid="a")
    assert book(calendar, old, "m") == "booked"
    for _ in range(2):
        assert calendar.move(old, new, uid="m", sequence=1, **WORDS).status == "booked"
    assert book(calendar, old, "c") == "booked"
    assert book(calendar, new, "d") == "taken"
    assert len(desk.standing()) == 2
    elsewhere = free(calendar, "o-2")[20]
    assert calendar.move(new, elsewhere, uid="m", sequence=2, **WORDS).status == "booked"
    assert new in free(calendar)


def test_a_hold_ends(desk):
    """R37: hold calendar slots."""
    calendar = desk.calendar()
    slot = free(calendar)[0]
    calendar.hold(slot, uid="h", until=NOW + timedelta(hours=2))
    assert slot not in free(calendar)
    assert book(calendar, slot, "other") == "taken"
    desk.now = NOW + timedelta(hours=3)
    assert book(calendar, slot, "other") == "booked"


def test_holds_give_way_and_are_released_and_meetings_are_not(desk):
    """R37: as on the other calendars."""
    calendar = desk.calendar()
    slot, near, new = free(calendar)[0], free(calendar)[2], free(calendar)[9]
    until = NOW + timedelta(hours=2)
    calendar.hold(slot, uid="h", until=until)
    assert slot in calendar.free_slots("o-1", now=NOW, key="k", limit=999, held_too=True)
    assert calendar.book(slot, uid="x", over_hold=True, **WORDS).status == "booked"
    assert not calendar.release(slot, uid="h")
    calendar.hold(new, uid="h2", until=until)
    assert calendar.move(slot, new, uid="x", sequence=1, own=("h2",), **WORDS).status == "booked"
    assert calendar.release(new, uid="h2")
    calendar.hold(near, uid="h3", until=until)
    assert book(calendar, near, "h3") == "booked"
    assert not calendar.release(near, uid="h3")
    assert len(desk.standing()) == 2


def test_it_waits_as_long_as_it_is_told_when_it_asked_too_often(desk):
    desk.google.too_often = 2
    assert free(desk.calendar())
    assert desk.pauses == [7.0, 7.0]


def test_an_expired_token_is_named(desk):
    with pytest.raises(GoogleCalendarError, match="PARLEY_GOOGLE_TOKEN"):
        free(desk.calendar(token="old"))


def test_the_room_of_a_template_stands_with_the_event(desk):
    """R54: another worker keeps it as well."""
    first, second = desk.calendar(), desk.calendar()
    slots, room = free(first), Room(before=15, after=45)
    assert first.book(slots[6], uid="m", room=room, **WORDS).status == "booked"
    left = free(second)
    assert [n for n in range(12) if slots[n] not in left] == [5, 6, 7, 8]
    assert book(second, slots[7], "after") == "taken"
    assert second.hold(slots[5], uid="h", until=NOW + timedelta(hours=2)).status == "taken"
    assert second.book(slots[9], uid="near", room=Room(before=90), **WORDS).status == "taken"
    assert second.book(slots[9], uid="near", room=Room(before=60), **WORDS).status == "booked"
