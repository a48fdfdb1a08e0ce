import json

import pytest
from trials import drawn_units
from typer.testing import CliRunner

from experiments.cli import app
from experiments.errors import SpecEditedError, UnitsError

SPEC = """\
id: trial
salt: layer-1
arms: {agent: 0.5, holdout: 0.5}
control: holdout
primary: {metric: meeting}
"""


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "spec.yaml").write_text(SPEC)
    drawn_units(1, base=0.1).write_csv(tmp_path / "units.csv")
    return tmp_path


@pytest.fixture
def run(workspace, monkeypatch):
    monkeypatch.chdir(workspace)

    def invoke(*arguments):
        return CliRunner().invoke(app, arguments, catch_exceptions=False)

    return invoke


@pytest.fixture
def register(run):
    return lambda: run("register", "spec.yaml", "--approver", "Ada Roe", "--registry", "log.jsonl")


def test_a_spec_is_registered_listed_and_verified(run, register):
    """R176: what was decided, by whom, can be read and checked later."""
    assert "trial version 1 is registered as" in register().output

    listed = json.loads(run("list", "--registry", "log.jsonl", "--json").output)
    verified = json.loads(run("verify", "--registry", "log.jsonl", "--json").output)

    assert [(entry["spec_id"], entry["approver"]) for entry in listed] == [("trial", "Ada Roe")]
    assert listed[0]["code_version"]
    assert verified == {"is_intact": True, "registrations": 1, "problems": []}
    assert "trial" in run("list", "--registry", "log.jsonl").output


def test_an_edited_spec_is_refused(workspace, register):
    register()
    (workspace / "spec.yaml").write_text(SPEC.replace("meeting", "reply"))

    with pytest.raises(SpecEditedError, match="raise the version to 2"):
        register()


@pytest.mark.parametrize("command", ["list", "verify"])
def test_a_damaged_registry_exits_with_one(workspace, run, register, command):
    register()
    log = workspace / "log.jsonl"
    log.write_text(log.read_text().replace("Ada", "Eve"))

    found = run(command, "--registry", "log.jsonl")

    assert found.exit_code == 1
    assert "line 1 was changed" in found.output


def test_analyze_writes_the_readout_and_prints_the_verdict(workspace, run):
    arguments = (
        "analyze",
        "--spec",
        "spec.yaml",
        "--units",
        "units.csv",
        "--out",
        "out/report.json",
    )

    table, as_json = run(*arguments), run(*arguments, "--json")

    written = json.loads((workspace / "out/report.json").read_text())
    assert written == json.loads(as_json.output)
    assert written["verdict"] in table.output


def test_analyze_names_the_file_that_it_cannot_use(workspace, run):
    (workspace / "units.csv").write_text("unit_id,arm\na,agent\n")

    with pytest.raises(UnitsError, match=r"^units\.csv: the column 'meeting'"):
        run("analyze", "--spec", "spec.yaml", "--units", "units.csv", "--out", "report.json")


def test_power_prints_units_per_arm(run):
    arguments = ("power", "--baseline", "0.02", "--mde-relative", "0.25")

    assert json.loads(run(*arguments, "--json").output) == {"n_arm": 13809, "n_control": 13809}
    assert "13,809 units in the treated arm" in run(*arguments).output


@pytest.mark.parametrize("command", ["register", "list", "verify", "analyze", "power"])
def test_every_command_helps_with_an_example(run, command):
    assert f"Example: parley experiment {command}" in run(command, "--help").output


def test_power_compares_and_draws_holdouts_and_says_what_units_detect(run, workspace):
    question = ("--baseline", "0.02", "--mde-relative", "0.25", "--units-per-day", "400")
    compared = run("power", *question, "--compare", "--plot", "cost.html", "--json").output
    found = json.loads(compared.splitlines()[-1])

    assert found["days"] == 70
    assert {row["holdout"] for row in found["holdouts"]} >= {0.1, 0.5}
    assert "What a holdout costs" in (workspace / "cost.html").read_text()
    assert "times 50:50" in run("power", *question, "--compare").output
    units = json.loads(run("power", "--baseline", "0.02", "--units", "27618", "--json").output)
    assert units["mde_relative"] == pytest.approx(0.25, abs=0.001)
    assert run("power", "--baseline", "0.02").exit_code == 2
