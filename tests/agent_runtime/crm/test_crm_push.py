"""Rows of the store reach the vendor's CRM once, whatever happens on the way (R36 R49)."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from threading import Event

import pytest
from crm_world import (
    ANA,
    NOW,
    SESSION,
    new_store,
    push_with,
    states,
    traced,
    use,
    with_people,
    work_until,
)
from hubspot_stand_in import HubSpot, running
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.crash import VARIABLE
from agent_runtime.crm_outbox import CONNECTED, queue_again, queue_heard
from agent_runtime.crm_push import CrmPush
from agent_runtime.field_undo import undo
from agent_runtime.neighbours import open_crm
from agent_runtime.settings import Settings
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import FieldChange, Inbound
from agent_runtime.tools.hubspot import HubSpotCrm
from agent_runtime.tools.local_crm import LocalCrm

ANA_THERE, COMPANY_THERE, DEAL_THERE = "102", "101", "77"
LATER = NOW + timedelta(hours=1)


def open_ticket(store, **more):
    values = {"subject": "serious_issue", "text": "It is down.", "blocker": "outage"} | more
    return use(store, "tickets.open", "contact:c-ana", priority="fast", **values)


def undo_last(store, at):
    with store.begin() as tx:
        return undo(tx, tx.changes()[-1], by="maya", now=at, versions={})


def test_a_support_ticket_and_its_blocker_arrive_once(store, hubspot, url):
    """R36 R45 R49 R137: support triage opens the ticket and the deal shows what blocks it."""
    ticket_id = open_ticket(store)
    use(store, "crm.update", "deal:77", blocker="outage")
    push = push_with(store, url)
    for _ in range(3):
        push.work(now=NOW)
    (number, ticket), *more = hubspot.objects["tickets"].items()
    assert not more
    assert ticket == {
        "hs_pipeline": "0",
        "hs_pipeline_stage": "1",
        "subject": "serious issue",
        "content": "It is down.",
        "parley_blocker": "outage",
        "hs_ticket_priority": "HIGH",
        "parley_ticket_id": ticket_id,
    }
    assert hubspot.links["tickets", number, "contacts"] == [(ANA_THERE, 16)]
    assert hubspot.objects["0-3"][DEAL_THERE]["parley_blocker"] == "outage"
    assert set(states(store).values()) == {"PUSHED"}
    assert len(hubspot.writes()) == 2


def test_fields_reach_the_contact_its_company_and_its_deal(store, hubspot, url):
    """R192, R49, R195: the record is found by the address of the contact of the thread."""
    use(store, "crm.update", "contact:c-ana", preferred_language="de", urgency="this month")
    use(store, "crm.update", "account:a-1", use_case="routing")
    use(store, "crm.update", "deal:77", next_step="legal reads it")
    push_with(store, url).work(now=NOW)
    there = hubspot.objects
    assert there["contacts"][ANA_THERE]["hs_language"] == "de"
    assert there["contacts"][ANA_THERE]["parley_urgency"] == "this month"
    assert there["companies"][COMPANY_THERE]["parley_use_case"] == "routing"
    assert there["0-3"][DEAL_THERE]["hs_next_step"] == "legal reads it"


@pytest.mark.parametrize("nth", range(6))
def test_an_answer_that_is_lost_makes_nothing_twice(store, hubspot, url, nth):
    """R224: whichever answer is lost, the next attempt finds what the first one did."""
    open_ticket(store)
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    hubspot.faults.extend([None] * nth + ["drop"])
    work_until(push_with(store, url))
    assert len(hubspot.objects["tickets"]) == 1
    assert hubspot.objects["contacts"][ANA_THERE]["parley_urgency"] == "soon"
    assert len(hubspot.writes()) == 2
    assert set(states(store).values()) == {"PUSHED"}


@pytest.mark.real
def test_a_worker_that_is_killed_between_request_and_mark_does_it_once(store, hubspot, url):
    open_ticket(store)
    program = (
        "import sys; from crm_world import *; from agent_runtime.store.engine import open_engine; "
        "push_with(SqlStore(open_engine(sys.argv[1]), 't'), sys.argv[2]).work(now=NOW)"
    )
    command = [sys.executable, "-c", program, str(store.engine.url), url]
    path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, VARIABLE: "pushed"}
    assert subprocess.run(command, env=environment, check=False).returncode == -9
    assert set(states(store).values()) == {"WAITING"}
    assert len(hubspot.objects["tickets"]) == 1
    work_until(push_with(store, url))
    assert len(hubspot.writes()) == 1
    assert len(hubspot.objects["tickets"]) == 1
    assert set(states(store).values()) == {"PUSHED"}


@pytest.mark.parametrize(
    "fault", [(429, {"Retry-After": "120"}), (500, {}), (503, {}), (401, {}), "hang"]
)
def test_trouble_on_their_side_is_tried_again_later(store, hubspot, url, fault):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    hubspot.faults.extend([None, fault])
    push = push_with(store, url, timeout_s=0.1)
    again = push.work(now=NOW)
    assert again is not None
    assert set(states(store).values()) == {"WAITING"}
    if isinstance(fault, tuple) and fault[0] == 429:
        assert again == NOW + timedelta(seconds=120)
        push.work(now=NOW + timedelta(seconds=119))
        assert hubspot.writes() == [("PATCH", "/crm/v3/objects/contacts/102")]
    work_until(push)
    assert hubspot.objects["contacts"][ANA_THERE]["parley_urgency"] == "soon"
    assert [event["result"] for event in traced(store)] == ["pushed"]


def test_a_crm_that_is_away_for_a_day_loses_nothing_and_is_not_pestered(hubspot, url):
    store = with_people(MemoryStore("t"))
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    open_ticket(store)
    hubspot.token = "another"
    push = push_with(store, url)
    now = work_until(push, hours=24)
    assert len(hubspot.log) < 70
    waits = [state for state in states(store).values() if state == "WAITING"]
    assert len(waits) == 2
    with store.begin() as tx:
        assert all("PARLEY_HUBSPOT_TOKEN" in p.reason for p in tx.pushes())
    hubspot.token = "good"
    work_until(push, now=now)
    assert set(states(store).values()) == {"PUSHED"}
    assert len(hubspot.objects["tickets"]) == 1


def test_one_row_that_always_fails_does_not_hold_up_the_others(store, hubspot, url):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    use(store, "crm.update", "deal:77", at=LATER, blocker="budget")
    push = push_with(store, url)
    hubspot.faults.append((500, {}))
    again = push.work(now=LATER)
    hubspot.faults.clear()
    push.work(now=again)
    assert sorted(states(store).values()) == ["PUSHED", "WAITING"]


@pytest.mark.parametrize("status", [400, 403, 409, 422])
def test_what_they_refuse_is_asked_once_and_the_reason_is_kept(store, hubspot, url, status):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    hubspot.faults.extend([None, (status, {})])
    work_until(push_with(store, url))
    assert set(states(store).values()) == {"REFUSED"}
    assert len(hubspot.log) == 2
    (event,) = traced(store)
    assert (event["result"], event["fields"]) == ("refused", {"urgency": ""})
    assert event["reason"].startswith(f"{status}: try later")
    assert ("parley crm scopes" in event["reason"]) == (status == 403)


def test_what_a_person_wrote_there_is_never_written_over(store, hubspot, url):
    """R192: neither what stood there before us, nor what came after us."""
    hubspot.objects["contacts"][ANA_THERE]["parley_urgency"] = "Ana says: next year"
    use(store, "crm.update", "contact:c-ana", urgency="soon", blocker="budget")
    push = push_with(store, url)
    push.work(now=NOW)
    hubspot.objects["contacts"][ANA_THERE]["parley_blocker"] = "a rep knows better"
    use(store, "crm.update", "contact:c-ana", at=LATER, blocker="security")
    push.work(now=LATER)
    held = hubspot.objects["contacts"][ANA_THERE]
    assert held["parley_urgency"] == "Ana says: next year"
    assert held["parley_blocker"] == "a rep knows better"
    assert sorted(states(store).values()) == ["CONFLICT", "CONFLICT", "PUSHED"]
    with store.begin() as tx:
        found = {p.found for p in tx.pushes()}
    assert "a rep knows better" in found
    assert "[[FIRST_NAME]] says: next year" in found
    results = [event["result"] for event in traced(store)]
    assert sorted(results) == ["conflict", "conflict", "pushed"]
    assert "knows better" not in str(traced(store))


def test_a_person_may_let_the_very_value_that_they_saw_be_written_over(store, hubspot, url):
    held = hubspot.objects["contacts"][ANA_THERE]
    held["parley_urgency"] = "Ana: old"
    change_id = use(store, "crm.update", "contact:c-ana", urgency="soon")
    push = push_with(store, url)
    push.work(now=NOW)
    with store.begin() as tx:
        conflict = tx.push("change", change_id)
        tx.save_push(replace(conflict, leave=conflict.found))
        queue_again(tx, "change", change_id, at=LATER)
    held["parley_urgency"] = "newer"
    push.work(now=LATER)
    assert held["parley_urgency"] == "newer"
    held["parley_urgency"] = "Ana: old"
    with store.begin() as tx:
        queue_again(tx, "change", change_id, at=LATER)
    push.work(now=LATER)
    assert held["parley_urgency"] == "soon"


def test_undo_brings_the_value_from_before_back(store, hubspot, url):
    """R36: by the same way, with the same care."""
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    use(store, "crm.update", "contact:c-ana", at=LATER, urgency="next year")
    push = push_with(store, url)
    push.work(now=LATER)
    assert hubspot.objects["contacts"][ANA_THERE]["parley_urgency"] == "next year"
    undo_last(store, LATER)
    push.work(now=LATER + timedelta(minutes=1))
    assert hubspot.objects["contacts"][ANA_THERE]["parley_urgency"] == "soon"


def test_undo_of_what_a_person_has_changed_since_leaves_it(store, hubspot, url):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    push = push_with(store, url)
    push.work(now=NOW)
    hubspot.objects["contacts"][ANA_THERE]["parley_urgency"] = "mine"
    undo_last(store, LATER)
    push.work(now=LATER)
    assert hubspot.objects["contacts"][ANA_THERE]["parley_urgency"] == "mine"
    assert sorted(states(store).values()) == ["CONFLICT", "PUSHED"]


def test_of_writes_of_one_field_that_wait_the_last_one_goes_in_place_of_all(store, hubspot, url):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    push = push_with(store, url)
    hubspot.faults.append((503, {}))
    push.work(now=NOW)
    use(store, "crm.update", "contact:c-ana", at=NOW + timedelta(seconds=20), urgency="later")
    push.work(now=NOW + timedelta(seconds=20))
    assert hubspot.writes() == []
    work_until(push, now=NOW + timedelta(seconds=21))
    assert hubspot.objects["contacts"][ANA_THERE]["parley_urgency"] == "later"
    assert len(hubspot.writes()) == 1
    assert sorted(states(store).values()) == ["MERGED", "PUSHED"]


def test_a_field_off_the_list_makes_no_request(store, hubspot, url):
    """R224: neither as a call of a turn, nor as a row that came into the store otherwise."""
    assert use(store, "crm.update", "contact:c-ana", email="evil@x.example") == ""
    row = FieldChange(
        "t", "x1", "thread-p-ana", "contact", "c-ana", "email", "", "evil@x.example", "x", "", NOW
    )
    with store.begin() as tx:
        tx.add_change(row)
        queue_again(tx, "change", "x1", at=NOW)
    push_with(store, url).work(now=NOW)
    assert hubspot.log == []
    assert states(store) == {("change", "x1"): "REFUSED"}
    (event,) = traced(store)
    assert "'email' of contact has no property" in event["reason"]


def test_nobody_of_the_holdout_has_a_row_to_push(store, hubspot, url):
    """R169."""
    assert use(store, "crm.update", "contact:c-ana", arms=("holdout",), urgency="soon") == ""
    push_with(store, url).work(now=NOW)
    assert hubspot.log == []


@pytest.mark.parametrize(
    ("target", "contact", "says"),
    [
        ("deal:78", ANA, "does not belong to this contact"),
        ("deal:79", ANA, "no deal '79'"),
        ("contact:c-ana", replace(ANA, email="new@alder.example"), "no contact there"),
        ("contact:c-ana", replace(ANA, email=""), "no contact there"),
        ("contact:c-old", ANA, "is another one by now"),
        ("account:a-old", ANA, "is another one by now"),
    ],
)
def test_a_record_that_is_not_theirs_for_certain_is_left_alone(
    store, hubspot, url, target, contact, says
):
    """R192: an id that means somebody else there is not believed."""
    kind, _, record_id = target.partition(":")
    with store.begin() as tx:
        tx.add_contact(contact)
        tx.add_change(
            FieldChange(
                "t", "x1", "thread-p-ana", kind, record_id, "blocker", "", "b", "agent", "", NOW
            )
        )
        queue_again(tx, "change", "x1", at=NOW)
    push_with(store, url).work(now=NOW)
    assert hubspot.writes() == []
    (event,) = traced(store)
    assert says in event["reason"]


def test_a_company_that_is_one_of_several_is_not_guessed(store, hubspot, url):
    hubspot.links["contacts", ANA_THERE, "companies"] = [("101", 279), ("104", 279)]
    use(store, "crm.update", "account:a-1", use_case="routing")
    push_with(store, url).work(now=NOW)
    assert set(states(store).values()) == {"REFUSED"}
    assert hubspot.writes() == []


def test_a_ticket_of_somebody_the_crm_does_not_know_is_opened_all_the_same(store, hubspot, url):
    with store.begin() as tx:
        tx.add_contact(replace(ANA, email=""))
    open_ticket(store)
    push_with(store, url).work(now=NOW)
    assert len(hubspot.objects["tickets"]) == 1


def solve(store, ticket_id):
    with store.begin() as tx:
        tx.save_ticket(replace(tx.ticket(ticket_id), state="SOLVED"))
        queue_again(tx, "ticket", ticket_id, at=LATER)


def test_a_solved_ticket_is_closed_there_too(store, hubspot, url):
    ticket_id = open_ticket(store)
    push = push_with(store, url)
    push.work(now=NOW)
    solve(store, ticket_id)
    push.work(now=LATER)
    (ticket,) = hubspot.objects["tickets"].values()
    assert ticket["hs_pipeline_stage"] == "4"


def test_a_ticket_that_somebody_works_on_there_is_not_closed_over_their_head(store, hubspot, url):
    ticket_id = open_ticket(store)
    push = push_with(store, url)
    push.work(now=NOW)
    (ticket,) = hubspot.objects["tickets"].values()
    ticket["hs_pipeline_stage"] = "3"
    solve(store, ticket_id)
    push.work(now=LATER)
    assert ticket["hs_pipeline_stage"] == "3"
    assert set(states(store).values()) == {"CONFLICT"}


def test_two_workers_at_once_open_one_ticket(store, hubspot, url):
    """The vendor's unique property decides where our look came too early."""
    ticket_id = open_ticket(store)
    first, second = push_with(store, url).crm, push_with(store, url)
    look_up, api = first._api.look_up, first._api
    calls = []

    def late(request, **more):
        answer = look_up(request, **more)
        if not calls:
            calls.append(1)
            second.work(now=NOW)
        return answer

    api.look_up = late
    CrmPush(store, HubSpotCrm(api), {}).work(now=NOW)
    assert [t["parley_ticket_id"] for t in hubspot.objects["tickets"].values()] == [ticket_id]
    assert set(states(store).values()) == {"PUSHED"}


