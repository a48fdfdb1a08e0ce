"""`parley costs` without a run: the calculator and the price list."""

import json

import pytest
from typer.testing import CliRunner

from pipelines.costs.cli import app
from pipelines.errors import PipelineError


def ask(*words):
    ran = CliRunner().invoke(app, words)
    if isinstance(ran.exception, PipelineError):
        raise ran.exception
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_a_buyers_volumes_give_a_month_line_by_line():
    """R214, R166: the month, and what the next conversations add at 1, 2, 5 and 10 times."""
    said = ask(
        "calculate", "--volume", "conversations=1,000", "--volume", "mails=9000",
        "--seats", "5", "--meeting-rate", "0.1", "--month", "2026-01", "--json",
    )  # fmt: skip
    found = json.loads(said)
    assert found["cost_usd"] == "2638.00"
    assert [at["multiple"] for at in found["at"]] == [1, 2, 5, 10]
    assert [at["marginal_usd"] for at in found["at"]] == ["1.84", "1.54", "1.54", "1.24"]
    assert found["at"][0]["per_meeting_usd"] == "26.38"
    sources = {line["name"]: line["source"] for line in found["lines"]}
    assert sources["mails"] == "given"
    assert sources["reviewer_minutes"] == "assumed: 0.8 a conversation"


def test_without_a_rate_the_cost_of_a_meeting_is_unknown_and_says_how_to_know():
    said = ask("calculate", "--volume", "conversations=1000")
    assert "unknown; give --meeting-rate, or --workspace of a run" in " ".join(said.split())


def test_the_list_says_what_has_no_price_and_why():
    found = json.loads(ask("prices", "--json", "--month", "2026-01"))
    unknown = {c["item"]: c["why_unknown"] for c in found["costs"] if c["price_usd"] is None}
    assert unknown["audio"] == "no voice carrier is under contract"
    assert "unknown" in ask("prices")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--volume", "conversations"], "give it as NAME=NUMBER"),
        (
            ["--volume", "conversations=lots"],
            "--volume conversations 'lots': this must be a number",
        ),
        (["--volume", "conversations=-1"], "this must be a number from 0"),
        (["--volume", "conversations=nan"], "this must be a number from 0"),
        ([], "the number of conversations a month is missing"),
        (["--volume", "conversations=5", "--meeting-rate", "2"], "a number from 0 to 1"),
        (["--volume", "conversations=5", "--step", "0"], "a step of volume has at least 1"),
        (["--volume", "conversations=5", "--prices", "none.yaml"], "no such file of prices"),
    ],
)
def test_a_mistake_is_one_sentence(words, sentence):
    with pytest.raises(PipelineError, match=sentence):
        ask("calculate", *words)
