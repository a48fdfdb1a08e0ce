"""A pilot on stalled threads writes to whom it may: batch and permit ask for the same consent."""

from dataclasses import replace

import polars as pl
import pytest

from agent_runtime.library.catalog import load_library
from agent_runtime.sandbox.company import write_company
from agent_runtime.settings import Workspace
from pipelines.campaign import purpose_of
from pipelines.campaigns.book import read_book
from pipelines.campaigns.running import Day, look
from pipelines.campaigns.words import as_text
from pipelines.first_steps.writing import STARTS, Answers, write_pilot

TENANT = "northbeam"
ADA = Answers("Ada Roe", "mail.alder.example", "Europe/Berlin", 45)


@pytest.fixture(scope="module")
def paths(tmp_path_factory, nightly_read):
    """A workspace with the sandbox's own export, read as every night."""
    paths = Workspace(tmp_path_factory.mktemp("stalled"))
    write_company(paths.exports, paths.sandbox, 5, 2000)
    nightly_read(paths)
    write_pilot(paths.root, replace(ADA, start="stalled"))
    return paths


@pytest.fixture(scope="module")
def found(paths, now):
    page = read_book(paths.root).page("pilot")
    return look(Day(paths, TENANT, page.campaign, now.date(), now))


def test_a_stalled_pilot_reaches_people_and_the_permit_agrees_for_each(found):
    """R84, R245: a pilot may begin with stalled threads."""
    assert found.counts["gets"] > 0
    assert [m.why_not for m in found.messages if m.why_not] == []
    assert {m.person_id for m in found.messages} == {t.person_id for t in found.planned.new}


def test_whoever_it_writes_to_has_agreed_to_that_purpose(paths, found):
    consents = pl.read_parquet(paths.canonical / "consents.parquet")
    agreed = consents.filter(
        (pl.col("purpose") == "nurture") & (pl.col("status") == "granted")
    ).select("contact_id", "email")
    contacts = pl.read_parquet(paths.canonical / "contacts.parquet")
    named = contacts.filter(
        pl.col("contact_id").is_in(agreed["contact_id"].implode())
        | pl.col("email").is_in(agreed["email"].drop_nulls().implode())
    )
    people = set(named["person_id"].to_list())
    assert {task.person_id for task in found.planned.new} <= people


def test_the_dry_run_names_the_purpose_that_nobody_agreed_to(paths, found):
    said = as_text(found, paths, people=3, messages=0)
    assert found.counts["no_consent"] > 0
    assert "no basis on which they may be written to for nurture" in said


@pytest.mark.parametrize("start", STARTS.values())
def test_the_purpose_of_a_campaign_is_its_playbooks(start):
    assert (
        purpose_of(load_library().playbook(start))
        == {
            "icp_prospecting": "prospecting",
            "nurture": "nurture",
            "inbound_response": "inbound",
        }[start]
    )