def test_what_leaves_for_the_crm_has_names_but_no_secrets(store, hubspot, url):
    with store.begin() as tx:
        tx.remember("thread-p-ana", {"[[PERSON_1]]": "Bo Lind", "[[CARD_1]]": "4111111111111111"})
    open_ticket(store, text="[[PERSON_1]] of [[COMPANY]] paid with [[CARD_1]].")
    push_with(store, url).work(now=NOW)
    (ticket,) = hubspot.objects["tickets"].values()
    assert ticket["content"] == "Bo Lind of Alder paid with [[CARD_1]]."


def heard(text="Is it <b>safe</b>?\nAna"):
    return Inbound(
        "t", "k1", ANA.mailbox, "l", SESSION.thread_id, "p-ana", "Re", text, "<1@x>", "", NOW, NOW
    )


def test_what_was_said_is_on_the_timeline_once_and_as_text(store, hubspot, url):
    """R45: activities are written to the CRM, where one is connected."""
    with store.begin() as tx:
        tx.publish(CONNECTED, "hubspot")
        tx.add_inbound(heard())
        queue_heard(tx, heard(), arm="agent")
    hubspot.faults.extend([None, None, "drop"])
    work_until(push_with(store, url))
    ((number, mail),) = hubspot.objects["emails"].items()
    assert mail["hs_email_text"] == "Is it <b>safe</b>?\nAna"
    assert (mail["hs_email_subject"], mail["hs_email_direction"]) == ("Re", "INCOMING_EMAIL")
    assert mail["hs_timestamp"] == "2026-01-13T10:00:00.000Z"
    assert hubspot.links["emails", number, "contacts"] == [(ANA_THERE, 198)]


