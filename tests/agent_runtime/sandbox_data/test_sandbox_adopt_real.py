from collections import Counter, defaultdict
from datetime import date

import pytest
from exported_rows import read_rows

from agent_runtime.sandbox.adopt import adopt, last_date
from agent_runtime.sandbox.people import load_people


def test_two_people_per_account_of_the_hardware_company(shared_data, tmp_path):
    source = shared_data / "maven_crm"
    report = adopt(source, tmp_path, "maven_crm", 7)
    accounts = {row["account"]: row for row in read_rows(source / "accounts.csv")}
    people = read_rows(tmp_path / "exports" / "people.csv")
    assert Counter(row["account_ref"] for row in people) == dict.fromkeys(accounts, 2)
    assert report.people == report.synthetic_people == 2 * len(accounts)
    assert report.unknown_countries == {}
    assert report.last_date == last_date(source) == date(2017, 12, 31)
    for row in people:
        is_american = accounts[row["account_ref"]]["office_location"] == "United States"
        assert (row["country"] == "US") == is_american


def test_owners_of_the_hardware_company_are_its_busiest_agents(shared_data, tmp_path):
    source = shared_data / "maven_crm"
    adopt(source, tmp_path, "maven_crm", 7)
    deals = defaultdict(Counter)
    for row in read_rows(source / "sales_pipeline.csv"):
        deals[row["account"]][row["sales_agent"]] += 1
    agents = {row["sales_agent"] for row in read_rows(source / "sales_teams.csv")}
    for row in read_rows(tmp_path / "exports" / "people.csv"):
        assert row["owner_name"] in agents
        busiest = max(deals[row["account_ref"]].values())
        assert deals[row["account_ref"]][row["owner_name"]] == busiest


def test_each_lead_of_the_education_company_is_one_person(shared_data, tmp_path):
    source = shared_data / "x_education"
    report = adopt(source, tmp_path, "x_education", 7)
    leads = read_rows(source / "leads.csv")
    people = load_people(tmp_path / "sandbox" / "people.parquet")
    assert report.people == len(leads) == len(people)
    assert [f"buyer-{row['ProspectID']}" for row in leads] == [p.buyer_id for p in people]
    assert len({p.email for p in people}) == len(people)
    assert report.last_date is None
    # A cap per mail domain must not stop a campaign over people who have no company.
    assert max(Counter(p.domain for p in people).values()) < 40


def test_four_invented_reps_share_the_leads_evenly(shared_data, tmp_path):
    adopt(shared_data / "x_education", tmp_path, "x_education", 7)
    owners = read_rows(tmp_path / "exports" / "owners.csv")
    assert list(owners[0]) == ["owner_id", "name", "email", "territory", "team", "active"]
    shares = Counter(row["owner_name"] for row in read_rows(tmp_path / "exports" / "people.csv"))
    assert set(shares) == {row["name"] for row in owners}
    assert max(shares.values()) - min(shares.values()) <= 1
    assert len(owners) == 4


@pytest.mark.parametrize("name", ["maven_crm", "x_education"])
def test_files_without_addresses_are_copied_as_they_are(shared_data, tmp_path, name):
    source = shared_data / name
    report = adopt(source, tmp_path, name, 7)
    assert report.addresses_replaced == 0
    for path in source.iterdir():
        assert (tmp_path / "exports" / path.name).read_bytes() == path.read_bytes()
