"""The same queue delivers to Salesforce by its documented wire (R191 R192)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from crm_rows import connect, hear, meet, say, stop, work
from crm_world import ANA, NOW, opened, states, traced, use, work_until
from salesforce_stand_in import Salesforce, error, serving

from agent_runtime.crm_mirror import Mirror
from agent_runtime.crm_push import CrmPush
from agent_runtime.crm_timeline import activity_id
from agent_runtime.neighbours import open_crm
from agent_runtime.settings import Settings
from agent_runtime.tools.salesforce import SalesforceCrm
from agent_runtime.tools.salesforce_api import SalesforceApi

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def org():
    made = Salesforce()
    made.add("Contact", Email=ANA.email)
    made.add("Contact", Email="o'hara@else.example")
    return made


@pytest.fixture
def push(org, store):
    connect(store, "salesforce")
    with serving(org) as url:
        crm = SalesforceCrm(SalesforceApi(url, "good", timeout_s=5.0))
        opened.append(crm)
        yield CrmPush(store, crm, {})


@pytest.fixture
def ana(org):
    return next(held for held in org.objects["Contact"].values() if held["Email"] == ANA.email)


def test_what_was_said_done_and_booked_is_there_once(org, store, push):
    """R195: notes, tasks and meetings, written over HTTP to a stand-in of the vendor."""
    hear(store, "k1")
    say(store, "m1")
    work(store, "w1", priority="fast")
    meet(store, "u1")
    work_until(push)
    tasks, (event,) = [*org.objects["Task"].values()], org.objects["Event"].values()
    assert sorted(task["Subject"] for task in tasks) == [
        "Parley: pricing question",
        "Re",
        "Re: safe",
    ]
    todo = next(task for task in tasks if task["Subject"].startswith("Parley"))
    assert (todo["Status"], todo["Priority"], todo["ActivityDate"]) == (
        "Not Started",
        "High",
        "2026-01-13",
    )
    assert event["StartDateTime"] == "2026-01-16T10:00:00.000Z"
    assert {task["WhoId"] for task in (*tasks, event)} == {"Con000000000001"}
    work(store, "w1", state="DONE")
    meet(store, "u1", attendance="held", at=LATER)
    work_until(push, now=LATER)
    assert todo["Status"] == "Completed"
    assert event["Parley_Outcome__c"] == "held"
    assert len(org.objects["Task"]) == 3


@pytest.mark.parametrize("nth", range(5))
@pytest.mark.parametrize("fault", ["drop", (503, error("SERVER_UNAVAILABLE", "busy"))])
def test_an_answer_that_is_lost_makes_nothing_twice_there(org, store, push, nth, fault):
    for number in range(3):
        hear(store, f"k{number}", text=f"line {number}")
    org.faults.extend([None] * nth + [fault])
    work_until(push)
    said = sorted(task["Description"] for task in org.objects["Task"].values())
    assert said == ["line 0", "line 1", "line 2"]
    assert set(states(store).values()) == {"PUSHED"}


def test_a_part_of_a_composite_that_fails_is_asked_again_alone(org, store, push):
    for number, name in enumerate(("bo", "ana", "cy")):
        email = f"{name}@alder.example"
        with store.begin() as tx:
            tx.add_contact(replace(ANA, contact_id=f"c-{name}", person_id=f"p-{name}", email=email))
        if name != "ana":
            org.add("Contact", Email=email)
        hear(store, f"k{number}", text=f"line {number}", person=f"p-{name}")
    org.locked.add(activity_id("heard", "k1"))
    push.work(now=NOW)
    assert sorted(states(store).values()) == ["PUSHED", "PUSHED", "WAITING"]
    org.locked.clear()
    work_until(push)
    assert len(org.objects["Task"]) == 3


def test_an_opt_out_reaches_every_contact_and_lead_with_the_address(org, store, push, ana):
    lead = org.add("Lead", Email=ANA.email)
    stop(store)
    work_until(push)
    assert ana["HasOptedOutOfEmail"] is True
    assert org.objects["Lead"][lead]["HasOptedOutOfEmail"] is True


def test_an_opt_out_there_stops_us_here_too(org, store, push, ana):
    hear(store, "k1")
    work_until(push)
    ana["HasOptedOutOfEmail"] = True
    assert Mirror(store, push.crm, {}).work(now=LATER).stopped == 1


def test_a_field_is_written_and_never_over_what_a_person_wrote(org, store, push, ana):
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    work_until(push)
    assert ana["Parley_Urgency__c"] == "soon"
    ana["Parley_Urgency__c"] = "in May"
    use(store, "crm.update", "contact:c-ana", at=LATER, urgency="now")
    work_until(push, now=LATER)
    assert ana["Parley_Urgency__c"] == "in May"
    assert sorted(states(store).values()) == ["CONFLICT", "PUSHED"]


def test_a_record_without_a_property_on_the_list_makes_no_request(org, store, push):
    use(store, "crm.update", "deal:77", blocker="budget")
    work_until(push)
    assert org.log == []
    assert "has no property in writable.yaml" in traced(store)[0]["reason"]


@pytest.mark.parametrize("twice", [True, False])
def test_somebody_unknown_or_not_certain_is_left_alone(org, store, push, twice):
    if twice:
        org.add("Contact", Email=ANA.email)
    else:
        org.objects["Contact"].clear()
    hear(store, "k1")
    work_until(push)
    assert set(states(store).values()) == {"REFUSED"}
    assert org.objects["Task"] == {}


def test_an_address_cannot_end_the_query(push):
    (one, two) = push.crm.look(["o'hara@else.example", "x' OR Email != '"])
    assert (one.status, two.status) == ("there", "gone")


def test_a_limit_that_is_used_up_is_waited_for(org, store, push):
    hear(store, "k1")
    org.faults.append((403, error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")))
    assert push.work(now=NOW) == NOW + timedelta(minutes=15)
    work_until(push)
    assert set(states(store).values()) == {"PUSHED"}


def test_a_token_and_an_address_connect_salesforce(store):
    crm = open_crm(Settings(salesforce_token="x", salesforce_url="https://x.example"), store)
    assert isinstance(crm, SalesforceCrm)
    crm.close()
