"""The two real exports, counted again from the files with nothing but the csv module."""

import csv
from collections import Counter
from datetime import UTC, datetime

import polars as pl
import pytest

from agent_runtime.settings import Workspace
from pipelines.ingest import run_ingest
from pipelines.lake import Lake


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def maven(shared_data, tmp_path_factory):
    folder = shared_data / "maven_crm"
    workspace = Workspace(tmp_path_factory.mktemp("maven"))
    return folder, run_ingest(folder, "maven_crm", workspace), Lake(workspace).canonical()


@pytest.fixture(scope="module")
def x_education(shared_data, tmp_path_factory):
    folder = shared_data / "x_education"
    workspace = Workspace(tmp_path_factory.mktemp("x_education"))
    return folder, run_ingest(folder, "x_education", workspace), Lake(workspace).canonical()


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("accounts.csv", "accounts"),
        ("products.csv", "products"),
        ("sales_teams.csv", "owners"),
        ("sales_pipeline.csv", "opportunities"),
    ],
)
def test_every_maven_row_is_accepted(maven, file, table):
    folder, report, tables = maven
    expected = len(rows(folder / file))
    counts = report.table(table)

    assert (counts.read, counts.accepted, counts.merged) == (expected, expected, 0)
    assert counts.quarantined == {}
    assert tables[table].height == expected


def test_maven_deals_without_account_are_accepted_and_warned_of(maven):
    folder, report, tables = maven
    expected = sum(not row["account"] for row in rows(folder / "sales_pipeline.csv"))
    warned = {(w.table, w.field, w.what): w.rows for w in report.warnings}

    assert warned == {("opportunities", "account_id", "missing"): expected}
    assert tables["opportunities"].get_column("account_id").null_count() == expected


def test_maven_products_match_when_spaces_are_removed(maven):
    folder, _, tables = maven
    names = {
        row["product"].replace(" ", ""): row["product"] for row in rows(folder / "products.csv")
    }
    expected = Counter(
        names[row["product"].replace(" ", "")] for row in rows(folder / "sales_pipeline.csv")
    )
    found = tables["opportunities"].get_column("product").value_counts()

    assert dict(found.iter_rows()) == expected


def test_maven_dates_and_amounts_are_read(maven):
    folder, report, tables = maven
    deals = rows(folder / "sales_pipeline.csv")
    closed = [datetime.strptime(d["close_date"], "%m/%d/%Y") for d in deals if d["close_date"]]
    won = sum(float(d["close_value"]) for d in deals if d["deal_stage"] == "Won")
    table = tables["opportunities"]

    assert table.get_column("closed_at").drop_nulls().len() == len(closed)
    assert table.get_column("closed_at").max() == max(closed).replace(tzinfo=UTC)
    assert report.now.date() > max(closed).date()
    assert table.filter(pl.col("is_won")).get_column("amount_usd").sum() == pytest.approx(won)


def test_maven_accounts_keep_their_own_fields(maven):
    folder, _, tables = maven
    source = rows(folder / "accounts.csv")
    table = tables["accounts"]

    assert table.get_column("employees").sum() == sum(int(row["employees"]) for row in source)
    assert table.get_column("revenue_usd").sum() == pytest.approx(
        sum(float(row["revenue"]) for row in source) * 1e6
    )
    assert table.get_column("parent_account_id").null_count() == sum(
        not row["subsidiary_of"] for row in source
    )
    assert table.filter(pl.col("country") != "US").height == sum(
        row["office_location"] != "United States" for row in source
    )
    assert "technology" in set(table.get_column("industry"))


def test_every_lead_of_x_education_is_accepted_though_nobody_can_be_written_to(x_education):
    folder, report, tables = x_education
    expected = len(rows(folder / "leads.csv"))

    for name in ("contacts", "signals"):
        counts = report.table(name)
        assert (counts.read, counts.accepted, counts.merged) == (expected, expected, 0)
        assert counts.quarantined == {}
    assert tables["contacts"].get_column("email").null_count() == expected
    assert report.persons == expected
    assert report.synthetic_contacts == 0


def test_select_and_nothing_are_null_and_google_is_google(x_education):
    folder, _, tables = x_education
    leads = rows(folder / "leads.csv")
    table = tables["contacts"]

    assert table.get_column("x_specialization").null_count() == sum(
        row["Specialization"] in {"", "Select"} for row in leads
    )
    found = table.get_column("x_lead_source").value_counts()
    assert dict(found.iter_rows()) == Counter(row["LeadSource"].lower() for row in leads)


def test_attributes_of_leads_are_numbers(x_education):
    folder, _, tables = x_education
    leads = rows(folder / "leads.csv")
    table = tables["contacts"]

    for column, name in (("x_total_visits", "TotalVisits"), ("x_total_time_s", "TotalTime")):
        assert table.get_column(column).sum() == sum(int(row[name]) for row in leads)
    assert table.get_column("x_converted").sum() == sum(int(row["Converted"]) for row in leads)
