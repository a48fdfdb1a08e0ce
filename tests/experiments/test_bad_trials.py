"""Trials from which no number follows: one sentence each, nothing printed, nothing written."""

import json
import re
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines.cli import main

CASES = yaml.safe_load((Path(__file__).parent / "bad_trials.yaml").read_text())

SPEC = {
    "id": "old-trial",
    "arms": {"agent": 0.5, "holdout": 0.5},
    "control": "holdout",
    "primary": {"metric": "meeting"},
    "secondary": ["revenue"],
    "guardrails": {"unsubscribed": {"margin": 0.003}},
    "covariates": ["before"],
}


def good_units():
    """Forty units, every second in the holdout, of accounts of two units each."""
    numbers = range(40)
    return pl.DataFrame(
        {
            "unit_id": [f"u{i}" for i in numbers],
            "arm": ["holdout" if i % 2 else "agent" for i in numbers],
            "meeting": [int(i % 5 == 0) for i in numbers],
            "revenue": [float(i * i % 17) for i in numbers],
            "double": [2.0 * (i * i % 17) for i in numbers],
            "unsubscribed": [int(i % 7 == 0) for i in numbers],
            "before": [float(i * 3 % 11) for i in numbers],
            "account": [f"a{i // 4 * 2 + i % 2}" for i in numbers],
            "arm_name": ["holdout" if i % 2 else "agent" for i in numbers],
            "nothing": [0] * 40,
        }
    )


def spoilt(case):
    units = good_units()
    if "keep" in case:
        units = units.sql(f"select * from self where {case['keep']}")
    for name, value in case.get("column", {}).items():
        units = units.with_columns(pl.Series(name, [value] * units.height))
    for *where, name, value in case.get("cells", ()):
        rows = (
            pl.int_range(pl.len()) == where[0] if len(where) == 1 else pl.col(where[0]) == where[1]
        )
        units = units.with_columns(
            pl.when(rows).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        )
    return units.drop(case.get("drop", ()))


@pytest.fixture
def analyse(tmp_path, monkeypatch, capsys):
    """Runs the command line as a shell would: exit code, standard output, standard error."""

    def run(*options, out="report.json"):
        command = ["parley", "experiment", "analyze", "--spec", "spec.yaml", "--out", out, *options]
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", command)
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    return run


def write(folder, case, suffix):
    spec = {key: value for key, value in (SPEC | case.get("spec", {})).items() if value is not None}
    (folder / "spec.yaml").write_text(case.get("yaml", yaml.safe_dump(spec, sort_keys=False)))
    path = folder / f"units.{suffix}"
    if "hex" in case:
        path.write_bytes(bytes.fromhex(case["hex"]))
    elif "file" in case:
        path.write_text(case["file"])
    else:
        getattr(spoilt(case), f"write_{suffix}")(path)
    return path.name


def formats(case):
    only = "csv" if {"hex", "file"} & set(case) else case.get("only")
    return [only] if only else ["csv", "parquet"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_bad_trial_gets_one_sentence_and_no_number(case, analyse, tmp_path):
    """With --json of the one format and without it of the other; the old report stays."""
    runs = zip(formats(case), (("--json",), ()), strict=False)
    for suffix, options in runs:
        name = write(tmp_path, case, suffix)

        said = refused(analyse, tmp_path, "--units", name, *options)

        assert said.split(": ")[1] in (name, "spec.yaml", "old-trial")
        assert re.search(case["says"], said), said


def refused(analyse, folder, *options, out="report.json"):
    """What was said of a call that must fail, print nothing and leave the last report alone."""
    report, old = folder / "report.json", '{"kept": true}'
    report.write_text(old)
    before = sorted(folder.rglob("*"))

    code, printed, said = analyse(*options, out=out)

    assert (code, printed) == (2, ""), said
    assert said.startswith("parley: ")
    assert said.count("\n") == 1
    assert report.read_text() == old
    assert sorted(folder.rglob("*")) == before
    return said


@pytest.mark.parametrize(
    ("units", "content", "out", "sentence"),
    [
        ("nowhere.csv", None, "report.json", "nowhere.csv: there is no such file"),
        ("folder.parquet", "folder", "report.json", "folder.parquet: this is a folder"),
        ("units.xlsx", b"PK", "report.json", "must be .parquet or .csv"),
        ("broken.parquet", b"PAR1 and no more", "report.json", "cannot be read as parquet"),
        ("empty.parquet", b"", "report.json", "cannot be read as parquet"),
        ("cut.parquet", "cut", "report.json", "cannot be read as parquet"),
        ("text.parquet", b"unit_id,arm\n", "report.json", "cannot be read as parquet"),
        ("units.csv", "good", "units.csv", "is read, so that it cannot be written"),
        ("units.csv", "good", "spec.yaml", "is read, so that it cannot be written"),
        ("units.csv", "good", ".", "this is a folder, but the report is a file"),
        ("units.csv", "good", "spec.yaml/report.json", "spec.yaml is no folder"),
        ("units.csv", "good", "/proc/report.json", "the report cannot be written"),
    ],
)
def test_files_that_cannot_be_used_are_named(analyse, tmp_path, units, content, out, sentence):
    write(tmp_path, {}, "csv")
    if content == "folder":
        (tmp_path / units).mkdir()
    elif content == "cut":
        good_units().write_parquet(tmp_path / units)
        (tmp_path / units).write_bytes((tmp_path / units).read_bytes()[:-40])
    elif isinstance(content, bytes):
        (tmp_path / units).write_bytes(content)

    assert sentence in refused(analyse, tmp_path, "--units", units, out=out)


def test_a_spec_that_is_missing_is_named(analyse, tmp_path):
    name = write(tmp_path, {}, "csv")
    (tmp_path / "spec.yaml").unlink()

    assert "spec.yaml: the file cannot be read" in refused(analyse, tmp_path, "--units", name)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_same_trial_unspoilt_is_analysed(analyse, tmp_path, suffix):
    name = write(tmp_path, {}, suffix)

    code, printed, said = analyse("--units", name, "--json")

    assert (code, said) == (0, "")
    assert json.loads(printed) == json.loads((tmp_path / "report.json").read_text())
