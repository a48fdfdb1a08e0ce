"""`parley segment`, on a small export that went through `parley ingest`."""

import json
import shutil

import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.settings import Workspace
from pipelines import segment_cli
from pipelines.campaign import SHIPPED
from pipelines.campaigns.book import read_book
from pipelines.errors import PipelineError
from pipelines.ingest import run_batch
from pipelines.lake import Lake, write
from pipelines.transforms.segment import load_segment


@pytest.fixture(scope="module")
def root(tmp_path_factory, export_writer, now):
    root = tmp_path_factory.mktemp("segments")
    workspace = Workspace(root)
    export_writer(workspace.exports)
    run_batch(workspace, now=now, has_checks=False, loads_store=False)
    return root


def run(root, *words):
    done = CliRunner().invoke(
        segment_cli.app, [*words, "--workspace", str(root)], catch_exceptions=False
    )
    return done.output


def test_counts_are_those_of_the_batch(root):
    """R89: the live count of a segment is what the campaign would take."""
    listed = {
        row["segment"].partition("@")[0]: row for row in json.loads(run(root, "list", "--json"))
    }

    for path in Lake(Workspace(root)).segments.glob("*.parquet"):
        inside = int(pl.read_parquet(path)["is_member"].sum())
        assert inside
        assert listed[path.stem]["members"] == inside
        counted = json.loads(run(root, "count", path.stem, "--json"))
        assert counted["members"] == inside
        assert counted["rules"][-1]["left"] == inside
    assert listed["x-education-engaged"]["members"] is None
    assert "x_converted" in listed["x-education-engaged"]["why"]


def test_every_rule_says_what_it_takes_out(root):
    out = run(root, "count", "icp-midmarket-data")
    assert "can_decide takes out" in out
    assert "must be: contacts.seniority in manager, director, vp, c_level" in out


def test_a_record_is_explained_by_contact_and_by_address(root):
    contacts = Lake(Workspace(root)).canonical()["contacts"]
    once = contacts.filter(pl.col("email").is_unique() & pl.col("email").is_not_null())
    contact_id, email = once.select("contact_id", "email").row(0)

    by_id = json.loads(run(root, "explain", contact_id, "--json"))
    assert by_id == json.loads(run(root, "explain", f" {email.upper()} ", "--json"))
    assert {one["contact_id"] for one in by_id} == {contact_id}
    assert f"{contact_id} is" in run(root, "explain", contact_id)


def test_a_record_that_is_unknown_or_ambiguous_is_one_sentence(root):
    with pytest.raises(PipelineError, match=r"record 'nobody': none of .* contacts has it"):
        run(root, "explain", "nobody")
    contacts = Lake(Workspace(root)).canonical()["contacts"]
    twice = contacts.filter(pl.col("person_id").is_duplicated())
    with pytest.raises(PipelineError, match=r"\d contacts are meant, .*; give the id of one"):
        run(root, "explain", twice["person_id"][0])


def test_a_workspace_without_ingest_or_contacts_says_what_to_do(root, tmp_path):
    with pytest.raises(PipelineError, match="`parley ingest` reads a CRM export"):
        run(tmp_path, "list")
    empty = Lake(Workspace(tmp_path))
    tables = Lake(Workspace(root)).canonical() | {}
    for name, frame in tables.items():
        write(frame.clear(), empty.paths.canonical / f"{name}.parquet")
    empty.report.write_text(Lake(Workspace(root)).report.read_text())
    assert "there are no contacts here" in run(tmp_path, "count", "icp-midmarket-data")
    assert "there are no contacts here" in run(tmp_path, "list")


OWN = """id: own-people
version: 1
description: Everybody who reads English.
rules:
  - id: reads_english
    must: {field: contacts.language, op: in, value: [en]}
"""


@pytest.fixture
def own(root):
    """The workspace's folder of segments, gone after the test."""
    folder = root / "segments"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_a_segment_of_ones_own_is_a_file_in_the_workspace(root, own):
    (own / "own-people.yaml").write_text(OWN, "utf-8")
    (own / "half.yaml").write_text("id: half\n", "utf-8")

    text = run(root, "list")
    assert "own-people@1" in text
    assert f"BROKEN  {own / 'half'}.yaml: half.yaml: version: Field required" in text
    assert f"segments of your own are YAML files in {own}" in text
    counted = json.loads(run(root, "count", "own-people", "--json"))
    assert counted["members"] > 0


def test_a_name_that_is_nowhere_names_the_folder(root, own):
    (own / "own-people.yaml").write_text(OWN, "utf-8")
    with pytest.raises(PipelineError) as refused:
        run(root, "count", "own-poeple")
    assert "did you mean 'own-people'" in str(refused.value)
    assert f"put own-poeple.yaml into {own}" in str(refused.value)


def test_campaigns_name_a_segment_of_ones_own(tmp_path):
    shipped = (SHIPPED / "prospecting.yaml").read_text("utf-8")
    for folder in ("campaigns", "segments"):
        (tmp_path / folder).mkdir()
    named = shipped.replace("[icp-midmarket-data, icp-enterprise-data]", "[own-people]")
    (tmp_path / "campaigns" / "mine.yaml").write_text(named, "utf-8")
    (fault,) = read_book(tmp_path).faults
    assert f"put own-people.yaml into {tmp_path / 'segments'}" in fault.why

    (tmp_path / "segments" / "own-people.yaml").write_text(OWN, "utf-8")
    (page,) = read_book(tmp_path).pages
    assert [load_segment(name).id for name in page.campaign.segments] == ["own-people"]
