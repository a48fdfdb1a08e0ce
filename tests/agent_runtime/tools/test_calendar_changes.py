"""Holds, moves, caps and what blocks time, on both calendars."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from caldav.davclient import DAVClient
from icalendar import Calendar

from agent_runtime.domain import Room, Slot
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

NOW = datetime(2026, 1, 14, 15, tzinfo=UTC)
HOURS = {
    "o-1": OfficeHours("Europe/Berlin"),
    "o-2": OfficeHours("America/New_York"),
    "capped": OfficeHours("Europe/Berlin", meetings_a_day=2),
    "uneven": OfficeHours("Europe/Berlin", buffer_before=0, buffer_after=30),
}
WORDS = {"summary": "s", "description": "d", "attendee": "a@b.example", "organizer": "o@n.example"}


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(tmp_path):
    with serve_calendar(tmp_path, HOURS) as running:
        yield running


@pytest.fixture(params=["memory", pytest.param("caldav", marks=pytest.mark.real)])
def calendar(request, clock):
    if request.param == "memory":
        return MemoryCalendar(HOURS)
    return CalDavCalendar(request.getfixturevalue("server").url, hours=HOURS, clock=clock)


def free(calendar, owner="o-1", now=NOW):
    return calendar.free_slots(owner, now=now, key="k", limit=999)


def book(calendar, slot, uid):
    return calendar.book(slot, uid=uid, **WORDS).status


def move(calendar, old, new, uid="m", sequence=1):
    return calendar.move(old, new, uid=uid, sequence=sequence, **WORDS).status


def files(folder):
    return [p for p in folder.rglob("*.ics") if ".Radicale.cache" not in p.parts]


def test_a_slot_on_hold_is_offered_to_nobody_until_the_hold_expires(calendar, clock):
    """R37: hold calendar slots."""
    slot = free(calendar)[5]
    assert calendar.hold(slot, uid="h", until=NOW + timedelta(hours=4)).status == "booked"
    assert slot not in free(calendar)
    assert book(calendar, slot, "other") == "taken"
    clock.now = NOW + timedelta(hours=5)
    assert slot in free(calendar, now=clock.now)
    assert book(calendar, slot, "other") == "booked"


def test_whoever_it_is_held_for_can_book_it(calendar):
    slot = free(calendar)[5]
    calendar.hold(slot, uid="h", until=NOW + timedelta(hours=4))
    assert book(calendar, slot, "h") == "booked"
    assert slot not in free(calendar, now=NOW + timedelta(hours=5))


def test_a_hold_is_released_and_a_meeting_never_is(calendar):
    """R37: giving a hold back cannot take a meeting away."""
    slot = free(calendar)[5]
    calendar.hold(slot, uid="h", until=NOW + timedelta(hours=4))
    assert calendar.release(slot, uid="h")
    assert not calendar.release(slot, uid="h")
    assert slot in free(calendar)
    calendar.hold(slot, uid="h", until=NOW + timedelta(hours=4))
    book(calendar, slot, "h")
    assert not calendar.release(slot, uid="h")
    assert slot not in free(calendar)


def test_holds_of_one_buyer_do_not_stand_in_each_others_way(calendar):
    """R54: their times may be nearer to each other than the room around a meeting."""
    first, second = free(calendar, "uneven")[4:6]
    until = NOW + timedelta(hours=4)
    assert calendar.hold(first, uid="h1", until=until).status == "booked"
    assert calendar.hold(second, uid="h2", until=until).status == "taken"
    assert calendar.hold(second, uid="h2", until=until, own=("h1", "h2")).status == "booked"
    assert calendar.book(first, uid="h1", own=("h1", "h2"), **WORDS).status == "booked"
    assert calendar.release(second, uid="h2")


def test_a_meeting_moves_to_a_time_that_is_held_for_its_buyer(calendar):
    old, new = free(calendar)[3], free(calendar)[9]
    book(calendar, old, "m")
    calendar.hold(new, uid="h", until=NOW + timedelta(hours=4))
    assert move(calendar, old, new) == "taken"
    assert calendar.move(old, new, uid="m", sequence=1, own=("h",), **WORDS).status == "booked"
    assert calendar.release(new, uid="h")
    assert old in free(calendar)
    assert new not in free(calendar)
    assert calendar.cancel(new, uid="m")


def test_a_hold_gives_way_where_it_is_asked_to_and_a_meeting_never_does(calendar):
    """R54: nobody is left with nothing because somebody else is still thinking."""
    held, met, other = free(calendar)[5], free(calendar)[7], free(calendar)[9]
    calendar.hold(held, uid="h", until=NOW + timedelta(hours=4))
    book(calendar, met, "m")
    both = calendar.free_slots("o-1", now=NOW, key="k", limit=999, held_too=True)
    assert held in both
    assert met not in both
    assert calendar.book(held, uid="x", over_hold=True, **WORDS).status == "booked"
    assert calendar.book(met, uid="x2", over_hold=True, **WORDS).status == "taken"
    calendar.hold(other, uid="h2", until=NOW + timedelta(hours=4))
    moved = calendar.move(met, other, uid="m", sequence=1, over_hold=True, **WORDS)
    assert moved.status == "booked"
    assert not calendar.release(held, uid="h")


def test_a_moved_meeting_frees_its_old_time_and_takes_the_new(calendar):
    """R193: a reschedule."""
    old, new = free(calendar)[3], free(calendar)[9]
    book(calendar, old, "m")
    assert move(calendar, old, new) == "booked"
    assert move(calendar, old, new) == "booked", "asking again changes nothing"
    assert old in free(calendar)
    assert new not in free(calendar)
    assert book(calendar, old, "other") == "booked"
    assert calendar.cancel(new, uid="m")


def test_a_meeting_whose_new_time_is_taken_keeps_its_old_one(calendar):
    old, new = free(calendar)[3], free(calendar)[9]
    book(calendar, old, "m")
    book(calendar, new, "other")
    assert move(calendar, old, new) == "taken"
    assert calendar.cancel(old, uid="m")


def test_a_meeting_moves_into_its_own_shadow_and_to_another_owner(calendar):
    old = free(calendar)[3]
    nearer = Slot("o-1", old.start + timedelta(minutes=15), old.end + timedelta(minutes=15))
    book(calendar, old, "m")
    assert move(calendar, old, nearer) == "booked"
    elsewhere = free(calendar, "o-2")[4]
    assert move(calendar, nearer, elsewhere, sequence=2) == "booked"
    assert elsewhere not in free(calendar, "o-2")
    assert old in free(calendar)


def test_a_day_takes_no_more_meetings_than_its_cap(calendar):
    """R54: a cap per day; blocks without a guest do not count."""
    slots = free(calendar, "capped")
    today = [s for s in slots if s.start.date() == slots[-1].start.date()]
    assert book(calendar, today[0], "a") == book(calendar, today[4], "b") == "booked"
    assert book(calendar, today[8], "c") == "taken"
    assert {s.start.date() for s in free(calendar, "capped")}.isdisjoint({today[0].start.date()})


def test_the_buffer_after_a_meeting_counts_before_the_next(calendar):
    slots = free(calendar, "uneven")
    assert book(calendar, slots[4], "a") == "booked"
    left = free(calendar, "uneven")
    assert slots[5] not in left
    assert slots[6] in left


ROOM = Room(before=15, after=45)
"""What a template asks for: a quarter of an hour before, three after."""


def friday(calendar, **more):
    """The free half hours of a day, by the clock of their owner."""
    slots = calendar.free_slots("o-1", now=NOW, key="k", limit=999, **more)
    local = [s.start.astimezone(ZoneInfo("Europe/Berlin")) for s in slots]
    day = date(2026, 1, 16)
    return {f"{at:%H:%M}": s for at, s in zip(local, slots, strict=True) if at.date() == day}


def keep(calendar, how, slot, uid, room):
    """Returns whether a slot could be had: held, booked, or moved to."""
    if how == "hold":
        return calendar.hold(slot, uid=uid, until=NOW + timedelta(hours=4), room=room).status
    if how == "book":
        return calendar.book(slot, uid=uid, room=room, **WORDS).status
    before = free(calendar)[-1]
    assert book(calendar, before, uid) == "booked"
    return calendar.move(before, slot, uid=uid, sequence=1, room=room, **WORDS).status


@pytest.mark.parametrize("how", ["book", "hold", "move"])
def test_the_room_of_a_template_is_kept_by_whoever_comes_after(calendar, how):
    """R54: it stands with the event, so that other templates and workers keep it too."""
    day = friday(calendar)
    assert keep(calendar, how, day["16:00"], "m", ROOM) == "booked"
    left = friday(calendar)
    assert [at for at in day if at not in left] == ["15:30", "16:00", "16:30"]
    assert book(calendar, day["15:30"], "before") == "taken"
    assert book(calendar, day["16:30"], "after") == "taken"
    assert book(calendar, day["15:00"], "far enough") == "booked"


@pytest.mark.parametrize("how", ["book", "hold", "move"])
def test_a_template_that_asks_for_room_is_not_put_too_near_to_what_stands(calendar, how):
    """R54: offers leave the room, and so does a booking that comes late."""
    day = friday(calendar)
    assert book(calendar, day["12:00"], "stands") == "booked"
    left = friday(calendar, room=ROOM)
    assert [at for at in day if at not in left] == ["11:00", "11:30", "12:00", "12:30"]
    assert "12:30" in friday(calendar), "others may follow at once"
    assert keep(calendar, how, day["11:00"], "m", ROOM) == "taken"
    assert keep(calendar, how, day["10:30"], "n", ROOM) == "booked"


def test_of_claims_that_only_their_room_keeps_apart_one_is_booked(calendar):
    """R54: at the same moment, one with room and one without."""
    day = friday(calendar)
    rooms = {"09:30": Room(), "10:00": ROOM, "10:30": Room()}
    with ThreadPoolExecutor(3) as pool:
        got = pool.map(lambda at: keep(calendar, "book", day[at], at, rooms[at]), rooms)
    status = dict(zip(rooms, got, strict=True))
    assert (status["10:00"] == "booked") != ("booked" in (status["09:30"], status["10:30"]))


def test_public_holidays_of_the_country_are_not_offered():
    calendar = MemoryCalendar({"o": OfficeHours("Europe/Berlin", country="DE")})
    days = {s.start.date() for s in free(calendar, "o", now=datetime(2026, 4, 1, 9, tzinfo=UTC))}
    assert days.isdisjoint({date(2026, 4, 3), date(2026, 4, 6)}), "Good Friday, Easter Monday"
    assert date(2026, 4, 2) in days
    assert len(days) == 6


@pytest.mark.real
def test_what_people_wrote_blocks_what_it_covers(server, clock):
    """R54: whole days, series and local times, in the owner's own zone."""
    calendar = CalDavCalendar(server.url, hours=HOURS, clock=clock)
    put(server, "off", "DTSTART;VALUE=DATE:20260115\r\nDTEND;VALUE=DATE:20260116", "o-2")
    days = {s.start.date() for s in free(calendar, "o-2")}
    assert days.isdisjoint({date(2026, 1, 15)})
    assert date(2026, 1, 16) in days
    put(server, "daily", "DTSTART:20260112T080000\r\nDTEND:20260112T120000\r\nRRULE:FREQ=DAILY")
    put(server, "maybe", "DTSTART:20260119T110000Z\r\nDTEND:20260119T160000Z\r\nSTATUS:TENTATIVE")
    put(server, "fyi", "DTSTART:20260120T080000Z\r\nDTEND:20260120T160000Z\r\nTRANSP:TRANSPARENT")
    starts = {s.start for s in free(calendar)}
    assert min(s.hour for s in starts) == 11, "12:00 in Berlin"
    assert date(2026, 1, 19) not in {s.date() for s in starts}
    assert date(2026, 1, 20) in {s.date() for s in starts}


