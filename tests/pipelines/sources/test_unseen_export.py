"""An export that nobody has seen: a first mapping of guesses, gaps by name, and a dry run."""

import csv
import json
from datetime import UTC, datetime

import polars as pl
import pytest
import yaml
from german_export import MAPPING, write_german_export
from typer.testing import CliRunner

from agent_runtime.settings import Workspace
from pipelines.errors import PipelineError
from pipelines.ingest import app as ingest_app
from pipelines.ingest import run_ingest
from pipelines.lake import Lake
from pipelines.report_gaps import DryRun, Gaps, gaps_of
from pipelines.sources.mapping import Mapping
from pipelines.sources.missing import missing, needs, profiles_in
from pipelines.sources.suggest import suggest

RUNNER = CliRunner()


def _without(*names):
    """The mapping without some fields of contacts, and without consents."""
    said = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))
    for name in names:
        del said["files"][2]["routes"][0]["fields"][name]
    del said["files"][2]["routes"][1]
    return Mapping.model_validate(said)


WITHOUT = _without("email", "language", "do_not_contact", "title")


@pytest.fixture(scope="module")
def german(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unseen") / "export"
    return folder, write_german_export(folder)


def fields(document, table):
    """Column of each field of a table, and how it is read."""
    routes = [r for file in document["files"] for r in file["routes"] if r["table"] == table]
    return {k: v for route in routes for k, v in route["fields"].items()}


def column(source):
    return source if isinstance(source, str) else source.get("column")


def test_a_first_mapping_finds_what_a_person_would_map(german):
    """R192: field by field, from names in another language and from what the columns hold."""
    folder, _ = german
    guessed = yaml.safe_load(suggest(folder, "werke"))
    wanted = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))
    Mapping.model_validate(guessed)
    asked = [
        (table, name)
        for table in ("owners", "accounts", "contacts", "opportunities")
        for name in fields(wanted, table)
    ]
    same = [
        (table, name)
        for table, name in asked
        if column(fields(guessed, table).get(name, "")) == column(fields(wanted, table)[name])
    ]
    assert set(asked) - set(same) == set()
    contacts = fields(guessed, "contacts")
    assert contacts["country"]["parse"] == "country_name"
    assert contacts["account_id"]["lookup"] == "accounts.name"
    assert contacts["owner_id"]["lookup"] == "owners.name"
    assert contacts["do_not_contact"]["choices"] == {"ja": True, "nein": False}
    assert contacts["lead_created_at"]["formats"] == ["%d.%m.%Y %H:%M"]
    assert fields(guessed, "accounts")["revenue_usd"]["decimal"] == ","
    assert fields(guessed, "opportunities")["is_won"]["choices"] == {
        "gewonnen": True,
        "verloren": False,
    }
    encodings = {f["path"]: f.get("encoding") for f in guessed["files"]}
    assert (encodings["Personen.csv"], encodings["Firmen.csv"]) == ("cp1252", "cp1252")


def test_a_basis_is_never_guessed_and_is_named_with_the_column_that_looks_like_it(german):
    folder, _ = german
    text = suggest(folder, "werke")
    assert "legitimate_interest}" not in text
    assert (
        "# MUST: consents.basis is missing, so nobody can be written to: each person needs a "
        "recorded legal basis: consent, or legitimate_interest where the country allows it. "
        "It may be 'Rechtsgrundlage' of Personen.csv (its name says so)."
    ) in text


def test_what_a_mapping_leaves_out_is_named_with_what_looks_like_it(german):
    folder, _ = german
    found = {(one.table, one.field): one for one in missing(WITHOUT, profiles_in(folder))}
    assert str(found["contacts", "email"]) == (
        "contacts.email is missing, so nobody can be written to: an address is what mail goes "
        "to. It may be 'E-Mail-Adresse' of Personen.csv (its name says so and 100% of its values "
        "are addresses)."
    )
    looks = {at: [c.seen.column for c in one.candidates] for at, one in found.items()}
    assert looks["contacts", "language"] == ["Korrespondenzsprache"]
    assert looks["contacts", "do_not_contact"] == ["Werbesperre"]
    assert looks["consents", "basis"] == ["Rechtsgrundlage"]
    assert "No column looks like it." in str(found["contacts", "time_zone"])
    assert found["contacts", "title"].need.level == "wanted"


