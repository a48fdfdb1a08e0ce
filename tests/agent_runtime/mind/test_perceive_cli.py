import json

import pytest
from typer.testing import CliRunner

from agent_runtime.domain import Guess, Perception
from agent_runtime.lone_text import (
    TextFileError,
    as_record,
    perceive_text,
    read_text_file,
    read_texts,
)
from agent_runtime.models.language import ScriptedModel
from agent_runtime.perceive_cli import app

FIELDS = {
    "primary",
    "abstain",
    "intents",
    "signals",
    "opt_out",
    "entities",
    "objections",
    "language",
}


@pytest.fixture
def run(monkeypatch):
    def invoke(*arguments, stdin=None):
        return CliRunner().invoke(app, list(arguments), input=stdin)

    model = ScriptedModel({"dear": "objection_price"}, default="interested")
    monkeypatch.setattr("agent_runtime.models.embedded.load_embedded_model", lambda **_: model)
    return invoke


def test_one_line_out_for_each_text_in(run, tmp_path):
    """R41: what a message means, as JSON."""
    path = tmp_path / "m.jsonl"
    path.write_text('{"text": "Too dear.", "id": 7}\n\n{"text": "Please unsubscribe me"}\n')
    done = run(str(path), "--json")
    first, second = map(json.loads, done.stdout.splitlines())

    assert set(first) == FIELDS
    assert (first["primary"], first["objections"]) == ("objection_price", ["price"])
    assert first["intents"] == [{"name": "objection_price", "confidence": 0.95}]
    assert (second["primary"], second["opt_out"]) == ("unsubscribe", True)


def test_standard_input_is_read(run):
    done = run("-", "--json", stdin='{"text": "Wir nutzen HubSpot und hätten Interesse daran."}')
    seen = json.loads(done.stdout)

    assert seen["language"] == "de"
    assert seen["entities"]["tool"] == ["HubSpot"]


def test_without_json_it_is_a_table(run):
    done = run("-", stdin='{"text": "That is too dear [for us]."}')

    assert "objection_price" in done.stdout
    assert "95%" in done.stdout


def test_nothing_is_known_of_who_wrote():
    assert perceive_text("Too dear.", ScriptedModel(default="objection_price")).language == "en"


def test_several_spans_of_one_entity_are_kept():
    seen = Perception(
        "interested",
        0.9,
        False,
        (Guess("interested", 0.9),),
        entities=(("tool", "SAP"), ("tool", "Excel"), ("budget", "€5k")),
    )

    assert as_record(seen)["entities"] == {"tool": ["SAP", "Excel"], "budget": ["€5k"]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"hm", "line 2: 'hm' is not JSON"),
        (b"[1]", "line 2: '\\[1\\]' has no text"),
        (b'{"words": "x"}', "has no text"),
        (b'{"text": 3}', "field text, the value 3: not a string"),
        (b'{"text": "\xff"}', "line 2: not UTF-8"),
    ],
)
def test_a_line_that_is_no_text_is_named(line, said):
    with pytest.raises(TextFileError, match=f"in.jsonl, {said}" if "line" in said else said):
        read_texts([b'{"text": "fine"}\n', line], "in.jsonl")


def test_a_mark_at_the_start_of_the_file_is_no_part_of_it():
    assert read_texts([b'\xef\xbb\xbf{"text": "a"}'], "x") == ("a",)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TextFileError, match="no such file"):
        read_text_file(tmp_path / "none.jsonl")
    with pytest.raises(TextFileError, match="cannot be read"):
        read_text_file(tmp_path)
