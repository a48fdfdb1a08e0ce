import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from agent_runtime.policies.contact_rules import WITHOUT_PRIOR_CONSENT
from agent_runtime.sandbox.company import write_company
from agent_runtime.sandbox.exports.layout import COLUMNS
from agent_runtime.sandbox.people import load_people
from agent_runtime.sandbox.places import WHOLE_LANGUAGES
from agent_runtime.sandbox.world import LAUNCH_AT

NULLS = {"", "NULL", "n/a", "-"}
ADDRESS = re.compile(r"[^\s,\"]+@[A-Za-z0-9.-]+\.[A-Za-z]+")


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_company(tmp_path / name / "exports", tmp_path / name / "sandbox", 3, 120)
    write_company(tmp_path / "other" / "exports", tmp_path / "other" / "sandbox", 4, 120)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*")]
    assert len(files) == len(COLUMNS) + 3
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    contacts = "exports/crm_contacts.csv"
    assert (tmp_path / "one" / contacts).read_bytes() != (
        tmp_path / "other" / contacts
    ).read_bytes()


def test_every_export_of_the_company_is_there_with_its_columns(box):
    """R83: a test CRM with synthetic contacts, as the files that such systems export."""
    assert {path.name for path in box.exports.iterdir()} == {*COLUMNS, "sandbox_clock.json"}
    for name, columns in COLUMNS.items():
        if name.endswith(".csv"):
            rows = box.rows(name)
            assert tuple(rows[0]) == columns
        else:
            rows = pl.read_parquet(box.exports / name)
            assert tuple(rows.columns) == columns
        assert len(rows) == box.report.files[name] > 2


def test_no_address_leads_out_of_the_sandbox(box):
    for path in box.exports.glob("*.csv"):
        for address in ADDRESS.findall(path.read_text(encoding="utf-8")):
            assert address.lower().endswith(".example"), f"{path.name}: {address}"


def test_everything_but_contracts_and_planted_dirt_happened_before_launch(box):
    instant = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    later = Counter()
    for path in box.exports.glob("*.csv"):
        for row in box.rows(path.name):
            for text in row.values():
                if instant.match(text) and text >= LAUNCH_AT.strftime("%Y-%m-%dT%H:%M:%SZ"):
                    later[path.name] += 1
    assert set(later) == {"crm_activities.csv"}
    assert later["crm_activities.csv"] < 40


def test_reps_worked_eight_weeks_on_working_days(box):
    launch = LAUNCH_AT.date()
    days = Counter()
    for row in box.rows("crm_activities.csv"):
        try:
            moment = datetime.fromisoformat(row["occurred_at"]).astimezone(UTC)
        except ValueError:
            continue
        if moment.year < 2030:
            days[moment.date()] += 1
    assert min(days) == launch - timedelta(days=56)
    assert max(days) == launch - timedelta(days=3)
    assert all(day.weekday() < 5 for day in days)
    assert len(days) == 40


def test_keys_refer_to_rows_that_exist(box):
    accounts = {row["account_id"] for row in box.rows("crm_accounts.csv")}
    contacts = {row["contact_id"] for row in box.rows("crm_contacts.csv")}
    leads = {row["lead_id"] for row in box.rows("crm_leads.csv")}
    owners = {row["owner_id"] for row in box.rows("crm_owners.csv")}
    for name in ("crm_contacts.csv", "crm_opportunities.csv", "crm_contracts.csv"):
        assert {row["account_id"] for row in box.rows(name)} <= accounts | NULLS
    for name in ("crm_opportunities.csv", "crm_activities.csv"):
        assert {row["contact_id"] for row in box.rows(name)} <= contacts | NULLS
    assert {row["contact_ref"] for row in box.rows("crm_consents.csv")} <= contacts | leads
    for name in ("crm_accounts.csv", "crm_contacts.csv", "crm_leads.csv", "crm_activities.csv"):
        assert {row["owner_id"] for row in box.rows(name)} <= owners | NULLS
    assert set(pl.read_parquet(box.exports / "usage_daily.parquet")["account_id"]) <= accounts


