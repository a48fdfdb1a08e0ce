"""`parley meeting list`: what is ahead in the owners' calendars, and who it is for."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from runtime_people import ANA, NOW
from typer.testing import CliRunner

from agent_runtime.calendar_cli import meeting
from agent_runtime.clock import start_clock
from agent_runtime.domain import Slot
from agent_runtime.newcomers import OWNERS, Owner
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.rows import Hold, Meeting
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata

LENA = Owner("o-1", "Lena Vogt", ANA.owner_email, ANA.mailbox, "Europe/Berlin")
MAYA = Owner("o-2", "Maya Chen", "maya@n.example", "relay-maya@n.example", "America/New_York")


def slot(owner, hours):
    start = NOW + timedelta(hours=hours)
    return Slot(owner, start, start + timedelta(minutes=30))


@pytest.fixture
def workspace(tmp_path):
    settings = Settings(workspace=tmp_path)
    settings.paths.store.parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    metadata.create_all(engine)
    start_clock(engine, NOW)
    store = SqlStore(engine, settings.tenant_id)
    with store.begin() as tx:
        tx.add_contact(replace(ANA, tenant_id=settings.tenant_id))
        tx.publish("owners", OWNERS.dump_json((LENA, MAYA)).decode())
    engine.dispose()
    return settings


def add(settings, *rows):
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    with SqlStore(engine, settings.tenant_id).begin() as tx:
        for row in rows:
            (tx.save_hold if isinstance(row, Hold) else tx.save_meeting)(row)
    engine.dispose()


def fill(settings):
    tenant, thread = settings.tenant_id, f"thread-{ANA.person_id}"
    until = NOW + timedelta(hours=5)
    ahead = Meeting(tenant, "m-1", thread, ANA.person_id, slot("o-1", 24), "agent", "CONFIRMED")
    add(
        settings,
        replace(ahead, attendance="accepted"),
        replace(ahead, uid="m-0", slot=slot("o-1", -24)),
        replace(ahead, uid="m-2", slot=slot("o-1", 48), state="CANCELLED"),
        replace(ahead, uid="m-3", slot=slot("o-2", 72), person_id="p-x", thread_id="thread-x"),
        Hold(tenant, "h", thread, ANA.person_id, "lane", slot("o-2", 30), NOW, until, until),
    )


def run(settings, *words):
    done = CliRunner().invoke(meeting, ["list", *words, "-w", str(settings.workspace)])
    assert done.exit_code == 0, done.output
    return done.output


def test_what_is_ahead_is_listed_in_each_owners_zone(workspace):
    """R37 R108: meetings and held times, the earliest first, with whom and how sure."""
    fill(workspace)
    assert run(workspace).splitlines() == [
        "Wed 2026-01-14 11:00-11:30 CET  Lena Vogt with Ana Ruiz, Alder  confirmed, accepted  m-1",
        "Wed 2026-01-14 11:00-11:30 EST  Maya Chen with Ana Ruiz, Alder  "
        "on hold, until Tue 13 Jan 10:00  h",
        "Fri 2026-01-16 05:00-05:30 EST  Maya Chen with p-x  confirmed  m-3",
    ]


@pytest.mark.parametrize("owner", ["o-2", "maya chen", "maya@n.example"])
def test_one_owner_is_asked_for_by_id_name_or_address(workspace, owner):
    fill(workspace)
    found = json.loads(run(workspace, "--owner", owner, "--json"))
    assert [(item["uid"], item["state"]) for item in found] == [
        ("h", "on hold"),
        ("m-3", "confirmed"),
    ]
    assert found[0]["until"] == "2026-01-13T10:00:00-05:00"


def test_a_thread_shows_what_has_been_as_well(workspace):
    fill(workspace)
    found = json.loads(run(workspace, f"thread-{ANA.person_id}", "--json"))
    assert [item["uid"] for item in found] == ["m-0", "m-1", "h", "m-2"]


def test_where_there_is_nothing_it_says_so(workspace):
    assert run(workspace).startswith("there is no meeting and no held time ahead of 2026-01-13")
    assert run(workspace, "thread-x") == "thread thread-x has no meeting and no held time\n"
    assert run(workspace, "--owner", "o-9", "--json") == "[]\n"