@pytest.mark.real
def test_a_moved_meeting_is_one_event_with_its_uid_and_a_higher_sequence(tmp_path, server, clock):
    calendar = CalDavCalendar(server.url, hours=HOURS, clock=clock)
    old, new = free(calendar)[3], free(calendar)[9]
    book(calendar, old, "m")
    move(calendar, old, new)
    (path,) = files(tmp_path)
    (event,) = Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"], event.start) == ("m", 1, new.start)


@pytest.mark.real
@pytest.mark.parametrize("dies_at", range(1, 12))
def test_a_move_that_dies_anywhere_never_loses_the_meeting_and_can_be_finished(
    tmp_path, server, clock, dies_at
):
    class Dying(CalDavCalendar):
        left = dies_at

        def _request(self, *args, **words):
            self.left -= 1
            if self.left < 0:
                raise InterruptedError
            return super()._request(*args, **words)

    calendar = CalDavCalendar(server.url, hours=HOURS, clock=clock)
    old, new = free(calendar)[3], free(calendar)[9]
    book(calendar, old, "m")
    with contextlib.suppress(InterruptedError):
        move(Dying(server.url, hours=HOURS, clock=clock), old, new)
    texts = [path.read_text() for path in files(tmp_path)]
    assert sum("UID:m\n" in text.replace("\r", "") for text in texts) == 1
    assert move(calendar, old, new) == "booked"
    (path,) = files(tmp_path)
    assert "SEQUENCE:1" in path.read_text()