def test_lost_deals_say_why_and_customers_have_contracts_that_renew(box):
    deals = box.rows("crm_opportunities.csv")
    assert all(row["lost_reason"] not in NULLS for row in deals if row["stage"] == "lost")
    assert all(row["lost_reason"] in NULLS for row in deals if row["stage"] != "lost")
    won = {row["account_id"] for row in deals if row["stage"] == "won"} - NULLS
    contracts = box.rows("crm_contracts.csv")
    assert won <= {row["account_id"] for row in contracts}
    assert all(row["renews_at"] > "2026-01-11" for row in contracts)


def test_the_truth_says_who_opted_out_and_who_is_in_the_crm(box):
    people = {person.email: person for person in load_people(box.sandbox / "people.parquet")}
    in_crm = set()
    for name in ("crm_contacts.csv", "crm_leads.csv"):
        in_crm |= {row["email"].strip().lower() for row in box.rows(name)}
    known = {email for email in in_crm if email in people}
    assert len(known) > 3000
    assert all(people[email].in_crm for email in known)
    refusals = {
        row["email"].strip().lower()
        for row in box.rows("crm_consents.csv")
        if row["status"] != "granted"
    }
    refusals |= {
        email
        for row in box.rows("marketing_list.csv")
        if row["opt_in"] == "no" and (email := row["email"].strip().lower()) in people
    }
    assert len(refusals) > 150
    assert all(people[email].opted_out_before for email in refusals)


def test_a_refusal_of_somebody_who_stands_twice_is_on_the_other_row(box):
    contacts = {}
    for row in box.rows("crm_contacts.csv"):
        contacts.setdefault(row["email"].strip().lower(), {})[row["contact_id"]] = row
    refused = {r["contact_ref"] for r in box.rows("crm_consents.csv") if r["status"] == "withdrawn"}
    split = [ids for ids in contacts.values() if len(ids) == 2 and refused & set(ids)]
    assert split
    assert all(len(refused & set(ids)) == 1 for ids in split)


def test_more_than_half_of_the_people_can_be_written_to(box):
    busy = {row["account_id"] for row in box.rows("crm_contracts.csv") if row["status"] == "active"}
    busy |= {
        row["account_id"]
        for row in box.rows("crm_opportunities.csv")
        if row["stage"] not in {"won", "lost"}
    }
    accounts = {
        row["account_id"]
        for row in box.rows("crm_accounts.csv")
        if row["employees"].isdecimal() and 50 <= int(row["employees"]) <= 2000
    }
    active = {row["owner_id"] for row in box.rows("crm_owners.csv") if row["active"] == "true"}
    people = {person.email: person for person in load_people(box.sandbox / "people.parquet")}
    bases = {
        row["email"].strip().lower(): row["basis"]
        for row in box.rows("crm_consents.csv")
        if (row["channel"], row["purpose"], row["status"]) == ("email", "prospecting", "granted")
    }
    eligible = {
        email
        for row in box.rows("crm_contacts.csv")
        if (email := row["email"].strip().lower()) in people
        and (
            bases.get(email) == "consent"
            or (email in bases and row["country"] in WITHOUT_PRIOR_CONSENT)
        )
        and not people[email].opted_out_before
        and row["language"] in WHOLE_LANGUAGES
        and row["owner_id"] in active
        and row["seniority"] in {"manager", "director", "vp", "c_level"}
        and row["account_id"] in accounts - busy
    }
    assert 0.5 * 3600 <= len(eligible) <= 0.62 * 3600


@pytest.mark.parametrize("size", [1, 7])
def test_a_tiny_company_is_whole(tmp_path, size):
    report = write_company(tmp_path / "exports", tmp_path / "sandbox", 1, size)
    assert report.people == size
    assert {path.name for path in (tmp_path / "exports").iterdir()} == {
        *COLUMNS,
        "sandbox_clock.json",
    }
