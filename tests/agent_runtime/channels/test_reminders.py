"""Reminders of meetings: a day and an hour before, where the guest agreed, never of what is off."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, LIBRARY, NOW, Wire, new_world, task, work_all

from agent_runtime.domain import Consent, Session, Slot
from agent_runtime.store.rows import Meeting

TEMPLATE = "HX" + "0" * 32
NUMBER = "+493012345678"
START = NOW.replace(hour=14) + timedelta(days=3)
SLOT = Slot("o-1", START, START + timedelta(minutes=30))


@pytest.fixture
def world():
    store, runtime = new_world()
    for n in (1, 2):
        store.save_task(task(n, state="CANCELLED"))
    store.save_session(
        Session("t", f"thread-{ANA.person_id}", ANA.person_id, ANA.contact_id, "scheduling", "new")
    )
    return store, runtime


def booked(store, runtime, slot=SLOT, uid="u-1@parley"):
    meeting = Meeting("t", uid, f"thread-{ANA.person_id}", ANA.person_id, slot, "agent")
    store.save_meeting(meeting)
    runtime.booker.finish(meeting, now=NOW)


def with_template(text):
    contents = {
        key: content.model_copy(update={"whatsapp_template": TEMPLATE})
        if content.id == text
        else content
        for key, content in LIBRARY.contents.items()
    }
    return replace(LIBRARY, contents=contents)


def agrees(store, channel="sms", purpose="meetings", basis="consent"):
    store.add_address(channel, NUMBER, ANA.person_id, now=NOW)
    store.add_consents(ANA.person_id, [Consent(channel, purpose, basis, "form", NOW)])


def reminded(store, runtime, wire, until=START):
    """Plays the hours until an instant and returns what reminded: when, where."""
    now = NOW
    while now < until:
        before = len(wire.mails)
        work_all(store, runtime, wire, now)
        for mail in wire.mails[before:]:
            if "reminder" in mail.body or "begins soon" in mail.body:
                yield START - now, mail.channel, mail.recipient
        now += timedelta(minutes=30)


def test_a_guest_is_reminded_by_mail_a_day_and_an_hour_before(world):
    store, runtime = world
    booked(store, runtime)
    found = list(reminded(store, runtime, Wire()))
    assert found == [
        (timedelta(days=1), "email", ANA.email),
        (timedelta(hours=1), "email", ANA.email),
    ]


@pytest.mark.parametrize("channel", ["sms"])
def test_a_guest_who_agreed_to_texts_is_reminded_there_and_only_there(world, channel):
    """R24 R225: consent to the channel for this purpose."""
    store, runtime = world
    booked(store, runtime)
    agrees(store, channel)
    found = list(reminded(store, runtime, Wire()))
    assert [(before, name) for before, name, _ in found] == [
        (timedelta(days=1), channel),
        (timedelta(hours=1), channel),
    ]


@pytest.mark.parametrize(
    "given",
    [{"purpose": "prospecting"}, {"basis": "legitimate_interest"}, {"channel": "chat"}],
)
def test_any_other_consent_means_a_mail(world, given):
    store, runtime = world
    booked(store, runtime)
    agrees(store, **given)
    assert {name for _, name, _ in reminded(store, runtime, Wire())} == {"email"}


def test_whatsapp_reminds_with_a_template_of_the_carrier(world):
    """R25: with its places filled, and the words as they are approved here."""
    store, runtime = new_world(with_template("meeting.tomorrow"))
    for n in (1, 2):
        store.save_task(task(n, state="CANCELLED"))
    store.save_session(world[0].session_of(ANA.person_id))
    booked(store, runtime)
    agrees(store, "whatsapp")
    store.save_session(replace(store.session_of(ANA.person_id), disclosed_on=("whatsapp",)))
    wire = Wire()
    day, hour = reminded(store, runtime, wire)
    assert (day[1], hour[1]) == ("whatsapp", "email")
    (sent,) = [m for m in wire.mails if m.channel == "whatsapp"]
    assert sent.template.name == TEMPLATE
    assert sent.template.values == (ANA.owner_name, "Friday 16 January, 15:00 (Europe/Berlin)")


def test_without_a_template_the_reminder_is_a_mail(world):
    store, runtime = world
    booked(store, runtime)
    agrees(store, "whatsapp")
    assert {name for _, name, _ in reminded(store, runtime, Wire())} == {"email"}


def test_a_meeting_that_is_off_or_moved_is_not_reminded_of(world):
    store, runtime = world
    booked(store, runtime)
    (meeting,) = store.meetings.values()
    store.save_meeting(replace(meeting, state="CANCELLED"))
    assert list(reminded(store, runtime, Wire())) == []


def test_who_asked_for_contact_to_stop_is_not_reminded(world):
    """R225: no exception for meetings."""
    store, runtime = world
    booked(store, runtime)
    work_all(store, runtime, Wire(), NOW)
    store.suppress(ANA.person_id, reason="opt_out", source="k", now=NOW)
    assert list(reminded(store, runtime, Wire())) == []


def test_who_booked_just_now_is_not_reminded_at_once(world):
    store, runtime = world
    start = NOW + timedelta(hours=30)
    booked(store, runtime, Slot("o-1", start, start + timedelta(minutes=30)))
    wire = Wire()
    list(reminded(store, runtime, wire, until=start))
    assert [m.body for m in wire.mails if "reminder" in m.body] == []


def test_a_text_never_rings_at_night(world):
    """R225 R244: an early meeting is reminded of from eight o'clock on, and not after it began."""
    store, runtime = world
    start = NOW.replace(hour=7, minute=30) + timedelta(days=3)
    booked(store, runtime, Slot("o-1", start, start + timedelta(minutes=30)))
    agrees(store)
    wire = Wire()
    now = NOW
    rang = []
    while now < start + timedelta(hours=3):
        before = len(wire.mails)
        work_all(store, runtime, wire, now)
        rang += [now for m in wire.mails[before:] if m.channel == "sms"]
        now += timedelta(minutes=15)
    local = [t + timedelta(hours=1) for t in rang]
    assert rang
    assert all(8 <= t.hour < 21 for t in local)
    assert all(t < start for t in rang)


def test_a_reminder_that_waited_for_morning_is_dropped_with_its_meeting(world):
    store, runtime = world
    start = NOW.replace(hour=5, minute=30) + timedelta(days=3)
    booked(store, runtime, Slot("o-1", start, start + timedelta(minutes=30)))
    agrees(store)
    wire = Wire()
    work_all(store, runtime, wire, start - timedelta(days=1))
    (waiting,) = [m for m in store.messages.values() if m.action == "remind"]
    assert waiting.state == "READY"
    (meeting,) = store.meetings.values()
    store.save_meeting(replace(meeting, state="CANCELLED"))
    work_all(store, runtime, wire, start - timedelta(hours=20))
    assert store.message(waiting.message_id).state == "CANCELLED"
