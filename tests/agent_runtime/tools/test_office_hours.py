"""When owners meet people: the holidays of their country and the room that a template asks for."""

from datetime import UTC, datetime

import pytest

from agent_runtime.meetings.template import MeetingsError, load_meetings, minutes_of
from agent_runtime.newcomers import Newcomers, Owner
from agent_runtime.profile import Profile
from agent_runtime.store.memory import MemoryStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.office_hours import office_hours

LENA = Owner("o-1", "Lena", "lena@n.example", "a@n.example", "Europe/Berlin")
NADIR = Owner("o-2", "Nadir", "nadir@n.example", "b@n.example", "UTC")


def test_the_holidays_of_an_owners_country_are_no_workdays():
    """R54 R68: the third of October is a holiday in Germany, and UTC has none."""
    calendar = MemoryCalendar(office_hours([LENA, NADIR]))
    now = datetime(2025, 10, 1, 8, tzinfo=UTC)
    days = {
        owner: {slot.start.day for slot in calendar.free_slots(owner, now=now, key="k", limit=60)}
        for owner in ("o-1", "o-2")
    }
    assert 3 not in days["o-1"]
    assert 3 in days["o-2"]


def test_a_meeting_is_as_long_as_its_template_says():
    assert minutes_of("intro") == load_meetings()[0]["intro"].minutes == 30
    with pytest.raises(MeetingsError, match="no such template; known: demo, handover, intro"):
        minutes_of("lunch")


def test_strangers_are_shared_out_among_all_owners():
    """R54: fair turns; the same stranger always comes to the same owner."""
    welcome = Newcomers("t", (LENA, NADIR), None).welcome
    store = MemoryStore("t")
    now = datetime(2026, 1, 13, tzinfo=UTC)
    owners = [
        welcome(store, Profile(email=f"lead{n}@x.example"), now=now).owner_id for n in range(60)
    ]
    assert 15 < owners.count("o-1") < 45
    again = welcome(store, Profile(email="lead0@x.example"), now=now)
    assert again.owner_id == owners[0]
