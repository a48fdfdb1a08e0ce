"""A session that ends in mid-run is renewed once; of several records each has its own outcome."""

from dataclasses import replace
from datetime import timedelta

import pytest
from crm_rows import connect, hear, stop
from crm_world import ANA, NOW, opened, states, work_until
from salesforce_stand_in import Salesforce, serving

from agent_runtime.crm_port import CrmTrouble
from agent_runtime.crm_push import CrmPush
from agent_runtime.crm_timeline import activity_id
from agent_runtime.neighbours import open_crm
from agent_runtime.settings import Settings

LATER = NOW + timedelta(hours=1)
APP = {"salesforce_client_id": "3MVG9app", "salesforce_client_secret": "sesame"}


@pytest.fixture
def org():
    made = Salesforce()
    made.add("Contact", Email=ANA.email)
    return made


@pytest.fixture
def connected(org, store, tmp_path):
    """Opens the CRM as the worker does, by settings."""
    connect(store, "salesforce")
    with serving(org) as url:

        def connect_with(**more):
            base = {"workspace": tmp_path, "salesforce_url": url, "hubspot_token": ""}
            crm = open_crm(Settings(**base, **more), store)
            opened.append(crm)
            return CrmPush(store, crm, {})

        yield connect_with


def somebody(store, org, number):
    """A person of whom we have heard one line."""
    email = f"p{number}@alder.example"
    org.add("Contact", Email=email)
    with store.begin() as tx:
        tx.add_contact(replace(ANA, contact_id=f"c-{number}", person_id=f"p-{number}", email=email))
    hear(store, f"k{number}", text=f"line {number}", person=f"p-{number}")


@pytest.mark.parametrize("lasts", range(1, 6))
def test_a_session_that_ends_in_mid_run_is_renewed_and_nothing_is_there_twice(
    org, store, connected, lasts
):
    """R210: the request that was refused for it is asked again once, and only that one."""
    org.lasts = lasts
    for number in range(30):
        somebody(store, org, number)
    stop(store)
    push = connected(**APP)
    work_until(push)
    assert set(states(store).values()) == {"PUSHED"}
    said = sorted(task["Description"] for task in org.objects["Task"].values())
    assert said == sorted(f"line {number}" for number in range(30))
    assert org.signed_in > 1


def test_an_old_token_is_renewed_too_where_the_connected_app_is_known(org, store, connected):
    hear(store, "k1")
    work_until(connected(salesforce_token="old", **APP))
    assert set(states(store).values()) == {"PUSHED"}
    assert org.signed_in == 1


def test_a_session_that_ends_at_once_again_is_a_sentence_and_not_a_loop(org, store, connected):
    org.lasts = 0
    push = connected(**APP)
    with pytest.raises(CrmTrouble) as trouble:
        push.crm.look([ANA.email])
    assert trouble.value.outcome.status == "retry"
    assert "ended again right after it was renewed" in trouble.value.outcome.reason
    assert org.signed_in == 2, "one to begin with, one more"


def test_a_connected_app_that_is_refused_is_named(org, store, connected):
    org.secret = "changed"
    hear(store, "k1")
    push = connected(**APP)
    push.work(now=NOW)
    with store.begin() as tx:
        (row,) = tx.pushes()
    assert row.state == "WAITING"
    assert "PARLEY_SALESFORCE_CLIENT_SECRET" in row.reason
    assert "invalid client" in row.reason
    org.secret = "sesame"
    work_until(push, now=LATER)
    assert set(states(store).values()) == {"PUSHED"}


def test_each_record_of_a_composite_has_its_own_outcome_and_a_repeat_doubles_none(
    org, store, connected
):
    """R192: done, refused by a rule there, busy and ambiguous, in one request."""
    for number in range(6):
        somebody(store, org, number)
    broken, busy, double = (activity_id("heard", f"k{n}") for n in (1, 3, 4))
    org.broken.add(broken)
    org.locked.add(busy)
    org.doubled.add(double)
    push = connected(salesforce_token="good")
    push.work(now=NOW)
    with store.begin() as tx:
        found = {row.row_id: (row.state, row.reason) for row in tx.pushes()}
    assert [found[f"k{n}"][0] for n in range(6)] == [
        *("PUSHED", "REFUSED", "PUSHED", "WAITING", "REFUSED", "PUSHED"),
    ]
    assert "too vague" in found["k1"][1]
    assert "several records there" in found["k4"][1]
    org.locked.clear()
    work_until(push, now=LATER)
    said = sorted(task["Description"] for task in org.objects["Task"].values())
    assert said == ["line 0", "line 2", "line 3", "line 5"]
    asked = [body for _, path, body in org.log if path.endswith("composite")]
    assert [len(body["compositeRequest"]) for body in asked] == [6, 1]
