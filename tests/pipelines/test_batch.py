"""The stages in one process, from a small export to the outreach queue."""

import json
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.contracts import Assignment
from agent_runtime.domain import Choices
from agent_runtime.errors import ParleyError
from agent_runtime.sandbox.company import write_company
from agent_runtime.sandbox.world import LAUNCH_AT
from agent_runtime.settings import Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.suppression import add, lift
from experiments.registry import current
from pipelines import ingest
from pipelines.errors import PipelineError
from pipelines.lake import Lake
from pipelines.transforms.queue_table import read_tasks


@pytest.fixture(scope="module")
def batch(tmp_path_factory, export_writer, now):
    workspace = Workspace(tmp_path_factory.mktemp("batch"))
    export_writer(workspace.exports)
    report = ingest.run_batch(workspace, now=now, loads_store=False)
    return workspace, report


@pytest.fixture(scope="module")
def lake(batch):
    return Lake(batch[0])


def by_contact(frame, column):
    return dict(frame.select("contact_id", column).iter_rows())


def test_the_report_accounts_for_every_row(batch):
    _, report = batch

    assert all(table.is_whole for table in report.ingest.tables)
    assert report.ingest.table("contacts").quarantined == {"email_malformed": 1}
    assert report.ingest.files["crm_contacts.csv"] == 13
    assert report.ingest.persons == 13


def test_everybody_who_is_not_eligible_has_a_reason(lake):
    """R67, R68, R69, R225: consent, owners, languages and refusals decide who is written to."""
    eligibility = pl.read_parquet(lake.eligibility)

    assert eligibility.get_column("person_id").is_duplicated().any() is False
    assert by_contact(eligibility, "reason") == {
        "c01": "",
        "c02": "",
        "c03": "not_in_segment",
        "c04": "do_not_contact",
        "c05": "",
        "c06": "no_consent",
        "c07": "language",
        "c09": "no_email",
        "c10": "owner_inactive",
        "c12": "do_not_contact",
        "c13": "suppressed",
        "l1": "not_in_segment",
        "m2": "not_in_segment",
    }


def test_membership_says_which_rule_speaks_against_it(lake):
    members = pl.read_parquet(lake.segments / "icp-midmarket-data.parquet")
    reasons = by_contact(members, "reason")

    assert reasons["c01"] == "all rules hold"
    assert reasons["c03"] == "must be: contacts.seniority in manager, director, vp, c_level"
    assert by_contact(members, "failed_rule")["c10"] == "not_a_customer"


def test_a_refusal_on_any_channel_suppresses_the_person(lake):
    refusals = pl.read_parquet(lake.suppressions)
    persons = pl.read_parquet(lake.persons)
    max_yu = dict(persons.select("contact_id", "person_id").iter_rows())["c13"]

    assert refusals.filter(pl.col("person_id") == max_yu).get_column("reason").to_list() == [
        "withdrawn"
    ]


def test_the_experiment_is_registered_before_anybody_is_assigned(lake, batch, now):
    """R168, R176: the registration and its hash stand in the log, and arms carry the hash."""
    workspace, _ = batch
    entry = current(workspace.registry, "icp-prospecting")
    rows = [
        Assignment.model_validate(row)
        for row in pl.read_parquet(lake.assignments).iter_rows(named=True)
    ]

    assert {row.spec_hash for row in rows} == {entry.spec_hash}
    assert {row.assigned_at for row in rows} == {now}
    assert len(rows) == 3


def test_the_queue_holds_the_treated_arm_and_nobody_else(lake):
    """R169: nobody of the holdout, and nobody who is ineligible, has a touch."""
    arms = dict(pl.read_parquet(lake.assignments).select("person_id", "arm").iter_rows())
    tasks = read_tasks(lake.tasks)

    assert {task.person_id for task in tasks} == {p for p, arm in arms.items() if arm == "agent"}
    assert all(
        Counter(task.person_id for task in tasks)[p] == 3 for p in {t.person_id for t in tasks}
    )
    assert {task.arm for task in tasks} <= {"agent"}
    assert {task.playbook for task in tasks} <= {"icp_prospecting"}


