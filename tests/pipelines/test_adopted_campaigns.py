"""Both real exports, adopted by the sandbox: segmented by their own fields, randomised, queued."""

import csv
from collections import Counter
from datetime import UTC, datetime

import polars as pl

from agent_runtime.sandbox.adopt import adopt
from agent_runtime.settings import Workspace
from pipelines.ingest import run_batch
from pipelines.lake import Lake

DAY_AFTER = datetime(2018, 1, 1, tzinfo=UTC)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def play(folder, root, mapping, campaign, *, now=None):
    adopt(folder, root, mapping, 7)
    workspace = Workspace(root)
    report = run_batch(workspace, mapping=mapping, campaign=campaign, now=now, loads_store=False)
    return Lake(workspace), report


def test_leads_are_segmented_by_visits_time_and_occupation(shared_data, tmp_path):
    folder = shared_data / "x_education"
    lake, report = play(folder, tmp_path, "x_education", "x_education", now=DAY_AFTER)
    expected = {
        row["ProspectID"]
        for row in rows(folder / "leads.csv")
        if row["Converted"] == "0"
        and int(row["TotalVisits"]) >= 2
        and int(row["TotalTime"]) >= 120
        and row["Occupation"] in {"Unemployed", "Working Professional", "Student"}
    }
    members = pl.read_parquet(lake.segments / "x-education-engaged.parquet")

    assert set(members.filter("is_member").get_column("contact_id")) == expected
    assert report.ingest.synthetic_contacts == len(rows(folder / "leads.csv"))
    assert report.ingest.table("contacts").is_whole
    assert report.outcomes["queued"] > 0.4 * len(expected)


def test_people_of_an_account_share_its_arm_and_accounts_are_balanced(shared_data, tmp_path):
    folder = shared_data / "maven_crm"
    lake, report = play(folder, tmp_path, "maven_crm", "maven_accounts")
    expected = {
        row["account"]
        for row in rows(folder / "accounts.csv")
        if int(row["employees"]) >= 100
        and float(row["revenue"]) >= 40
        and row["sector"] != "employment"
    }
    members = pl.read_parquet(lake.segments / "maven-mid-sized-accounts.parquet")
    arms = pl.read_parquet(lake.assignments)

    assert set(members.filter("is_member").get_column("account_id")) == expected
    assert set(arms.get_column("unit_id")) <= expected
    assert arms.group_by("unit_id").agg(pl.col("arm").n_unique()).get_column("arm").max() == 1
    units = Counter(arms.unique("unit_id").get_column("arm"))
    assert abs(units["agent"] - units["holdout"]) <= 1
    assert set(arms.get_column("how")) == {"permutation"}
    assert report.tasks == 3 * report.outcomes["queued"]
    assert report.ingest.now == DAY_AFTER
    assert set(arms.get_column("assigned_at")) == {DAY_AFTER}
