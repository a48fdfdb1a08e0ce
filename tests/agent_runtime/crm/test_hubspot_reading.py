"""What we ask HubSpot for is what its published API descriptions allow (R51 R191 R192 R224)."""

from datetime import UTC, datetime, timedelta

import pytest
from hubspot_description import Description
from hubspot_reading import ReadableHubSpot
from hubspot_stand_in import running

from pipelines.sources.hubspot.objects import object_kinds, read_scopes
from pipelines.sources.hubspot.progress import Wanted
from pipelines.sources.hubspot.pull import pull_hubspot
from pipelines.sources.hubspot.reader import HubSpotReader, Patience

NOW = datetime(2026, 1, 13, 10, tzinfo=UTC)


@pytest.fixture
def account(shared_data):
    """One of everything, with the vendor's descriptions as a witness of every request."""
    account = ReadableHubSpot()
    account.knows_null = False
    account.witness = Description(shared_data / "../specs/hubspot", read_scopes())
    account.owners["9"] = {"first": "Lena", "last": "Vogt", "email": "l@n.example", "team": "N"}
    for kind in object_kinds().values():
        if kind.path != "contacts":
            account.add(kind.path, hubspot_owner_id="9")
    for number in range(3):
        account.add("contacts", email=f"{number}@x.example")
    account.subscribe("0@x.example", "1", "SUBSCRIBED", legalBasis="CONSENT_WITH_NOTICE")
    account.subscribe("1@x.example", "all", "UNSUBSCRIBED")
    return account


def test_every_question_and_answer_is_as_the_vendor_describes_it(account, tmp_path):
    """Changes, ties, the bin, mergers, named records, partial batches, one address at a time."""
    seen = account.witness.seen
    with (
        running(account) as url,
        HubSpotReader(url, "good", patience=Patience(backoff=0.0), searches_a_second=1e6) as reader,
    ):
        assert pull_hubspot(reader, tmp_path, now=NOW).is_whole
        first, second, third = account.objects["contacts"]
        account.now += timedelta(hours=1)
        account.archive("contacts", first)
        merged = account.merge("contacts", second, third)
        account.tick = timedelta(0)
        for number in range(250):
            account.add("companies", name=str(number))
        account.may_batch_statuses = False
        wanted = Wanted(ids={"contacts": [first, merged, "999999"]})
        assert pull_hubspot(reader, tmp_path, now=NOW, wanted=wanted).is_whole
        account.restore("contacts", first)
        account.may_batch_statuses = True
        account.unanswered.add("0@x.example")
        account.faults.extend([(429, {"Retry-After": "0"}), (500, {})])
        assert pull_hubspot(reader, tmp_path, now=NOW).unread == 1
    assert account.witness.violations == []
    asked = {(method, path) for method, path, _ in seen}
    assert {
        *{("POST", f"/crm/v3/objects/{kind.path}/search") for kind in object_kinds().values()},
        *{("GET", f"/crm/v3/objects/{kind.path}") for kind in object_kinds().values()},
        *{("GET", f"/crm/v3/properties/{kind.path}") for kind in object_kinds().values()},
        ("POST", "/crm/v3/objects/contacts/batch/read"),
        ("POST", "/crm/v4/associations/contacts/companies/batch/read"),
        ("POST", "/crm/v4/associations/0-3/contacts/batch/read"),
        ("GET", "/crm/v3/owners"),
        ("GET", "/crm/v3/pipelines/deals"),
        ("GET", "/communication-preferences/v4/definitions"),
        ("POST", "/communication-preferences/v4/statuses/batch/read"),
        ("POST", "/communication-preferences/v4/statuses/batch/unsubscribe-all/read"),
        ("GET", "/communication-preferences/v4/statuses/1@x.example/unsubscribe-all"),
    } <= asked
    assert {status for _, _, status in seen} >= {200, 207}
