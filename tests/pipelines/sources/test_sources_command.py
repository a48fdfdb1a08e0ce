"""`parley sources`: list, check, pull, drift, accept, on a workspace of files."""

import json

import pytest
from typer.testing import CliRunner

from pipelines.errors import PipelineError
from pipelines.sources.cli import app
from pipelines.sources.pulling import EXAMPLES, KINDS, find_source, read_source, sources_in

RUNNER = CliRunner()


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "drops").mkdir()
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "drops.yaml").write_text(
        f"source: drops\nkind: files\nlocation: {tmp_path / 'drops'}\n"
        "tables: {people: {files: '*.csv', format: csv, key: [id]}}\n"
    )
    (tmp_path / "drops" / "a.csv").write_text("id,name\n1,Ana\n2,Ben\n")
    return tmp_path


def run(workspace, *arguments):
    done = RUNNER.invoke(app, [*arguments, "--workspace", str(workspace)])
    return done.exit_code, done.output


def test_from_the_first_look_to_an_accepted_drift(workspace):
    """R192: a schema that changes is seen, told, and taken in by a person."""
    code, told = run(workspace, "list")
    assert (code, "never" in told) == (0, True)
    code, told = run(workspace, "check")
    assert (code, "Nothing was written." in told) == (0, True)
    assert not (workspace / "lake").exists()
    code, told = run(workspace, "pull", "--json")
    assert (code, json.loads(told)["landed"][0]["tables"][0]["new"]) == (0, 2)
    assert run(workspace, "drift") == (0, "All sources are as agreed.\n")
    (workspace / "drops" / "b.csv").write_text("id,tier\n1,gold\n")
    code, told = run(workspace, "pull")
    assert code == 3
    assert "✗ drops.people: name (text) came in none of 1 rows" in told.replace("\n", " ")
    code, told = run(workspace, "drift", "--json")
    assert (code, [d["column"] for d in json.loads(told)]) == (3, ["name", "tier"])
    code, told = run(workspace, "accept", "drops", "people", "tier")
    assert "The next pull reads drops.people as a whole." in told
    (workspace / "drops" / "b.csv").write_text("id,name,tier\n1,Ana,gold\n")
    code, told = run(workspace, "pull", "drops", "--json")
    assert (code, json.loads(told)["landed"][0]["drift"]) == (0, [])
    listed = json.loads(run(workspace, "list", "--json")[1])
    assert listed[0]["rows"] == {"people": 2}


def test_a_source_that_fails_does_not_stop_the_others(workspace):
    broken = "source: away\nkind: files\nlocation: /nowhere\n"
    broken += "tables: {x: {files: '*', format: csv, key: [id]}}\n"
    (workspace / "sources" / "away.yaml").write_text(broken)
    done = RUNNER.invoke(app, ["pull", "--json", "--workspace", str(workspace)])
    said = json.loads(done.stdout)
    assert done.exit_code == 2
    assert [one["source"] for one in said["landed"]] == ["drops"]
    assert said["failed"] == ["away: /nowhere: there is no such folder."]


def test_an_empty_workspace_says_where_to_begin(tmp_path):
    code, told = run(tmp_path, "list")
    assert (code, "Copy one from" in told) == (0, True)
    with pytest.raises(PipelineError, match="has no source 'crm'; it has none: copy one from"):
        find_source("crm", tmp_path)


def test_every_example_can_be_read_and_together_they_show_every_kind():
    """R191: CRM, database, files, object store, usage, intent and lists each have an example."""
    found = sources_in(EXAMPLES)
    kinds = {getattr(source, "kind", "") for source in found.values()}
    assert kinds == set(KINDS) & kinds
    assert {"salesforce", "sql", "files", "feed"} <= kinds


ONE_TABLE = "tables: {t: {files: x, format: csv, key: [i]}}\n"
APP = "instance: https://a.example\nauth: {client_id: A, client_secret: B}\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kind: sqll\n", r"kind = 'sqll' is not known \(did you mean 'sql'\?\)"),
        ("kind: sql\nurl: sqlite://\ntables: {}\n", "tables = {}"),
        (f"kind: files\nlocation: s3://b\n{ONE_TABLE}", "`store` must say how to reach it"),
        (f"kind: files\nlocation: gs://b\n{ONE_TABLE}", "neither a folder nor s3"),
        (f"kind: salesforce\n{APP}tables: {{contcts: {{}}}}\n", "'contcts' is no standard one"),
        (
            "kind: feed\nurl: https://a.example\ntables: {t: {path: p, key: [i], paging: {}}}\n",
            "give exactly one of next_link",
        ),
    ],
)
def test_a_file_that_is_wrong_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "a.yaml"
    path.write_text(f"source: a\n{text}")
    with pytest.raises(PipelineError, match=sentence):
        read_source(path)
