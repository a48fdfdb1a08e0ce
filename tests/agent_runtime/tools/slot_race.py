"""A race of many bookers for few slots on a real calendar server, through the booking code."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Barrier, local

from icalendar import Calendar

from agent_runtime.booking import Booker
from agent_runtime.domain import Contact, Session, Slot
from agent_runtime.holds import Keeper, want_holds
from agent_runtime.library.catalog import Library
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Meeting
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.slots import OfficeHours

NOW = datetime(2026, 1, 14, 15, tzinfo=UTC)
OWNER = "o-1"
THREADS = 16


def race(
    folder: Path, library: Library, *, bookers: int, slots: int, hold_hours: int = 0
) -> dict[str, int]:
    """Lets all bookers want the same tenth of the slots; counts from the server's own files.

    A loser takes the other time that they were offered, until they have a meeting or the honest
    answer that no time is left. Where offers are held, they are held while the loser decides.
    """
    playbook = library.playbook("scheduling").model_copy(update={"hold_hours": hold_hours})
    library = replace(library, playbooks={**library.playbooks, playbook.id: playbook})
    days = 5
    per_day = slots // days
    closes = (datetime.combine(NOW, time(9)) + timedelta(minutes=30 * per_day)).time()
    hours = {OWNER: OfficeHours("Europe/Berlin", closes=closes, workdays_ahead=days)}
    hours[OWNER] = replace(hours[OWNER], notice=timedelta(0))
    popular = slots // 10
    start = Barrier(THREADS)
    mine = local()
    with serve_calendar(folder, hours) as server:

        def connected() -> CalDavCalendar:
            if not hasattr(mine, "calendar"):
                mine.calendar = CalDavCalendar(server.url, hours=hours, clock=lambda: NOW)
            return mine.calendar

        first = connected().free_slots(OWNER, now=NOW, key="k", limit=999)
        assert len(first) == slots, len(first)

        def booker(number: int) -> Counter[str]:
            if number < THREADS:
                start.wait()
            return _book(connected(), library, number, first[number % popular], NOW)

        with ThreadPoolExecutor(THREADS) as pool:
            seen = sum(pool.map(booker, range(bookers)), Counter())
        left = len(connected().free_slots(OWNER, now=NOW, key="k", limit=999))
        later = connected().free_slots(OWNER, now=NOW + timedelta(days=7), key="k", limit=3)
    events = [
        event
        for path in folder.rglob("*.ics")
        if ".Radicale.cache" not in path.parts
        for event in Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    ]
    starts = [event.start for event in events]
    return {
        "meetings": len(events),
        "confirmed": sum(event["STATUS"] == "CONFIRMED" for event in events),
        "starts": len(set(starts)),
        "people": len({str(event["ATTENDEE"]) for event in events}),
        "left": left,
        "later": len(later),
        **seen,
    }


def _book(
    calendar: CalDavCalendar, library: Library, number: int, wanted: Slot, now: datetime
) -> Counter[str]:
    store = MemoryStore("t")
    person = f"p-{number}"
    contact = Contact(
        tenant_id="t",
        contact_id=f"c-{number}",
        person_id=person,
        account_id=None,
        email=f"buyer-{number}@firm.example",
        first_name="Kim",
        last_name="Ode",
        title="",
        company="Firm",
        country="DE",
        language="en",
        time_zone="Europe/Berlin",
        owner_id=OWNER,
        owner_name="Lena Vogt",
        mailbox="relay-lena-vogt@mail.northbeam.example",
    )
    store.add_contact(contact)
    session = Session(
        "t", f"thread-{number}", person, contact.contact_id, "scheduling", "scheduling"
    )
    with store.begin() as tx:
        tx.save_session(session)
    maker, keeper = Booker(store, calendar, library, {}), Keeper(store, calendar, library)
    seen: Counter[str] = Counter()
    while True:
        uid = f"{number}-{wanted.start:%Y%m%dT%H%M}@parley"
        meeting = Meeting("t", uid, session.thread_id, person, wanted, "agent")
        with store.begin() as tx:
            tx.save_meeting(meeting)
        said = maker.finish(meeting, now=now)
        with store.begin() as tx:
            current, thread = tx.meeting(uid), tx.session_of(person)
        assert current is not None
        assert thread is not None
        assert said is not None
        keeper.settle(session.thread_id, now=now)
        if current.state == "CONFIRMED":
            return seen + Counter(got=1)
        seen["lost"] += 1
        if not thread.offered:
            return seen + Counter(told_none_left=1)
        seen["offered_another"] += 1
        with store.begin() as tx:
            message = tx.message(said)
            assert message is not None
            playbook = library.playbook(session.playbook)
            seen["holding"] += want_holds(tx, message, thread, playbook, now=now)
        keeper.settle(session.thread_id, now=now)
        # A time that somebody is still thinking about comes back once nothing else is left.
        assert playbook.hold_hours or wanted not in thread.offered
        assert seen["lost"] < 50
        wanted = thread.offered[0]