def test_whom_the_crm_does_not_know_gets_no_note(store, hubspot, url):
    with store.begin() as tx:
        tx.add_contact(replace(ANA, email="new@alder.example"))
        tx.publish(CONNECTED, "hubspot")
        tx.add_inbound(heard())
        queue_heard(tx, heard(), arm="agent")
    push_with(store, url).work(now=NOW)
    assert hubspot.writes() == []
    assert set(states(store).values()) == {"REFUSED"}


@pytest.mark.parametrize(("arm", "vendor"), [("holdout", "hubspot"), ("", "hubspot"), ("a", "")])
def test_no_note_is_made_of_the_holdout_nor_where_no_crm_is_connected(store, arm, vendor):
    with store.begin() as tx:
        tx.publish(CONNECTED, vendor)
        queue_heard(tx, heard(), arm=arm)
    assert states(store) == {}


def test_without_a_vendor_the_store_is_the_crm(store):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    crm = open_crm(Settings(), store)
    CrmPush(store, crm, {}).work(now=NOW)
    assert isinstance(crm, LocalCrm)
    assert set(states(store).values()) == {"KEPT"}
    assert traced(store) == []


def test_a_token_connects_hubspot(store):
    crm = open_crm(Settings(hubspot_token="x"), store)
    assert isinstance(crm, HubSpotCrm)
    crm.close()


