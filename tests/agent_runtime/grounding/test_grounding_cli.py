"""`parley ground`: every line is judged, and what is no draft is named."""

import json

import pytest
from typer.testing import CliRunner

from agent_runtime.grounding.cli import app

FACT = {"id": "f1", "text": "Support answers within 4 hours."}
DRAFT = {"facts": [FACT], "text": "Hi Ana! You get an answer within four hours. It is free. Ok?"}


def run(*arguments, given=None):
    return CliRunner().invoke(app, list(arguments), input=given)


def test_each_sentence_is_a_json_line():
    """R58: verdict, fact and reason of every sentence."""
    done = run("-", "--json", given=json.dumps(DRAFT))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["verdict"], r["fact"]) for r in rows] == [
        ("courtesy", None),
        ("supported", "f1"),
        ("blocked", None),
        ("question", None),
    ]
    assert all(set(r) >= {"sentence", "verdict", "fact", "reason"} for r in rows)
    assert rows[2]["reason"]
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("nope", "line 2"),
        ('{"facts": [], "text": 5}', "field text"),
        ('{"text": "Hi"}', "field facts"),
        ('{"facts": [{"id": "a"}], "text": "Hi"}', "field facts.0.text"),
        ('{"facts": ["a"], "text": "Hi"}', "field facts.0"),
        ("[1]", "line 2"),
    ],
)
def test_a_line_that_is_no_draft_is_named_and_the_others_are_judged(line, named):
    good = json.dumps(DRAFT)
    done = run("-", "--json", given=f"{good}\n{line}\n\n{good}\n")
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    assert [r["line"] for r in rows] == [1] * 4 + [2] + [4] * 4
    assert named in rows[4]["error"]
    assert done.exit_code == 2


def test_a_person_reads_a_table(tmp_path):
    path = tmp_path / "drafts.jsonl"
    path.write_text(json.dumps(DRAFT), "utf-8")
    done = run(str(path))
    assert "supported" in done.stdout
    assert "no drafts" in run("-", given="").stdout


def test_a_missing_file_is_named(tmp_path):
    done = run(str(tmp_path / "none.jsonl"))
    assert "no such file" in str(done.exception)
