"""Salesforce as a source, against an organisation on loopback that keeps state."""

from datetime import UTC, datetime

import pytest
from salesforce_org import BOOLEAN, NUMBER, Org

from agent_runtime.settings import Workspace
from pipelines.errors import PipelineError
from pipelines.ingest import run_ingest
from pipelines.lake import Lake
from pipelines.sources.kinds.salesforce_objects import OBJECTS
from pipelines.sources.landing import read_landed
from pipelines.sources.pulling import check, pull, read_source
from pipelines.sources.secret import Secrets

pytestmark = pytest.mark.real

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
SECRETS = Secrets({"SF_ID": "3MVG9app", "SF_SECRET": "sesame"})
YAML = """
source: salesforce
kind: salesforce
instance: {url}
auth: {{client_id: SF_ID, client_secret: SF_SECRET}}
bulk_from_rows: {bulk}
bulk_poll_s: 1
tables:
  contacts: {{only: [AccountId, Email, HasOptedOutOfEmail], fields: [Segment__c]}}
  opportunities: {{only: [AccountId, StageName, Amount, IsWon]}}
"""


@pytest.fixture
def org(tmp_path, monkeypatch):
    with Org(tmp_path) as made:
        made.object(
            "Contact",
            AccountId="reference",
            Email="email",
            HasOptedOutOfEmail=BOOLEAN,
            Segment__c="picklist",
        )
        made.object(
            "Opportunity",
            AccountId="reference",
            StageName="picklist",
            Amount=NUMBER,
            IsWon=BOOLEAN,
        )
        for n in range(5):
            made.put("Contact", f"003{n}", Email=f"p{n}@alder.example", HasOptedOutOfEmail=n == 3)
        made.put("Opportunity", "0060", StageName="Open", Amount=1000, IsWon=False)
        made.put("Opportunity", "0061", StageName="Closed Won", Amount=None, IsWon=True)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.certificate))
        yield made


def source(org, tmp_path, bulk=10_000):
    path = tmp_path / "salesforce.yaml"
    path.write_text(YAML.format(url=org.url, bulk=bulk))
    return read_source(path)


def test_a_check_counts_and_writes_nothing(org, tmp_path):
    found = check(source(org, tmp_path), SECRETS)
    assert [(c.table, c.rows, c.note) for c in found] == [
        ("contacts", 5, ""),
        ("opportunities", 2, ""),
    ]
    assert not (tmp_path / "landing").exists()


def test_contacts_and_deals_land_page_by_page(org, tmp_path):
    """R51: accounts, contacts and stages come from the CRM as it is."""
    landed = pull(source(org, tmp_path), tmp_path / "landing", SECRETS, now=NOW)
    assert [(t.name, t.rows) for t in landed.tables] == [("contacts", 5), ("opportunities", 2)]
    assert org.calls["pages"] == 3
    contacts = read_landed(tmp_path / "landing", "salesforce", "contacts")
    assert contacts["has_opted_out_of_email"].to_list() == [False, False, False, True, False]
    assert contacts["segment_c"].null_count() == 5
    deals = read_landed(tmp_path / "landing", "salesforce", "opportunities")
    assert deals["amount"].to_list() == [1000.0, None]


def test_a_second_pull_asks_for_changes_alone_and_sees_what_was_deleted(org, tmp_path):
    pull(source(org, tmp_path), tmp_path / "landing", SECRETS, now=NOW)
    org.clock = datetime(2026, 1, 11, tzinfo=UTC)
    org.put("Contact", "0031", HasOptedOutOfEmail=True)
    org.put("Contact", "0032", IsDeleted=True)
    pages = org.calls["pages"]
    landed = pull(source(org, tmp_path), tmp_path / "landing", SECRETS, now=NOW)
    contacts = landed.tables[0]
    assert (contacts.new, contacts.changed, contacts.gone, contacts.rows) == (0, 1, 1, 4)
    assert org.calls["pages"] - pages == 3
    assert contacts.cursor.startswith("SystemModstamp 2026-01-11T00:02:00")
    again = pull(source(org, tmp_path), tmp_path / "landing", SECRETS, now=NOW)
    assert [(t.new, t.changed, t.gone) for t in again.tables] == [(0, 0, 0), (0, 0, 0)]


def test_a_large_table_comes_through_the_bulk_api_and_is_the_same(org, tmp_path):
    pull(source(org, tmp_path), tmp_path / "rest", SECRETS, now=NOW)
    pull(source(org, tmp_path, bulk=1), tmp_path / "bulk", SECRETS, now=NOW)
    assert org.calls["bulk"] == 2
    for table in ("contacts", "opportunities"):
        frames = [
            read_landed(tmp_path / way, "salesforce", table).drop("_landed_at")
            for way in ("rest", "bulk")
        ]
        assert frames[0].equals(frames[1])