@pytest.mark.real
def test_of_bookings_that_overlap_from_different_starts_no_two_stand(tmp_path, server, clock):
    """R54: slots of different start and length; somebody always gets the time."""
    base = datetime(2026, 1, 20, 9, tzinfo=UTC)
    wanted = [
        Slot("o-1", base + timedelta(minutes=5 * n), base + timedelta(minutes=5 * n + 60))
        for n in range(12)
    ]
    rivals = [CalDavCalendar(server.url, hours=HOURS, clock=clock) for _ in range(12)]
    for attempt in range(4):
        with ThreadPoolExecutor(12) as pool:
            uids = [f"r{attempt}-{n}" for n in range(12)]
            got = list(pool.map(book, rivals, wanted, uids))
        stand = sorted(
            (event.start, event.end)
            for path in files(tmp_path)
            for event in Calendar.from_ical(path.read_bytes()).walk("VEVENT")
        )
        assert got.count("booked") == len(stand) == 1
        winner = got.index("booked")
        assert rivals[0].cancel(wanted[winner], uid=f"r{attempt}-{winner}")


def put(server, uid, lines, owner="o-1"):
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{lines}\r\nSUMMARY:x\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    client = DAVClient(
        server.url, username="sandbox", password="", auth_type="basic", enable_rfc6764=False
    )
    headers = {"Content-Type": "text/calendar; charset=utf-8"}
    assert client.put(f"{server.url}/{owner}/{uid}.ics", text, headers).status == 201
    client.close()
