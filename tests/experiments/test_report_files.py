"""`parley experiment analyze` from files to files: the same command gives the same bytes."""

import hashlib
import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from lxml import html
from trials import drawn_units
from typer.testing import CliRunner

from experiments import registry
from experiments.canonical import canonical_json, sha256
from experiments.cli import app
from experiments.errors import ExperimentError, RegistryError
from experiments.spec import load_spec

SPEC = """\
id: trial
version: {version}
salt: layer-1
arms: {{agent: 0.5, holdout: 0.5}}
control: holdout
primary: {{metric: meeting, window_days: 28}}
guardrails: {{unsubscribed: {{margin: {margin}}}}}
assigned_at: assigned_at
"""
DAY = datetime(2026, 1, 12, 8, tzinfo=UTC)
FILES = ("analyze", "--spec", "spec.yaml", "--units", "units.csv", "--out", "report.json")
REGISTRY = ("--registry", "log.jsonl", "--first-send", "2026-01-12T08:00")
LOOK = ("--as-of", "2026-06-01")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    units = drawn_units(1, base=0.1, effect=0.05).with_columns(
        unsubscribed=pl.int_range(pl.len()) % 50 == 0,
        assigned_at=pl.lit(DAY.isoformat()),
    )
    units.with_columns(pl.col("unsubscribed").cast(int)).write_csv("units.csv")
    _register(version=1, margin=0.03, approver="Ada Roe", now=DAY - timedelta(days=3))
    return tmp_path


def _register(*, version, margin, approver, now):
    Path("spec.yaml").write_text(SPEC.format(version=version, margin=margin))
    registry.register(
        Path("log.jsonl"),
        load_spec(Path("spec.yaml")),
        approver=approver,
        code_version="1",
        now=now,
    )


def _run(*arguments):
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def _report():
    return json.loads(Path("report.json").read_text())


def _first_line():
    page = html.parse("report.html").getroot()
    return " ".join(page.find_class("status")[0].text_content().split())


def test_the_same_command_and_the_printed_one_give_the_same_bytes():
    """R176: a stranger gets the same answer from the same files."""
    command = (*FILES, *REGISTRY, *LOOK)
    _run(*command, "--html", "report.html")
    first, page = Path("report.json").read_bytes(), Path("report.html").read_text()
    _run(*command)
    assert Path("report.json").read_bytes() == first

    program, group, *printed = shlex.split(_report()["reproduction"]["command"])
    Path("report.json").unlink()
    _run(*printed)

    assert (program, group) == ("parley", "experiment")
    assert Path("report.json").read_bytes() == first
    assert hashlib.sha256(first).hexdigest() in page


def test_the_command_holds_the_time_of_the_look_also_where_nobody_gave_one():
    _run(*FILES)
    first = Path("report.json").read_bytes()

    _run(*shlex.split(_report()["reproduction"]["command"])[2:])

    assert Path("report.json").read_bytes() == first


def test_the_reproduction_block_names_question_data_and_code():
    _run(*FILES, *REGISTRY, *LOOK, "--html", "report.html")
    report = _report()
    made = report["reproduction"]
    [line] = registry.verify(Path("log.jsonl")).registrations

    assert sha256(canonical_json(made["spec"])) == report["spec_hash"] == line.spec_hash
    assert made["registration"]["entry_hash"] == line.entry_hash
    assert made["units_sha256"] == hashlib.sha256(Path("units.csv").read_bytes()).hexdigest()
    assert made["libraries"].keys() >= {"polars", "statsmodels", "scipy", "numpy"}
    assert made["code_version"]
    said = html.parse("report.html").getroot().text_content()
    for part in (canonical_json(made["spec"]), line.entry_hash, made["command"]):
        assert part in said


def test_a_question_that_was_kept_is_as_registered():
    _run(*FILES, *REGISTRY, *LOOK, "--html", "report.html")

    assert _report()["deviations"] == []
    assert _first_line() == (
        "As registered: version 1, approved by Ada Roe, 9 January 2026, 08:00 UTC; no edit after "
        "the first send on 12 January 2026, 08:00 UTC."
    )


def test_an_edit_after_the_first_send_stands_on_the_first_line_with_who_and_when():
    """R176: what changed, by whom, when, before anything else."""
    _register(version=2, margin=0.05, approver="Bo <b>Lee</b>", now=DAY + timedelta(days=8))

    printed = _run(*FILES, *REGISTRY, *LOOK, "--html", "report.html").output

    [said] = _report()["deviations"]
    assert "by Bo <b>Lee</b>; changed: guardrails." in said
    assert "margin from" in said
    assert _first_line() == f"1 deviation from what was registered: {said}."
    assert printed.startswith("1 deviation from what was registered")
    assert said in printed


def test_without_a_registry_nobody_says_that_it_is_as_registered():
    printed = _run(*FILES, *LOOK, "--html", "report.html").output

    assert "deviations" not in _report()
    assert _first_line().startswith("Not checked against a registry")
    assert printed.startswith("Not checked against a registry")


def test_the_terminal_shows_sections_shortly_and_the_verdict_last():
    lines = _run(*FILES, *REGISTRY, *LOOK).output.splitlines()

    assert any(line.startswith("sample ratio: agent ") for line in lines)
    assert any(line.startswith("unsubscribed: holds") for line in lines)
    assert lines[-2] == _report()["verdict"]
    assert lines[-1].startswith("JSON: report.json (SHA-256 ")


def test_contamination_is_taken_from_the_file_that_the_other_command_leaves():
    row = {"count": 2, "examples": [{"person_id": "p1"}], "reading": "x", "is_measured": True}
    content = {"experiment_id": "trial", "contamination": {"shared_domains": row}}
    Path("blurred.json").write_text(json.dumps(content))

    _run(*FILES, *LOOK, "--contamination", "blurred.json")

    [found] = _report()["contamination"]
    assert (found["kind"], found["count"]) == ("shared_domains", 2)
    assert "p1" not in Path("report.json").read_text()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("[]", "no report on contamination"),
        ('{"experiment_id": "trial", "contamination": {"x": {"count": -1}}}', "no report"),
        ('{"experiment_id": "other", "contamination": {}}', "of the experiment 'other'"),
    ],
)
def test_a_file_that_tells_of_no_contamination_of_this_trial_is_refused(content, sentence):
    if content is not None:
        Path("blurred.json").write_text(content)

    with pytest.raises(ExperimentError, match=sentence):
        _run(*FILES, *LOOK, "--contamination", "blurred.json")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--first-send", "2026-01-12"), "--registry is missing"),
        (("--registry", "typo.jsonl"), "typo.jsonl: there is no such file"),
    ],
)
def test_a_registry_that_is_not_there_is_one_sentence(options, sentence):
    with pytest.raises(RegistryError, match=sentence):
        _run(*FILES, *LOOK, *options)


def test_the_command_of_an_old_trial_names_its_columns():
    pl.read_csv("units.csv").rename({"arm": "group a"}).drop("unit_id").write_csv("units.csv")
    _run(*FILES, *LOOK, "--rows-are-units", "--arm-column", "group a")
    first = Path("report.json").read_bytes()

    _run(*shlex.split(_report()["reproduction"]["command"])[2:])

    assert Path("report.json").read_bytes() == first


def test_the_page_never_takes_the_place_of_what_was_read_or_of_the_json():
    for path in ("spec.yaml", "log.jsonl", "report.json"):
        with pytest.raises(ExperimentError, match=path):
            _run(*FILES, *REGISTRY, *LOOK, "--html", path)