def test_a_column_is_found_by_what_it_holds_when_its_name_says_nothing(tmp_path):
    rows = [("x1", "ana@alder.example", "Portugal"), ("x2", "ben@birch.example", "Brazil")]
    with (tmp_path / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("f1", "f2", "f3"), *rows])
    made = fields(yaml.safe_load(suggest(tmp_path, "data")), "contacts")
    assert made == {
        "contact_id": "f1",
        "email": "f2",
        "country": {"column": "f3", "parse": "country_name"},
    }


def test_every_need_is_of_a_canonical_field():
    from pipelines.schemas import TABLES

    assert [n for n in needs() if TABLES[n[0]].column(n[1]) is None] == []


def test_one_mapping_makes_an_unseen_export_a_campaign_that_is_dry_run(german, tmp_path):
    """R2: from an export in another language to who would get what and when, and nothing sent."""
    folder, export = german
    arguments = [str(folder), "--mapping", str(MAPPING), "--workspace", str(tmp_path), "--dry-run"]
    done = RUNNER.invoke(ingest_app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert {t["table"]: t["quarantined"] for t in said["tables"] if t["quarantined"]} == {}
    assert [one["says"] for one in said["missing"] if one["level"] == "must"] == []
    plan = said["dry_run"]
    expected = export.may_be_written_to()
    assert (plan["people"], plan["eligible"]) == (len(export.people), len(expected))
    tasks = pl.read_parquet(Lake(Workspace(tmp_path)).tasks)
    written = set(tasks["contact_id"])
    assert written
    assert written < expected
    assert len(written) == plan["outcomes"]["queued"]
    left_out = ("holdout", "global_holdout", "account_is_full")
    assert len(written) + sum(plan["outcomes"].get(r, 0) for r in left_out) == len(expected)
    assert plan["messages"] == tasks.height == 3 * len(written)
    assert plan["first"][0]["contact_id"] in written
    assert not (tmp_path / "runtime.db").exists()
    accounts = Lake(Workspace(tmp_path)).canonical()["accounts"]
    assert (accounts["revenue_usd"] > 1_000_000).all()
    assert (accounts["employees"] >= 1_100).all()


def test_the_gaps_and_the_dry_run_are_told_in_words(german):
    folder, _ = german
    gaps = Gaps(tuple(missing(WITHOUT, profiles_in(folder))), ("accounts.domain is empty.",))
    told = list(gaps.lines())
    assert told[0] == "\nMissing, and nobody is written to without it:"
    assert any(line.startswith("  ✗ consents.basis is missing") for line in told)
    assert told[-1] == "  ! accounts.domain is empty."
    assert list(Gaps((), ()).lines()) == ["\nNothing that a campaign asks for is missing."]
    first = {"contact_id": "K1", "mailbox": "relay@x.example", "touch": 1, "playbook": "p"}
    first |= {"arm": "agent", "not_before": datetime(2026, 1, 13, 9, tzinfo=UTC)}
    told = list(DryRun(400, 2, {}, {"no_consent": 398, "queued": 2}, 6, (first,)).lines())
    assert told[0].startswith("\nDry run: of 400 people 2 may be written to; 6 messages")
    assert told[1].split() == ["398", "no_consent"]
    assert told[-1].endswith("touch 1 of p (agent), not before 2026-01-13 09:00 UTC")


def test_a_folder_without_tables_is_a_sentence(tmp_path):
    (tmp_path / "note.txt").write_text("nothing")
    with pytest.raises(PipelineError, match="no CSV or Parquet file"):
        suggest(tmp_path, "x")


@pytest.mark.parametrize("name", ["maven_crm", "x_education"])
def test_a_real_export_gets_a_first_mapping_that_reads_every_row(shared_data, tmp_path, name):
    folder = shared_data / name
    first = tmp_path / "first.yaml"
    first.write_text(suggest(folder, name), encoding="utf-8")
    paths = Workspace(tmp_path / "w")
    report = run_ingest(folder, str(first), paths, has_checks=False)
    refused = {t.table: t.quarantined for t in report.tables if t.quarantined}
    # One office is written "Philipines" and one "Korea", of which the list knows the second.
    assert refused in ({}, {"accounts": {"country_malformed": 1}})
    gaps = gaps_of(folder, str(first), Lake(paths))
    must = {f"{one.table}.{one.field}" for one in gaps.missing if one.need.level == "must"}
    assert {"contacts.email", "contacts.language", "consents.basis"} <= must
