"""`parley identity` and the batch: what waits is answered, done, and taken back."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.settings import Workspace
from pipelines.identity import resolving
from pipelines.identity.cli import app
from pipelines.identity.decisions import read
from pipelines.identity.model import shipped
from pipelines.lake import Lake, read_or_empty, write
from pipelines.transforms.identity import EVENTS, identify

NOW = datetime(2026, 1, 12, tzinfo=UTC)
ROWS = [
    ("c1", "a1", "Hans", "Müller", "hans.mueller@alder.example", "+491711234567", "CEO"),
    ("c2", "a1", "Hans", "Mueller", None, "+491711234567", "CEO"),
    ("c3", "a1", "Karin", "Vogt", "karin.vogt@alder.example", None, "CFO"),
    ("c4", "a1", "Karin", "Lang", None, "+491600000001", "CFO"),
]
COLUMNS = ("contact_id", "account_id", "first_name", "last_name", "email", "phone", "title")


class Run:
    """A workspace with a batch in it, and the command line on it."""

    def __init__(self, root):
        self.root = root
        self.lake = Lake(Workspace(root))
        # Everything that is not certain is asked.
        self.model = replace(shipped(), possible=0.0001)
        frame = pl.DataFrame(ROWS, schema=dict.fromkeys(COLUMNS, pl.String()), orient="row")
        country = pl.lit("DE").alias("country"), pl.lit("Köln").alias("x_city")
        accounts = {"account_id": ["a1"], "name": ["Alder GmbH"], "domain": ["alder.example"]}
        self.tables = {
            "contacts": frame.with_columns(country),
            "accounts": pl.DataFrame(accounts),
        }

    def batch(self):
        keys = self.tables["contacts"].select("contact_id", "email")
        history = read_or_empty(self.lake.person_events, EVENTS)
        exact = identify(keys, tenant_id="default", now=NOW, history=history)
        found = resolving.resolve_batch(
            self.lake, exact, self.tables, tenant_id="default", now=NOW, model=self.model
        )
        person = dict(found.identity.persons.select("contact_id", "person_id").iter_rows())
        for name, table in self.tables.items():
            write(table, self.lake.paths.canonical / f"{name}.parquet")
        write(found.identity.events, self.lake.person_events)
        return found, person

    def command(self, *words, answers=None):
        done = CliRunner().invoke(
            app, [*words, "--workspace", str(self.root)], input=answers, catch_exceptions=False
        )
        return done.output


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLEY_TENANT_ID", "default")
    monkeypatch.setenv("COLUMNS", "200")
    return Run(tmp_path)


def test_what_is_certain_is_merged_and_the_rest_is_asked(run):
    """R224: the batch merges by itself only what is certain."""
    found, person = run.batch()

    assert person["c1"] == person["c2"]
    assert person["c3"] != person["c4"]
    (decision,) = read(run.lake.identity_decisions).to_dicts()
    assert (decision["kind"], decision["decided_by"]) == ("merge", "match")
    assert "telephone" in decision["reasons"]
    assert found.questions == len(json.loads(run.command("review", "--json")))


def test_nobody_is_looked_for_twice(run):
    assert run.batch()[0].looked_for == 4
    again, _ = run.batch()
    assert (again.looked_for, again.merged) == (0, 0)


def test_an_answer_is_done_by_the_next_batch_and_can_be_taken_back(run):
    run.batch()
    (question,) = [
        one for one in json.loads(run.command("review", "--json"))
        if {one["left"]["contact_id"], one["right"]["contact_id"]} == {"c3", "c4"}
    ]  # fmt: skip
    assert question["reasons"][0]["words"]

    assert "1 merged" in run.command("review", answers="y\nq\n")
    _, person = run.batch()
    assert person["c3"] == person["c4"]
    assert json.loads(run.command("review", "--json")) == []

    last = read(run.lake.identity_decisions).row(-1, named=True)
    assert "taken back by" in run.command("undo", last["decision_id"], "--why", "two Karins")
    _, person = run.batch()
    assert person["c3"] != person["c4"]
    assert "two Karins" in run.command("history", "c3")


def test_a_no_is_never_asked_again(run):
    run.batch()

    assert "1 kept apart" in run.command("review", answers="n\nq\n")
    run.lake.identity_records.unlink()
    run.batch()

    assert json.loads(run.command("review", "--json")) == []


def test_what_the_match_merged_can_be_split_and_stays_split(run):
    run.batch()

    assert "two persons" in run.command("split", "c1", "c2", "--why", "father and son")
    run.lake.identity_records.unlink()
    _, person = run.batch()

    assert person["c1"] != person["c2"]


def test_a_pair_is_explained_in_words(run):
    run.batch()

    told = run.command("explain", "hans.mueller@alder.example", "c2")

    assert "the same telephone, which hardly anybody else has" in told
    assert "one person by a decision" in told


def test_a_shared_address_cannot_be_split(run):
    from pipelines.errors import PipelineError

    again = pl.DataFrame([("c5", *ROWS[0][1:])], schema=COLUMNS, orient="row")
    more = again.with_columns(pl.lit("DE").alias("country"), pl.lit("Köln").alias("x_city"))
    run.tables["contacts"] = pl.concat([run.tables["contacts"], more])
    run.batch()

    with pytest.raises(PipelineError, match="one mailbox is written to once"):
        run.command("split", "c1", "c5")


def test_a_missing_file_of_decisions_is_told(run):
    from pipelines.errors import PipelineError

    run.batch()
    run.command("merge", "c3", "c4")
    (run.lake.identity_decisions / "00000001.parquet").unlink()

    with pytest.raises(PipelineError, match=r"00000001\.parquet is not there"):
        run.command("history")


def test_an_empty_workspace_says_what_to_do(run):
    from pipelines.errors import PipelineError

    with pytest.raises(PipelineError, match="run `parley ingest` first"):
        run.command("review")


def test_nobody_is_matched_with_people_of_another_tenant(run, tmp_path):
    """R276: twins of another tenant in the same tables change no person, question or decision."""
    named = {k: v.with_columns(tenant_id=pl.lit("default")) for k, v in run.tables.items()}
    run.tables = named
    alone, persons = run.batch()
    shared = Run(tmp_path / "shared")
    rival = {k: v.with_columns(tenant_id=pl.lit("rival")) for k, v in named.items()}
    rival["contacts"] = rival["contacts"].with_columns(
        contact_id=pl.lit("r-") + pl.col("contact_id"), email=pl.lit(None, pl.String())
    )
    shared.tables = {name: pl.concat([named[name], rival[name]]) for name in named}

    together, among = shared.batch()

    assert {c: p for c, p in among.items() if not c.startswith("r-")} == persons
    assert (together.questions, together.merged) == (alone.questions, alone.merged)
    told = [read(one.lake.identity_decisions).drop("decided_at") for one in (run, shared)]
    assert told[0].equals(told[1])
    assert told[0].height > 0
