"""Webhooks of HubSpot: signed ones are kept once and obeyed at once."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from crm_world import ANA, NOW, use
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.testclient import TestClient

from agent_runtime.clock import write_now
from agent_runtime.console.serve import open_app
from agent_runtime.crm_news import note_pulled, stop_newly_known
from agent_runtime.errors import ParleyError
from agent_runtime.newcomers import OWNERS, Owner
from agent_runtime.settings import Settings
from agent_runtime.store.memory import MemoryStore
from agent_runtime.suppression import stop_of
from agent_runtime.tools.hubspot_events import (
    SIGNATURE,
    TIMESTAMP,
    HubSpotEventError,
    is_signed,
    read_events,
    sign,
)

URL = "https://talk.northbeam.example"
URI = f"{URL}/hubspot/events"
SECRET = "app-secret"
OPTED_OUT = {
    "eventId": 7,
    "portalId": 62515,
    "occurredAt": 1768298400000,
    "subscriptionType": "contact.propertyChange",
    "attemptNumber": 0,
    "objectId": 102,
    "propertyName": "hs_email_optout",
    "propertyValue": "true",
}
OWNER = Owner("o-1", "Lena Vogt", "lena@n.example", "relay@n.example", "Europe/Berlin")


@pytest.fixture
def served(store, tmp_path):
    """The application as `parley serve` opens it, where Ana is contact 102 of the CRM."""
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json((OWNER,)).decode())
        tx.add_contact(replace(ANA, contact_id="102"))
    write_now(store.engine, NOW)
    opened = Settings(
        workspace=tmp_path,
        tenant_id="t",
        public_url=URL,
        hubspot_secret=SecretStr(SECRET),
        hubspot_portal="62515",
    )
    with TestClient(open_app(opened)) as client:
        yield client


def post(client, events, *, secret=SECRET, at=NOW, signature=None):
    body = json.dumps(events).encode()
    stamp = str(round(at.timestamp() * 1000))
    signature = sign(secret, "POST", URI, body, stamp) if signature is None else signature
    headers = {SIGNATURE: signature, TIMESTAMP: stamp}
    return client.post("/hubspot/events", content=body, headers=headers).status_code


def test_a_refusal_stops_the_person_at_once_and_names_the_record_to_pull(served, store):
    """R193: the event reaches the served application, not a router by itself."""
    assert post(served, [OPTED_OUT]) == 204
    with store.begin() as tx:
        assert tx.suppressed(ANA.person_id) == "unsubscribed"
        assert stop_of(tx, ANA).reason == "unsubscribed"
        (news,) = tx.news_waiting()
    assert (news.kind, news.record_id, news.stop) == ("contacts", "102", "open")


def test_a_delivery_that_is_sent_again_is_known(served, store):
    again = {**OPTED_OUT, "attemptNumber": 1}
    other = {**OPTED_OUT, "occurredAt": OPTED_OUT["occurredAt"] + 1}
    assert [post(served, [event]) for event in (OPTED_OUT, again, other)] == [204] * 3
    with store.begin() as tx:
        # HubSpot's eventId is not promised to be unique: another time is another event.
        assert len(tx.news_waiting()) == 2


def test_what_hubspot_did_not_sign_just_now_is_refused_and_leaves_nothing(served, store):
    wrong = [
        {"secret": "another"},
        {"signature": ""},
        {"signature": b"\xfc"},
        {"at": NOW - timedelta(minutes=6)},
        {"at": NOW + timedelta(minutes=6)},
    ]
    assert [post(served, [OPTED_OUT], **one) for one in wrong] == [401] * 5
    with store.begin() as tx:
        assert not tx.news_waiting()
        assert not tx.suppressed(ANA.person_id)


def test_events_of_another_account_are_none_of_ours(served, store):
    assert post(served, [{**OPTED_OUT, "portalId": 1}]) == 204
    with store.begin() as tx:
        assert not tx.news_waiting()
        assert not tx.suppressed(ANA.person_id)


def test_a_signed_body_that_is_no_list_of_events_is_said_to_be_none(served):
    assert post(served, {"eventId": 1}) == 400


def test_a_secret_without_a_public_address_is_one_sentence(store, tmp_path):
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json((OWNER,)).decode())
    with pytest.raises(ParleyError, match="PARLEY_PUBLIC_URL"):
        open_app(Settings(workspace=tmp_path, tenant_id="t", hubspot_secret=SecretStr(SECRET)))


def test_without_a_secret_there_is_no_webhook(store, tmp_path):
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json((OWNER,)).decode())
    client = TestClient(open_app(Settings(workspace=tmp_path, tenant_id="t", public_url=URL)))
    assert post(client, [OPTED_OUT]) == 404


@given(body=st.binary(max_size=60), place=st.integers(0, 59), bit=st.integers(0, 7))
def test_one_altered_bit_of_the_body_breaks_the_signature(body, place, bit):
    stamp = str(round(NOW.timestamp() * 1000))
    said = {"signature": sign(SECRET, "POST", URI, body, stamp), "timestamp": stamp, "now": NOW}
    assert is_signed(SECRET, URI, body, **said)
    altered = bytearray(body or b"x")
    altered[place % len(altered)] ^= 1 << bit
    assert not is_signed(SECRET, URI, bytes(altered), **said)
    assert not is_signed(SECRET, f"{URI}?x", body, **said)
    assert not is_signed("", URI, body, **said)


def test_the_signature_is_the_one_that_hubspot_describes():
    """Base64 of HMAC-SHA256, by openssl over POST, address, body and time, one after another."""
    wanted = "QdIRPp0pd3+vmUOqhWChoZxb+5AcIot4vLOiS+efSuc="
    assert sign("secret", "POST", "https://x.example/h", b"[]", "1768298400000") == wanted


def _read(*events, portal=""):
    return read_events(json.dumps(events).encode(), "t", portal=portal, now=NOW)


@pytest.mark.parametrize(
    ("event", "records"),
    [
        ({"subscriptionType": "company.creation", "objectId": 5}, [("companies", "5")]),
        (
            {"subscriptionType": "object.propertyChange", "objectTypeId": "0-3", "objectId": 6},
            [("deals", "6")],
        ),
        (
            {
                "subscriptionType": "contact.merge",
                "primaryObjectId": 1,
                "mergedObjectIds": [2],
                "newObjectId": 3,
            },
            [("contacts", "1"), ("contacts", "3"), ("contacts", "2")],
        ),
        (
            {
                "subscriptionType": "contact.associationChange",
                "associationType": "CONTACT_TO_COMPANY",
                "fromObjectId": 1,
                "toObjectId": 9,
            },
            [("contacts", "1"), ("companies", "9")],
        ),
        ({"subscriptionType": "ticket.creation", "objectId": 5}, []),
        ({"subscriptionType": "contact.creation", "objectId": "../1"}, []),
    ],
)
def test_each_event_names_the_records_to_pull(event, records):
    assert [(one.kind, one.record_id) for one in _read(event)] == records


@pytest.mark.parametrize(
    ("change", "stop"),
    [
        ({}, "open"),
        ({"propertyName": "hs_email_optout_123"}, "open"),
        ({"propertyValue": "false"}, "none"),
        ({"propertyName": "lastname"}, "none"),
        ({"subscriptionType": "contact.privacyDeletion", "propertyName": None}, "open"),
    ],
)
def test_which_events_are_a_refusal(change, stop):
    """R193: a yes lifts nothing, since it proves no new consent of ours."""
    assert [one.stop for one in _read({**OPTED_OUT, **change})] == [stop]


SAID = st.none() | st.booleans() | st.integers() | st.text(max_size=8)


@settings(max_examples=50)
@given(st.recursive(SAID, st.lists, max_leaves=4))
def test_whatever_the_body_holds_is_read_or_refused_in_a_sentence(said):
    body = json.dumps([{"subscriptionType": said, "objectId": said, "occurredAt": said}]).encode()
    assert read_events(body, "t", portal="", now=NOW) == []


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"[1]", b"null"])
def test_a_body_that_is_no_list_of_events_is_refused_in_a_sentence(body):
    with pytest.raises(HubSpotEventError, match="HubSpot sends a list of events"):
        read_events(body, "t", portal="", now=NOW)


@pytest.fixture(params=["sql", "memory"])
def any_store(request, store):
    return store if request.param == "sql" else MemoryStore("t")


def test_who_refused_before_we_knew_them_is_stopped_when_they_arrive(any_store):
    (news,) = _read({**OPTED_OUT, "objectId": 555})
    with any_store.begin() as tx:
        assert tx.add_news(news)
        assert not tx.add_news(news)
        assert stop_newly_known(tx, now=NOW) == 0
        tx.add_contact(replace(ANA, contact_id="555", person_id="p-new", email="new@x.example"))
        assert stop_newly_known(tx, now=NOW) == 1
        assert tx.suppressed("p-new") == "unsubscribed"


def test_the_address_of_a_refusal_is_listed_when_the_record_is_pulled(any_store):
    """Whoever is imported with that address later, from wherever, is not written to either."""
    (news,) = _read({**OPTED_OUT, "objectId": 555})
    with any_store.begin() as tx:
        tx.add_news(news)
        assert note_pulled(tx, tx.news_waiting(), {"555": ["Eve@x.example", "no address"]}, now=NOW)
        assert not tx.news_waiting()
        assert not tx.stops_open()
        listed = tx.listing("email", "eve@x.example")
        assert listed is not None
        assert stop_of(tx, replace(ANA, email="eve@x.example", person_id="p-eve")).reason


def test_a_refusal_cancels_what_waits_and_leaves_others_alone(store):
    with store.begin() as tx:
        (news,) = _read({**OPTED_OUT, "objectId": 999})
        tx.add_news(news)
        assert stop_newly_known(tx, now=NOW) == 0
        assert not tx.suppressed(ANA.person_id)
    assert use(store, "crm.update", "contact:c-ana", blocker="price")