def test_every_person_has_an_outcome(lake, batch):
    _, report = batch
    outcomes = pl.read_parquet(lake.outcomes)

    assert sum(report.outcomes.values()) == outcomes.height == 13
    assert report.outcomes["queued"] + report.outcomes.get("holdout", 0) == report.eligible == 3


def test_a_second_batch_changes_nobodys_arm_or_touch(tmp_path, batch, now):
    before = batch[0]
    workspace = Workspace(tmp_path / "again")
    shutil.copytree(before.root, workspace.root)
    leads = workspace.exports / "crm_contacts.csv"
    leads.write_text(
        leads.read_text("utf-8")
        + "c20,a1,Nan,Zed,nan.zed@alder.example,,VP,vp,US,en,America/New_York,o1,false,"
        "2026-01-01T00:00:00Z,\n",
        "utf-8",
    )
    first, second = Lake(before), Lake(workspace)

    ingest.run_batch(workspace, now=now, loads_store=False)

    old, new = pl.read_parquet(first.assignments), pl.read_parquet(second.assignments)
    assert new.head(old.height).equals(old)
    assert set(read_tasks(first.tasks)) <= set(read_tasks(second.tasks))
    assert pl.read_parquet(second.persons).height == pl.read_parquet(first.persons).height + 1


def test_a_segment_rule_on_an_unknown_field_is_one_sentence(tmp_path, small_export, now):
    segment = tmp_path / "mine.yaml"
    segment.write_text(
        "id: mine\nversion: 1\ndescription: x\nrules:\n"
        "  - {id: big, must: {field: accounts.employes, op: above, value: 10}}\n",
        "utf-8",
    )
    with pytest.raises(PipelineError, match=r"segment mine@1, rule big.*did you mean 'accounts"):
        ingest.run_batch(
            Workspace(tmp_path / "w"),
            exports=small_export,
            campaign="x_education",
            segment_files=[str(segment)],
            now=now,
            loads_store=False,
        )


def test_a_campaign_on_other_people_is_another_experiment(tmp_path, batch, now):
    segment = tmp_path / "mine.yaml"
    segment.write_text(
        "id: mine\nversion: 1\ndescription: x\nrules:\n"
        "  - {id: big, must: {field: accounts.employees, op: above, value: 10}}\n",
        "utf-8",
    )
    with pytest.raises(PipelineError, match=r"campaign prospecting: its segments are mine, but"):
        ingest.run_batch(batch[0], segment_files=[str(segment)], now=now, loads_store=False)


def test_the_command_prints_the_same_counts_as_json(small_export, tmp_path):
    outcome = CliRunner().invoke(
        ingest.app,
        [str(small_export), "--mapping", "sandbox", "--workspace", str(tmp_path / "w"), "--json"],
        catch_exceptions=False,
    )
    report = json.loads(outcome.stdout)

    assert outcome.exit_code == 0
    for table in report["tables"]:
        assert table["read"] == (
            table["accepted"] + table["merged"] + sum(table["quarantined"].values())
        )
    assert report["now_from"] == "the real time"
    assert abs(datetime.fromisoformat(report["now"]) - datetime.now(UTC)) < timedelta(hours=1)


def test_an_export_of_the_sandbox_is_read_as_of_its_own_clock(tmp_path):
    """A date that is wrong there, such as one of 2062, makes no day today; it is refused."""
    write_company(tmp_path / "exports", tmp_path / "sandbox", 4, 120)
    arguments = [str(tmp_path / "exports"), "--mapping", "sandbox", "--workspace", str(tmp_path)]
    said = CliRunner().invoke(ingest.app, [*arguments, "--json"], catch_exceptions=False).stdout
    report = json.loads(said)
    assert report["now"] == LAUNCH_AT.isoformat()
    assert "sandbox_clock.json" in report["now_from"]
    assert "sandbox_clock.json" not in report["ignored_files"]
    ahead = sum(
        count
        for table in report["tables"]
        for reason, count in table["quarantined"].items()
        if reason.endswith("in_the_future")
    )
    assert ahead > 0
    told = CliRunner().invoke(ingest.app, arguments, catch_exceptions=False).stdout
    assert f"{ahead} rows that it dates later were refused" in told
    (tmp_path / "exports" / "sandbox_clock.json").write_text('{"now": "yesterday"}')
    with pytest.raises(ParleyError, match="field now is no instant"):
        CliRunner().invoke(ingest.app, arguments, catch_exceptions=False)


