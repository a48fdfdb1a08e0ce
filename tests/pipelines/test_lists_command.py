"""`parley lists`, on a small export that went through a batch into the store (R191)."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.crm_cli import crm
from agent_runtime.crm_lists import CrmListError
from agent_runtime.settings import Workspace
from pipelines import lists_cli
from pipelines.errors import PipelineError
from pipelines.ingest import run_batch
from pipelines.lake import Lake


@pytest.fixture(scope="module")
def root(tmp_path_factory, export_writer, now):
    root = tmp_path_factory.mktemp("lists")
    workspace = Workspace(root)
    export_writer(workspace.exports)
    run_batch(workspace, now=now, has_checks=False)
    return root


def run(root, *words, app=lists_cli.app):
    done = CliRunner().invoke(app, [*words, "--workspace", str(root)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_people_of_a_campaign_go_on_and_off_and_none_of_the_holdout_does(root):
    """R191: what the marketing tool may leave out is who the agent writes to, nobody else."""
    lake = Lake(Workspace(root))
    queued = set(pl.read_parquet(lake.tasks)["contact_id"])
    arms = pl.read_parquet(lake.assignments)
    held = set(arms.filter(pl.col("arm") != "agent")["person_id"])
    everybody = ("push", "in_conversation", "--segment", "icp-midmarket-data")

    dry = json.loads(run(root, *everybody, "--dry-run", "--json"))
    assert json.loads(run(root, "show", "--json"))[0]["on"] == []
    assert dry["on"]
    persons = dict(lake.canonical()["contacts"].select("contact_id", "person_id").iter_rows())
    assert not held & {persons[one] for one in dry["on"]}
    assert any("control" in one["why"] or "holdout" in one["why"] for one in dry["refused"])

    said = run(root, "push", "in_conversation", "--campaign", "prospecting")
    assert "are queued to go on" in said
    (shown,) = json.loads(run(root, "show", "in_conversation", "--json"))
    assert shown["on"]
    assert set(shown["on"]) <= queued
    assert shown["states"] == {"WAITING": len(shown["on"])}
    again = json.loads(run(root, "push", "in_conversation", "--campaign", "prospecting", "--json"))
    assert (again["on"], again["off"], again["stand"]) == ([], [], len(shown["on"]))

    listed = run(root, "changes", app=crm)
    assert "list:in_conversation: 'off' -> 'on'" in listed
    run(root, "undo", listed.split()[0], app=crm)
    emptied = json.loads(run(root, "push", "in_conversation", "--nobody", "--json"))
    assert len(emptied["off"]) == len(shown["on"]) - 1
    assert "0 of ours are to stand there" in run(root, "show")


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("in_conversation",), PipelineError, "say whose people"),
        (("in_conversation", "--nobody", "--segment", "x"), PipelineError, "not both"),
        (("in_conversation", "--campaign", "no"), PipelineError, "nobody is queued"),
        (("nurture", "--nobody"), CrmListError, r"list 'nurture' is not in writable\.yaml"),
    ],
)
def test_a_mistake_is_named_in_one_sentence(root, words, error, said):
    with pytest.raises(error, match=said):
        run(root, "push", *words)