def test_a_token_is_not_shown():
    assert "hush" not in repr(Settings(hubspot_token="hush"))


WRITERS = st.lists(
    st.tuples(st.sampled_from(["agent", "person", "undo"]), st.sampled_from("abc")), max_size=8
)
FAULTS = st.lists(
    st.sampled_from([None, None, "drop", (500, {}), (429, {"Retry-After": "1"})]), max_size=8
)


@settings(max_examples=12)
@given(steps=WRITERS, faults=FAULTS)
def test_whatever_happens_a_persons_value_is_never_lost(steps, faults):
    store, hubspot = with_people(MemoryStore("t")), HubSpot()
    hubspot.add("contacts", email=ANA.email)
    held = hubspot.objects["contacts"]["101"]
    with running(hubspot) as url:
        push, now = push_with(store, url), NOW
        hubspot.faults.extend(faults)
        by_person = ""
        for who, value in steps:
            now = work_until(push, hours=3, now=now + timedelta(minutes=1))
            if who == "person":
                held["parley_blocker"] = by_person = f"typed-{value}"
            elif who == "agent":
                use(store, "crm.update", "contact:c-ana", at=now, blocker=f"said-{value}")
            else:
                with store.begin() as tx:
                    last = next(reversed(tx.changes()), None)
                    if last is not None and not last.undoes:
                        undo(tx, last, by="maya", now=now, versions={})
        work_until(push, hours=3, now=now)
        assert set(states(store).values()) <= {"PUSHED", "CONFLICT"}
        assert held.get("parley_blocker", "").startswith("typed-") == bool(by_person)


