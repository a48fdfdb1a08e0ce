"""Tables of the console as files, and links into the CRM."""

import csv
import io
from dataclasses import replace

import pytest
from desk_world import Desk
from waiting_drafts import person

from agent_runtime.console.crm_links import crm_links
from agent_runtime.settings import Settings

FILES = {
    "rep": {
        "approvals.table": "/console/approvals/table.csv",
        "threads.table": "/console/threads/table.csv",
    },
    "admin": {
        "audit.table": "/console/audit/table.csv",
        "people.people_table": "/console/people/table.csv",
        "people.token_table": "/console/people/tokens.csv",
        "steering.campaigns_table": "/console/steering/campaigns.csv",
        "steering.changes_table": "/console/steering/changes.csv",
        "steering.incidents_table": "/console/steering/incidents.csv",
    },
}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("role", FILES)
def test_a_table_is_a_file_and_the_audit_log_has_who_took_it(desk, role):
    browser = desk.browser(role)
    for path in FILES[role].values():
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith("text/csv")
    log = rows_of(desk.browser("admin").get("/console/audit/table.csv"))
    taken = {row["action"] for row in log if row["result"] == "done"}
    assert taken >= FILES[role].keys()


def test_people_link_to_their_records_only_where_the_id_is_the_crms_own():
    ours = replace(person(1), facts=(("deal_id", "006Hs00001PqRst"),))
    theirs = replace(ours, contact_id="003Hs00002AbCdEAAV", account_id="001Hs00003XyZabIAF")
    org = Settings(salesforce_url="https://acme.my.salesforce.com/")
    assert crm_links(Settings(), theirs) == ()
    assert all("/Contact/" not in one.address for one in crm_links(org, ours))
    assert [one.address for one in crm_links(org, theirs)][:2] == [
        "https://acme.my.salesforce.com/lightning/r/Contact/003Hs00002AbCdEAAV/view",
        "https://acme.my.salesforce.com/lightning/r/Account/001Hs00003XyZabIAF/view",
    ]
    portal = Settings(hubspot_portal="4711")
    hub = crm_links(portal, replace(ours, contact_id="901", account_id="x/../1", facts=()))
    assert [(one.label, one.address) for one in hub] == [
        ("Contact in HubSpot", "https://app.hubspot.com/contacts/4711/record/0-1/901")
    ]
    assert crm_links(Settings(salesforce_url="javascript:alert(1)"), theirs) == ()
