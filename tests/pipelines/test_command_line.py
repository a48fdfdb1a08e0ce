"""The command line: what a newcomer types, and what a mistake gets them."""

import json

import pytest
from typer.testing import CliRunner

from agent_runtime.clock import write_now
from agent_runtime.sandbox.world import LAUNCH_AT
from agent_runtime.store.engine import open_engine
from pipelines import cli

COMMANDS = sorted(cli.COMMANDS)


def run(monkeypatch, capfd, *words):
    """Runs `parley` as a shell would; returns exit code, output and errors."""
    monkeypatch.setattr("sys.argv", ["parley", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capfd.readouterr()
    return ended.value.code or 0, out, err


@pytest.fixture
def workspace(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    write_now(engine, LAUNCH_AT)
    engine.dispose()
    return str(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command, monkeypatch, capfd):
    code, out, _ = run(monkeypatch, capfd, command, "--help")
    assert code == 0
    assert "Usage: parley" in out
    assert "xample" in out or "Commands" in out


def test_the_overview_names_every_command(monkeypatch, capfd):
    code, out, _ = run(monkeypatch, capfd, "--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)


def test_pause_and_resume_move_the_flag_that_the_permit_reads(workspace, monkeypatch, capfd):
    """R39: one command stops the agent, one lets it go on."""
    assert run(monkeypatch, capfd, "pause", "--why", "complaints", "-w", workspace)[0] == 0
    _, out, _ = run(monkeypatch, capfd, "status", "--json", "-w", workspace)
    assert json.loads(out)["flags"] == {"pause": "complaints"}
    assert run(monkeypatch, capfd, "resume", "-w", workspace)[0] == 0
    _, out, _ = run(monkeypatch, capfd, "status", "-w", workspace)
    assert "PAUSED" not in out
    assert "2026-01-12" in out


def test_a_workspace_without_a_run_is_one_sentence(tmp_path, monkeypatch, capfd):
    code, _, err = run(monkeypatch, capfd, "status", "-w", str(tmp_path / "none"))
    assert code == 2
    assert err.startswith("parley: no run in ")
    assert err.count("\n") == 1


def test_only_an_unknown_mail_can_be_settled_by_hand(workspace, monkeypatch, capfd):
    assert "no mail" in run(monkeypatch, capfd, "unknown", "-w", workspace)[1]
    code, _, err = run(monkeypatch, capfd, "unknown", "--sent", "nope", "-w", workspace)
    assert code == 2
    assert "'nope' is not in the store" in err


def test_a_real_export_needs_a_mapping(tmp_path, monkeypatch, capfd):
    code, _, err = run(
        monkeypatch, capfd, "demo", "--data", str(tmp_path), "-w", str(tmp_path / "w")
    )
    assert code == 2
    assert "needs a mapping" in err


def test_doctor_reads_the_machine(monkeypatch, capfd):
    _, out, _ = run(monkeypatch, capfd, "doctor", "--json")
    assert {"python", "packages", "sqlite"} <= {row["name"] for row in json.loads(out)}


def test_doctor_names_a_setting_that_is_wrong(monkeypatch, capfd):
    monkeypatch.setenv("PARLEY_SMTP_PORT", "twenty-five")
    code, out, _ = run(monkeypatch, capfd, "doctor")
    assert code == 1
    assert "PARLEY_SMTP_PORT = 'twenty-five'" in out


def test_commands_load_nothing_heavy_before_they_are_called():
    result = CliRunner().invoke(cli.cli, ["--version"])
    assert result.output.strip() == "0.1.0"
