"""`parley doctor --connections` reads calendars and CRM, changes nothing, names what is missing.

The vendors are the stand-ins that the adapters are tested with.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest

sys.path.append(str(Path(__file__).parents[2] / "agent_runtime/crm"))
sys.path.append(str(Path(__file__).parents[2] / "agent_runtime/tools"))

import google_stand_in
import salesforce_stand_in

from agent_runtime.newcomers import OWNERS, Owner
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from pipelines.first_steps.connections import connections
from tests.agent_runtime.grounding.entailment_stand_in import judging

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
NONE = {"smtp_port": 0, "caldav_url": "", "hubspot_token": "", "google_token": ""}


def told(settings):
    found = {name: (state, says) for name, state, says in connections(settings, now=NOW)}
    assert all("\n" not in says for _, says in found.values())
    return found


def with_owners(settings, *emails):
    owners = tuple(
        Owner(owner_id=f"o-{n}", name="O", email=email, mailbox="r@x.example", time_zone="UTC")
        for n, email in enumerate(emails)
    )
    store = SqlStore(open_engine(f"sqlite:///{settings.paths.store}"), settings.tenant_id)
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json(owners).decode())
    store.engine.dispose()


class Shared(google_stand_in.Google):
    """Only some calendars are shared with the account of the token."""

    hidden = ()

    def answer(self, method, target, headers, body):
        self.asked = [*getattr(self, "asked", []), method]
        if any(f"/calendars/{one}/" in unquote(target) for one in self.hidden):
            return 404, {}, {}
        return super().answer(method, target, headers, body)


@pytest.fixture
def google():
    org = Shared()
    with google_stand_in.running(org) as url:
        yield org, url


@pytest.fixture
def with_google(google, tmp_path):
    org, url = google
    more = {"google_token": "good", "google_url": url}
    return org, Settings(workspace=tmp_path, **NONE | more)


def test_calendars_of_all_owners_are_read_and_nothing_is_written(with_google):
    """R191: the calendar that is written to is tried before anybody is offered a time."""
    org, settings = with_google
    assert told(settings)["calendar"][0] == "warning", "without owners only the token's is tried"
    with_owners(settings, "lena@x.example", "bo@x.example")
    state, says = told(settings)["calendar"]
    assert (state, says) == ("ok", "Google lets us read the calendars of all 2 owners")
    assert set(org.asked) == {"GET"}


def test_a_calendar_that_is_not_shared_and_a_token_that_has_expired_are_named(with_google):
    org, settings = with_google
    with_owners(settings, "lena@x.example", "bo@x.example")
    org.hidden = ("bo@x.example",)
    state, says = told(settings)["calendar"]
    assert state == "failed"
    assert says.startswith("1 of 2 calendars cannot be read; calendar 'bo@x.example'")
    assert "shared" in says
    org.token = "new"
    state, says = told(settings)["calendar"]
    assert state == "failed"
    assert "PARLEY_GOOGLE_TOKEN" in says


@pytest.fixture
def org(tmp_path):
    made = salesforce_stand_in.Salesforce()
    with salesforce_stand_in.serving(made) as url:
        more = {"salesforce_url": url, "salesforce_token": "good"}
        yield made, Settings(workspace=tmp_path, **NONE | more)


def test_salesforce_is_read_and_what_it_lacks_is_named_field_by_field(org):
    """R194: what is missing there is known before the first write is refused."""
    made, settings = org
    assert told(settings)["crm"] == (
        "ok",
        "Salesforce lets us read and write all that is on the list of fields",
    )
    made.lacks.add(("Task", "Parley_Id__c"))
    made.described["Event", "Parley_Id__c"] = {"externalId": False}
    made.described["Lead", "HasOptedOutOfEmail"] = {"updateable": False, "createable": False}
    state, says = told(settings)["crm"]
    assert state == "failed"
    for part in (
        "Task.Parley_Id__c is not there",
        "Event.Parley_Id__c is no external id",
        "Lead.HasOptedOutOfEmail may not be written",
    ):
        assert part in says
    assert {method for method, _, _ in made.log} == {"GET"}


def test_a_session_or_an_address_that_is_wrong_is_named(org):
    _, settings = org
    old = told(
        settings.model_copy(update={"salesforce_token": type(settings.salesforce_token)("x")})
    )
    assert old["crm"][0] == "failed"
    assert "PARLEY_SALESFORCE_TOKEN" in old["crm"][1]
    away = told(settings.model_copy(update={"salesforce_url": "http://127.0.0.1:1"}))
    assert away["crm"][0] == "failed"
    assert "PARLEY_SALESFORCE_URL" in away["crm"][1]


def test_a_server_of_entailment_must_tell_what_follows_from_what_does_not(tmp_path):
    """R230: one that finds everything entailed is found out, and one that is away is named."""
    with judging() as judge:
        settings = Settings(workspace=tmp_path, entailment_url=judge.url, **NONE)
        state, says = told(settings)["entailment"]
        assert state == "failed"
        assert "its negation with 0.97" in says
        judge.denies = ("not",)
        assert told(settings)["entailment"] == ("ok", "nli@a1 tells what follows from a fact")
    state, says = told(settings)["entailment"]
    assert state == "failed"
    assert "PARLEY_ENTAILMENT_URL" in says
    assert "entailment" not in told(Settings(workspace=tmp_path, **NONE))
