from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent_runtime.domain import Slot
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

NOW = datetime(2026, 1, 14, 15, tzinfo=UTC)
HOURS = {
    "005NB0000000003": OfficeHours("Europe/Berlin"),
    "büro 2": OfficeHours("America/New_York", buffer_minutes=15),
}
BERLIN, BUFFERED = HOURS


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve_calendar(tmp_path_factory.mktemp("calendar"), HOURS) as running:
        yield running


def caldav(server, kind=CalDavCalendar):
    return kind(server.url, hours=HOURS, clock=lambda: NOW)


@pytest.fixture(params=["memory", pytest.param("caldav", marks=pytest.mark.real)])
def calendar(request, tmp_path):
    if request.param == "memory":
        yield MemoryCalendar(HOURS)
    else:
        with serve_calendar(tmp_path, HOURS) as running:
            yield caldav(running)


def book(calendar, slot, uid):
    return calendar.book(
        slot,
        uid=uid,
        summary="Northbeam Relay, äöü; a, b",
        description="Agenda\nfirst line",
        attendee="ada@firm.example",
        organizer="lena.vogt@northbeam.example",
    )


def test_offers_are_free_half_hours_of_coming_workdays_on_different_days(calendar):
    slots = calendar.free_slots(BERLIN, now=NOW, key="person-1")
    locals_ = [slot.start.astimezone(ZoneInfo("Europe/Berlin")) for slot in slots]
    assert len(slots) == 3
    assert len({local.date() for local in locals_}) == 3
    assert slots == tuple(sorted(slots, key=lambda slot: slot.start))
    for slot, local in zip(slots, locals_, strict=True):
        assert local.weekday() < 5
        assert local.minute in {0, 30}
        assert (local.hour, local.minute) >= (9, 0)
        assert slot.end - slot.start == timedelta(minutes=30)
        assert slot.end.astimezone(ZoneInfo("Europe/Berlin")).hour * 60 <= 17 * 60
        assert NOW + timedelta(hours=24) <= slot.start <= NOW + timedelta(days=8)


def test_same_key_is_offered_the_same_whoever_was_served_before(calendar):
    alone = calendar.free_slots(BERLIN, now=NOW, key="person-1")
    other = calendar.free_slots(BERLIN, now=NOW, key="person-2")
    untouched = next(slot for slot in other if slot not in alone)
    assert book(calendar, untouched, "other").status == "booked"
    assert calendar.free_slots(BERLIN, now=NOW, key="person-1") == alone
    assert alone != other


def test_taken_slot_is_not_offered_and_the_others_stay(calendar):
    first = calendar.free_slots(BERLIN, now=NOW, key="person-1")
    assert book(calendar, first[1], "somebody").status == "booked"
    second = calendar.free_slots(BERLIN, now=NOW, key="person-1")
    assert first[1] not in second
    assert {first[0], first[2]} <= set(second)


def test_booking_again_with_one_uid_changes_nothing_and_another_uid_is_refused(calendar):
    slot = calendar.free_slots(BERLIN, now=NOW, key="person-1")[0]
    booked = book(calendar, slot, "thread-1:1")
    assert booked.status == "booked"
    assert booked.etag
    assert book(calendar, slot, "thread-1:1") == booked
    assert book(calendar, slot, "thread-2:1").status == "taken"


def test_one_uid_cannot_hold_two_slots(calendar):
    first, second, _ = calendar.free_slots(BERLIN, now=NOW, key="person-1")
    assert book(calendar, first, "thread-1:1").status == "booked"
    assert book(calendar, second, "thread-1:1").status == "taken"


def test_overlapping_meeting_from_another_start_is_refused(calendar):
    slot = calendar.free_slots(BERLIN, now=NOW, key="person-1")[0]
    longer = Slot(BERLIN, slot.start - timedelta(minutes=30), slot.end)
    assert book(calendar, longer, "long").status == "booked"
    assert book(calendar, slot, "short").status == "taken"


def test_meetings_that_touch_do_not_overlap_unless_there_is_a_buffer(calendar):
    for owner_id, status in ((BERLIN, "booked"), (BUFFERED, "taken")):
        slot = calendar.free_slots(owner_id, now=NOW, key="person-1")[0]
        following = Slot(owner_id, slot.end, slot.end + timedelta(minutes=30))
        assert book(calendar, slot, f"{owner_id}-1").status == "booked"
        assert book(calendar, following, f"{owner_id}-2").status == status


def test_owners_have_calendars_of_their_own(calendar):
    slot = calendar.free_slots(BERLIN, now=NOW, key="person-1")[0]
    assert book(calendar, slot, "a").status == "booked"
    assert book(calendar, Slot(BUFFERED, slot.start, slot.end), "b").status == "booked"


