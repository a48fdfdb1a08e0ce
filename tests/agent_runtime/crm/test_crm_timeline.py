"""Everything that turns lead to is on the contact's timeline once (R36 R45 R49 R191 R195)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from crm_rows import connect, hear, meet, say, stop, work
from crm_world import ANA, NOW, push_with, states, traced, use, work_until

from agent_runtime.crm_timeline import activity_id
from agent_runtime.tools.hubspot_requests import REQUESTS

ANA_THERE = "102"
LATER = NOW + timedelta(hours=1)


def on_timeline(hubspot, path):
    return [*hubspot.objects[path].values()]


@pytest.fixture
def connected(store):
    connect(store)
    return store


@pytest.mark.parametrize(
    ("channel", "path", "holds"),
    [
        ("email", "emails", {"hs_email_direction": "INCOMING_EMAIL", "hs_email_text": "Is it so?"}),
        ("sms", "communications", {"hs_communication_channel_type": "SMS"}),
        ("whatsapp", "communications", {"hs_communication_channel_type": "WHATS_APP"}),
        ("voice", "calls", {"hs_call_direction": "INBOUND", "hs_call_status": "COMPLETED"}),
        ("chat", "notes", {"hs_note_body": "Chat received, by Parley<br><br>Re<br><br>Is it so?"}),
    ],
)
def test_what_a_buyer_says_on_any_channel_is_an_activity_of_its_kind(
    connected, hubspot, url, channel, path, holds
):
    hear(connected, "k1", text="Is it so?", channel=channel)
    work_until(push_with(connected, url))
    (held,) = on_timeline(hubspot, path)
    assert holds.items() <= held.items()
    assert len(hubspot.links) == 4  # three of the account as it was


def test_what_we_say_is_there_as_what_left(connected, hubspot, url):
    say(connected, "m1", text="Yes, it is.")
    work_until(push_with(connected, url))
    (mail,) = on_timeline(hubspot, "emails")
    assert (mail["hs_email_direction"], mail["hs_email_status"]) == ("EMAIL", "SENT")
    assert (mail["hs_email_subject"], mail["hs_email_text"]) == ("Re: safe", "Yes, it is.")


def test_a_hand_off_is_a_task_that_is_closed_when_it_is_done(connected, hubspot, url):
    work(connected, "w1", priority="fast")
    push = push_with(connected, url)
    push.work(now=NOW)
    ((number, task),) = hubspot.objects["tasks"].items()
    assert task["hs_task_status"] == "NOT_STARTED"
    assert task["hs_task_priority"] == "HIGH"
    assert (task["hs_task_subject"], task["hs_task_body"]) == (
        "Parley: pricing question",
        "How much?",
    )
    assert hubspot.links["tasks", number, "contacts"] == [(ANA_THERE, 204)]
    work(connected, "w1", state="DONE")
    work_until(push, now=LATER)
    assert on_timeline(hubspot, "tasks")[0]["hs_task_status"] == "COMPLETED"


def test_a_notice_for_a_colleague_is_a_note(connected, hubspot, url):
    work(connected, "w1", kind="notice")
    work_until(push_with(connected, url))
    (note,) = on_timeline(hubspot, "notes")
    assert note["hs_note_body"] == "Parley: pricing question<br><br>How much?"


@pytest.mark.parametrize(
    ("state", "attendance", "outcome"),
    [
        ("CONFIRMED", "held", "COMPLETED"),
        ("CONFIRMED", "no_show", "NO_SHOW"),
        ("CANCELLED", "", "CANCELED"),
        ("DECLINING", "declined", "CANCELED"),
        ("CONFIRMED", "accepted", "SCHEDULED"),
    ],
)
def test_a_meeting_is_there_with_what_became_of_it(
    connected, hubspot, url, state, attendance, outcome
):
    meet(connected, "u1")
    push = push_with(connected, url)
    push.work(now=NOW)
    (meeting,) = on_timeline(hubspot, "meetings")
    assert meeting["hs_meeting_outcome"] == "SCHEDULED"
    assert meeting["hs_meeting_start_time"] == "2026-01-16T10:00:00.000Z"
    assert meeting["hs_meeting_end_time"] == "2026-01-16T10:30:00.000Z"
    meet(connected, "u1", state=state, attendance=attendance, at=LATER)
    work_until(push, now=LATER)
    (meeting,) = on_timeline(hubspot, "meetings")
    assert meeting["hs_meeting_outcome"] == outcome


def test_an_outcome_that_a_person_has_set_is_left(connected, hubspot, url):
    meet(connected, "u1")
    push = push_with(connected, url)
    push.work(now=NOW)
    (number,) = hubspot.objects["meetings"]
    hubspot.edit("meetings", number, hs_meeting_outcome="COMPLETED")
    meet(connected, "u1", attendance="no_show", at=LATER)
    work_until(push, now=LATER)
    assert hubspot.objects["meetings"][number]["hs_meeting_outcome"] == "COMPLETED"
    assert set(states(connected).values()) == {"CONFLICT"}


@pytest.mark.parametrize("fault", ["drop", ("after", 500), "partial", (500, {}), (429, {})])
@pytest.mark.parametrize("nth", range(4))
def test_a_batch_that_breaks_anywhere_puts_nothing_there_twice(connected, hubspot, url, fault, nth):
    """R192: the external id decides, whichever request of the four is lost."""
    for number in range(5):
        hear(connected, f"k{number}", text=f"line {number}")
    hubspot.faults.extend([None] * nth + [fault])
    work_until(push_with(connected, url), hours=3)
    texts = sorted(mail["hs_email_text"] for mail in on_timeline(hubspot, "emails"))
    assert texts == [f"line {number}" for number in range(5)]
    assert all(len(hubspot.links["emails", n, "contacts"]) == 1 for n in hubspot.objects["emails"])
    assert set(states(connected).values()) == {"PUSHED"}


def test_of_a_batch_the_one_that_is_refused_is_named_and_the_others_arrive(connected, hubspot, url):
    for number in range(3):
        hear(connected, f"k{number}", text=f"line {number}")
    hubspot.poison.add(activity_id("heard", "k1"))
    work_until(push_with(connected, url))
    assert len(on_timeline(hubspot, "emails")) == 2
    assert sorted(states(connected).values()) == ["PUSHED", "PUSHED", "REFUSED"]
    refused = next(event for event in traced(connected) if event["result"] == "refused")
    assert "this one is not taken" in refused["reason"]


def test_what_a_hundred_people_said_costs_a_handful_of_requests(connected, hubspot, url):
    for number in range(100):
        person, email = f"p-{number}", f"p{number}@alder.example"
        with connected.begin() as tx:
            tx.add_contact(replace(ANA, contact_id=f"c-{number}", person_id=person, email=email))
        hubspot.add("contacts", email=email)
        hear(connected, f"k{number}", person=person)
    push_with(connected, url).work(now=NOW)
    assert len(on_timeline(hubspot, "emails")) == 100
    assert len(hubspot.log) == 4


def test_what_one_person_said_arrives_one_by_one(connected, hubspot, url):
    for number in range(3):
        hear(connected, f"k{number}", text=f"line {number}")
    hubspot.faults.extend([None] * 6 + [(500, {})])
    push_with(connected, url).work(now=NOW)
    assert [mail["hs_email_text"] for mail in on_timeline(hubspot, "emails")] == ["line 0"]


def test_the_timeline_of_a_merged_contact_is_that_of_whom_it_became(connected, hubspot, url):
    hear(connected, "k1")
    push = push_with(connected, url)
    push.work(now=NOW)
    became = hubspot.merge("contacts", "103", ANA_THERE)
    hear(connected, "k2", at=LATER)
    use(connected, "crm.update", "contact:c-ana", at=LATER, urgency="soon")
    work_until(push, now=LATER)
    linked = {links[0][0] for (path, *_), links in hubspot.links.items() if path == "emails"}
    assert linked == {became}
    assert hubspot.objects["contacts"][became]["parley_urgency"] == "soon"


def test_a_contact_that_was_deleted_ends_its_rows_with_the_reason(connected, hubspot, url):
    hubspot.archive("contacts", ANA_THERE)
    hear(connected, "k1")
    use(connected, "crm.update", "contact:c-ana", urgency="soon")
    work_until(push_with(connected, url))
    assert set(states(connected).values()) == {"REFUSED"}
    assert {event["reason"] for event in traced(connected)} == {"the contact was deleted there"}
    assert hubspot.writes() == []


def test_the_control_has_neither_tasks_nor_meetings_there(store, hubspot, url):
    """R169: and who has no arm that is known counts as control."""
    with store.begin() as tx:
        tx.publish("crm", "hubspot")
    work(store, "w1")
    meet(store, "u1")
    assert states(store) == {}


def test_rows_of_one_person_arrive_in_their_order_and_others_are_not_held_up(
    connected, hubspot, url
):
    hear(connected, "k1", text="first")
    push = push_with(connected, url)
    hubspot.faults.extend([None, (500, {})])
    push.work(now=NOW)
    hear(connected, "k2", text="second", at=NOW + timedelta(seconds=20))
    use(connected, "crm.update", "deal:77", at=NOW + timedelta(seconds=20), blocker="budget")
    push.work(now=NOW + timedelta(seconds=20))
    assert on_timeline(hubspot, "emails") == []
    assert hubspot.objects["0-3"]["77"]["parley_blocker"] == "budget"
    work_until(push, now=NOW + timedelta(seconds=21))
    assert [mail["hs_email_text"] for mail in on_timeline(hubspot, "emails")] == ["first", "second"]


class TestOptOuts:
    def test_it_is_told_by_address_and_marked_on_the_contact(self, connected, hubspot, url):
        """R193."""
        stop(connected)
        work_until(push_with(connected, url))
        assert hubspot.unsubscribed == {ANA.email}
        assert hubspot.objects["contacts"][ANA_THERE]["parley_opted_out"] == "yes"

    def test_whoever_is_not_a_contact_there_is_unsubscribed_all_the_same(
        self, connected, hubspot, url
    ):
        hubspot.archive("contacts", ANA_THERE)
        stop(connected)
        work_until(push_with(connected, url))
        assert hubspot.unsubscribed == {ANA.email}
        assert set(states(connected).values()) == {"PUSHED"}

    def test_of_a_merged_contact_every_address_is_unsubscribed(self, connected, hubspot, url):
        hubspot.merge("contacts", "103", ANA_THERE)
        stop(connected)
        work_until(push_with(connected, url))
        assert hubspot.unsubscribed == {ANA.email, "somebody@else.example"}

    def test_it_goes_before_all_else_even_what_waits(self, connected, hubspot, url):
        hear(connected, "k1")
        push = push_with(connected, url)
        hubspot.faults.append((500, {}))
        push.work(now=NOW)
        stop(connected, at=NOW + timedelta(seconds=11))
        hubspot.faults.append(None)
        push.work(now=NOW + timedelta(seconds=11))
        assert hubspot.unsubscribed == {ANA.email}
        assert states(connected)["heard", "k1"] == "WAITING"

    def test_it_is_never_given_up(self, connected, hubspot, url):
        stop(connected)
        hear(connected, "k1")
        hubspot.token = "another"
        push = push_with(connected, url)
        for hours in (0, 1, 2, 24 * 15, 24 * 15 + 2, 24 * 15 + 4):
            push.work(now=NOW + timedelta(hours=hours))
        assert states(connected)["stop", "p-ana"] == "WAITING"
        with connected.begin() as tx:
            tx.save_push(replace(tx.push("heard", "k1"), due_at=NOW))
            tx.save_push(replace(tx.push("stop", "p-ana"), due_at=NOW + timedelta(days=30)))
        push.work(now=NOW + timedelta(days=16))
        assert states(connected)["heard", "k1"] == "GIVEN_UP"
        hubspot.token = "good"
        push.work(now=NOW + timedelta(days=31))
        assert hubspot.unsubscribed == {ANA.email}

    @pytest.mark.parametrize("reason", ["bounce", "employee"])
    def test_a_stop_that_is_nobodys_wish_is_not_told(self, connected, reason):
        stop(connected, reason=reason)
        assert states(connected) == {}

    def test_what_was_read_in_the_crm_is_not_told_back(self, connected):
        stop(connected, source="crm:hubspot")
        assert states(connected) == {}

    def test_the_control_may_opt_out_too(self, store, hubspot, url):
        with store.begin() as tx:
            tx.publish("crm", "hubspot")
        stop(store)
        work_until(push_with(store, url))
        assert hubspot.unsubscribed == {ANA.email}

    def test_nothing_in_the_code_can_subscribe_anybody(self):
        preferences = [r for r in REQUESTS if "preferences" in r.shape]
        assert all(r.shape.endswith("/unsubscribe-all") for r in preferences)