def test_waiting_grows_and_has_a_bound(store, hubspot, url):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    hubspot.token = "another"
    push, dues, now = push_with(store, url), [NOW], NOW
    for _ in range(9):
        push.work(now=now)
        with store.begin() as tx:
            now = tx.pushes()[0].due_at
        dues.append(now)
    waits = [later - earlier for earlier, later in pairwise(dues)]
    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_the_stores_agree_on_what_is_due(tmp_path, kind):
    store = MemoryStore("t") if kind == "memory" else new_store(tmp_path)
    with store.begin() as tx:
        queue_again(tx, "ticket", "b", at=LATER)
        queue_again(tx, "ticket", "a", at=NOW)
        queue_again(tx, "heard", "c", at=NOW)
        assert [p.row_id for p in tx.pushes_due(NOW, limit=9)] == ["c", "a"]
        assert [p.row_id for p in tx.pushes_due(LATER, limit=2)] == ["c", "a"]
        tx.save_push(replace(tx.push("ticket", "a"), state="PUSHED"))
        assert [p.row_id for p in tx.pushes_due(LATER, limit=9)] == ["c", "b"]
        assert not tx.add_push(tx.push("ticket", "b"))
        assert len(tx.pushes()) == 3
        assert tx.change("none") is None
        assert tx.ticket("none") is None


class Broken(LocalCrm):
    def deliver(self, requests):
        raise KeyError("results")


def test_an_error_of_ours_drops_no_row(store):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    assert CrmPush(store, Broken(store), {}).work(now=NOW) is not None
    with store.begin() as tx:
        (waiting,) = tx.pushes()
    assert (waiting.state, waiting.attempts) == ("WAITING", 1)
    assert "could not be worked" in waiting.reason


def test_the_delivery_runs_until_it_is_told_to_stop_and_says_which_crm_is_connected(
    store, hubspot, url
):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    stop = Event()

    def clock():
        stop.set()
        return NOW

    push = push_with(store, url)
    push.announce()
    push.run(stop, clock)
    with store.begin() as tx:
        assert tx.published(CONNECTED) == "hubspot"
    assert set(states(store).values()) == {"PUSHED"}