def test_the_command_prints_a_table(small_export, tmp_path):
    outcome = CliRunner().invoke(
        ingest.app,
        [
            *(str(small_export), "--mapping", "sandbox"),
            *("--workspace", str(tmp_path), "--now", "2026-01-12"),
        ],
        catch_exceptions=False,
    )

    assert outcome.exit_code == 0
    assert "email_malformed" in outcome.stdout
    assert "not ready for a campaign" in outcome.stdout


def test_a_file_of_the_mapping_that_is_missing_is_one_sentence(small_export, tmp_path):
    (small_export / "crm_leads.csv").unlink()

    with pytest.raises(PipelineError, match=r"crm_leads\.csv: the mapping names this file"):
        ingest.run_ingest(small_export, "sandbox", Workspace(tmp_path))


def test_planners_see_who_is_on_a_suppression_list(tmp_path, export_writer, now):
    """R225: the lists of the store say why not before anything is queued; what is lifted not."""
    workspace = Workspace(tmp_path / "listed")
    export_writer(workspace.exports)
    engine = open_engine(f"sqlite:///{workspace.store}")
    with SqlStore(engine, "northbeam").begin() as tx:
        add(tx, "domain", "birke.example", reason="in_deal", source="s", now=now)
        add(tx, "email", "ada.low@alder.example", reason="partner", source="s", now=now)
        lift(tx, "ada.low@alder.example", why="left", proof="", now=now)
    engine.dispose()

    report = ingest.run_batch(workspace, now=now, loads_store=False)

    eligibility = pl.read_parquet(Lake(workspace).eligibility)
    assert by_contact(eligibility, "reason")["c05"] == "listed"
    assert by_contact(eligibility, "detail")["c05"] == "in_deal (domain birke.example)"
    assert by_contact(eligibility, "reason")["c01"] == ""
    assert report.outcomes["listed"] == 3
    assert "c05" not in {task.contact_id for task in read_tasks(Lake(workspace).tasks)}


def test_what_a_company_made_public_reaches_its_contacts(tmp_path, export_writer, now):
    """R26: a file beside the export, the allow-list, the store; the rest lies in quarantine."""
    workspace = Workspace(tmp_path / "signals")
    export_writer(workspace.exports)
    day = now.date().isoformat()
    (workspace.exports / "public_signals.csv").write_text(
        "account_id,kind,source,headline,url,published_on\n"
        f"a1,event_talk,event_programme,Alder speaks,https://alder.example/talk,{day}\n"
        f"a1,gossip,somebody,Alder sleeps,https://alder.example/x,{day}\n"
    )

    ingest.run_batch(workspace, now=now, has_checks=False)

    engine = open_engine(f"sqlite:///{workspace.store}")
    with SqlStore(engine, "northbeam").begin() as tx:
        ada = tx.contact_by_email("ada.low@alder.example")
    engine.dispose()
    assert [signal.headline for signal in ada.signals] == ["Alder speaks"]
    refused = pl.read_parquet(workspace.quarantine / "public_signals.parquet")
    assert refused.get_column("reason").to_list() == ["kind_not_listed"]


def test_planners_see_what_people_have_turned_off(tmp_path, batch, export_writer, now):
    """R225: all that the campaign begins; who turned off something else has their touches."""
    persons = dict(pl.read_parquet(Lake(batch[0]).persons).select("contact_id", "person_id").rows())
    workspace = Workspace(tmp_path / "chosen")
    export_writer(workspace.exports)
    engine = open_engine(f"sqlite:///{workspace.store}")
    with SqlStore(engine, "northbeam").begin() as tx:
        tx.save_choices(persons["c01"], Choices(("email",)))
        tx.save_choices(persons["c02"], Choices(("voice",), ("events",)))
    engine.dispose()
    ingest.run_batch(workspace, now=now, loads_store=False, has_checks=False)
    reasons = by_contact(pl.read_parquet(Lake(workspace).eligibility), "reason")
    assert (reasons["c01"], reasons["c02"]) == ("turned_off", "")
    queued = {task.person_id for task in read_tasks(Lake(workspace).tasks)}
    assert persons["c01"] not in queued