def test_cancelled_slot_is_free_again_and_only_its_own_uid_cancels(calendar):
    slot = calendar.free_slots(BERLIN, now=NOW, key="person-1")[0]
    book(calendar, slot, "a")
    assert not calendar.cancel(slot, uid="b")
    assert calendar.cancel(slot, uid="a")
    assert not calendar.cancel(slot, uid="a")
    assert book(calendar, slot, "b").status == "booked"


def test_full_calendar_offers_fewer_slots_and_then_none(calendar):
    hours = OfficeHours("Europe/Berlin")
    day = datetime(2026, 1, 15, tzinfo=ZoneInfo(hours.time_zone))
    for ahead in range(8):
        start = (day + timedelta(days=ahead)).astimezone(UTC)
        end = start + timedelta(hours=24 if ahead else 16)
        assert book(calendar, Slot(BERLIN, start, end), f"day-{ahead}").status == "booked"
    assert len(calendar.free_slots(BERLIN, now=NOW, key="person-1")) <= 2
    start = day.astimezone(UTC) + timedelta(hours=16)
    book(calendar, Slot(BERLIN, start, start + timedelta(hours=8)), "rest")
    assert calendar.free_slots(BERLIN, now=NOW, key="person-1") == ()


@pytest.mark.real
def test_both_calendars_offer_the_same_slots(server):
    memory, real = MemoryCalendar(HOURS), caldav(server)
    for number in range(12):
        now = NOW + timedelta(hours=7 * number)
        offers = [c.free_slots(BERLIN, now=now, key=f"person-{number}") for c in (memory, real)]
        assert offers[0] == offers[1]
        results = [book(c, offers[0][0], f"uid-{number}").status for c in (memory, real)]
        assert results[0] == results[1]


@pytest.mark.real
def test_of_many_who_want_one_slot_one_gets_it(server):
    slot = Slot(BERLIN, NOW + timedelta(days=20), NOW + timedelta(days=20, minutes=30))
    rivals = [caldav(server) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        results = pool.map(lambda n: book(rivals[n % 8], slot, f"rival-{n}").status, range(24))
    assert sorted(results) == ["booked"] + ["taken"] * 23


@pytest.mark.real
def test_event_of_ours_that_a_crash_left_is_recognised_by_its_uid(server):
    start = NOW + timedelta(days=21)
    slot = Slot(BERLIN, start, start + timedelta(minutes=30))
    before, after = caldav(server), caldav(server)
    first = book(before, slot, "thread-7:1")
    assert book(after, slot, "thread-7:1") == first


@pytest.mark.real
def test_who_finds_an_overlap_after_writing_gives_way(server):
    class Overtaken(CalDavCalendar):
        """Somebody else writes between our search and our PUT."""

        def _request(self, method, url, body, headers, *, allowed):
            if method == "PUT":
                foreign(server, slot.start + timedelta(minutes=10), "faster", "")
            return super()._request(method, url, body, headers, allowed=allowed)

    start = NOW + timedelta(days=26)
    slot = Slot(BERLIN, start, start + timedelta(minutes=30))
    assert book(caldav(server, kind=Overtaken), slot, "slower").status == "taken"
    assert not caldav(server).cancel(slot, uid="slower")


@pytest.mark.real
def test_events_of_others_count_by_what_they_block(server):
    calendar = caldav(server)
    for offset, lines, status in (
        (22, "", "taken"),
        (23, "TRANSP:TRANSPARENT\r\n", "booked"),
        (24, "STATUS:CANCELLED\r\n", "booked"),
        (25, "RRULE:FREQ=DAILY;COUNT=1\r\n", "taken"),
    ):
        start = NOW + timedelta(days=offset)
        foreign(server, start + timedelta(minutes=10), f"foreign-{offset}", lines)
        slot = Slot(BERLIN, start, start + timedelta(minutes=30))
        assert book(calendar, slot, f"ours-{offset}").status == status


@pytest.mark.real
def test_bookings_survive_a_restart_of_the_server(tmp_path):
    slot = Slot(BERLIN, NOW + timedelta(days=2), NOW + timedelta(days=2, minutes=30))
    with serve_calendar(tmp_path, HOURS) as first:
        book(caldav(first), slot, "a")
    with serve_calendar(tmp_path, HOURS) as second:
        assert book(caldav(second), slot, "b").status == "taken"


def foreign(server, start, uid, lines):
    from caldav.davclient import DAVClient

    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\n"
        f"DURATION:PT15M\r\n{lines}SUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    client = DAVClient(
        server.url, username="sandbox", password="", auth_type="basic", enable_rfc6764=False
    )
    headers = {"Content-Type": "text/calendar; charset=utf-8"}
    assert client.put(f"{server.url}/{BERLIN}/{uid}.ics", text, headers).status == 201
    client.close()