def test_standard_objects_become_canonical_through_the_shipped_mapping(org, tmp_path):
    """R51: accounts, contacts, owners and stages of Salesforce, by the mapping that is shipped."""
    for what in OBJECTS.values():
        types = {f: _type(f) for f in what.fields if f not in {"Id", "IsDeleted"}}
        org.object(what.object, **types)
    org.put("User", "005A", Name="Ola Sand", Email="ola@northbeam.example", IsActive=True)
    org.put("Account", "001A", Name="Alder", Website="https://alder.example", OwnerId="005A")
    org.put("Account", "001A", BillingCountry="Germany", NumberOfEmployees=250)
    person = {"FirstName": "Ana", "LastName": "Roe", "OwnerId": "005A", "MailingCountry": "France"}
    person |= {"Email": "ana@alder.example", "AccountId": "001A", "HasOptedOutOfEmail": False}
    org.put("Contact", "003A", **person)
    lead = {"LastName": "Fox", "Email": "f@alder.example", "Website": "alder.example"}
    org.put("Lead", "00QA", **lead, IsConverted=False, HasOptedOutOfEmail=True, Status="New")
    org.put("Lead", "00QB", **lead, IsConverted=True)
    org.put("Opportunity", "006A", AccountId="001A", StageName="Closed Won", IsWon=True, Amount=5)
    path = tmp_path / "salesforce.yaml"
    path.write_text(YAML.format(url=org.url, bulk=10_000).partition("tables:")[0])
    paths = Workspace(tmp_path / "w")
    pull(read_source(path), paths.lake / "landing", SECRETS, now=NOW)
    report = run_ingest(paths.exports, "salesforce", paths, has_checks=False)
    assert report.quarantined == 0
    tables = Lake(paths).canonical()
    contacts = tables["contacts"].sort("contact_id")
    asked = ("contact_id", "account_id", "country", "owner_id", "do_not_contact")
    assert contacts.select(asked).rows() == [
        ("003A", "001A", "FR", "005A", False),
        ("00QA", "001A", None, None, True),
    ]
    assert tables["accounts"].select("country", "employees").rows() == [("DE", 250)]
    assert tables["opportunities"].select("stage", "is_won").rows() == [("closed won", True)]


def _type(field):
    if field.startswith(("Is", "Has", "Do")):
        return BOOLEAN
    return {"Amount": NUMBER, "AnnualRevenue": NUMBER, "NumberOfEmployees": "int"}.get(
        field, "string"
    )


def test_a_busy_organisation_is_asked_again(org, tmp_path):
    """R210: an API that is slow down is waited for as it says."""
    org.refusals = 2
    landed = pull(source(org, tmp_path), tmp_path / "landing", SECRETS, now=NOW)
    assert landed.tables[0].rows == 5


def test_a_field_that_is_gone_is_a_drift_and_its_values_stay(org, tmp_path):
    pull(source(org, tmp_path), tmp_path / "landing", SECRETS, now=NOW)
    del org.fields["Contact"]["HasOptedOutOfEmail"]
    assert check(source(org, tmp_path), SECRETS)[0].note == "no field HasOptedOutOfEmail"
    org.put("Contact", "0033", Email="new@alder.example")
    landed = pull(source(org, tmp_path), tmp_path / "landing", SECRETS, now=NOW)
    assert [(d.column, d.kind) for d in landed.drift] == [
        ("has_opted_out_of_email", "vanished_column")
    ]
    contacts = read_landed(tmp_path / "landing", "salesforce", "contacts")
    row = contacts.filter(contacts["id"] == "0033").to_dicts()[0]
    assert (row["email"], row["has_opted_out_of_email"]) == ("new@alder.example", True)


def test_a_refused_app_and_an_unknown_object_are_sentences_without_the_secret(org, tmp_path):
    wrong = Secrets({"SF_ID": "3MVG9app", "SF_SECRET": "guess"})
    with pytest.raises(PipelineError, match="refused the connected app: bad secret") as refused:
        check(source(org, tmp_path), wrong)
    assert "guess" not in str(refused.value)
    del org.fields["Opportunity"]
    with pytest.raises(PipelineError, match="the object Opportunity is not there"):
        pull(source(org, tmp_path), tmp_path / "landing", SECRETS, now=NOW)


@pytest.mark.parametrize("bulk", [10_000, 1])
@pytest.mark.parametrize("lasts", [1, 2, 3, 5])
def test_a_session_that_ends_in_mid_pull_is_renewed(org, tmp_path, lasts, bulk):
    """R210: by a new sign-in of the connected app; the request is asked again, and no row twice."""
    org.lasts = lasts
    landed = pull(source(org, tmp_path, bulk), tmp_path / "landing", SECRETS, now=NOW)
    assert [(t.name, t.rows) for t in landed.tables] == [("contacts", 5), ("opportunities", 2)]
    assert org.calls["sign_in"] > 1


def test_a_session_that_ends_at_once_again_is_one_sentence(org, tmp_path):
    org.lasts = -1
    with pytest.raises(PipelineError, match="ended again right after it was renewed"):
        pull(source(org, tmp_path), tmp_path / "landing", SECRETS, now=NOW)
    assert org.calls["sign_in"] == 2


def test_a_connected_app_that_is_taken_away_in_mid_pull_is_named(org, tmp_path):
    one = source(org, tmp_path)
    with one.opened(SECRETS) as opened:
        org.token = "revoked"
        org.secret = "changed"
        with pytest.raises(Exception, match="refused the connected app: bad secret"):
            list(opened)
