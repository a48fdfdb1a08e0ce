import json

import pytest
from typer.testing import CliRunner

from agent_runtime.sandbox.cli import app
from pipelines.cli import main


def test_company_reports_rows_per_file_as_json(tmp_path):
    arguments = ["company", "--seed", "3", "--size", "50", "--out", str(tmp_path), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["people"] == 50
    lines = (tmp_path / "exports" / "crm_accounts.csv").read_text(encoding="utf-8").splitlines()
    assert report["files"]["crm_accounts.csv"] == len(lines) - 1
    assert (tmp_path / "sandbox" / "people.parquet").is_file()


def test_company_prints_a_table(tmp_path):
    result = CliRunner().invoke(app, ["company", "--size", "20", "--out", str(tmp_path)])
    assert result.exit_code == 0
    assert "crm_contacts.csv" in result.stdout


def test_adopt_reports_what_it_took_over(tmp_path):
    source = tmp_path / "export"
    source.mkdir()
    (source / "leads.csv").write_text("ProspectID,Score\na,1\nb,2\n")
    arguments = ["adopt", str(source), "--like", "x_education", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["people"] == 2
    again = CliRunner().invoke(app, arguments)
    assert "leads.csv" in again.stdout


def test_what_cannot_be_adopted_is_one_sentence_and_exit_code_two(tmp_path, monkeypatch, capsys):
    gone = str(tmp_path / "gone")
    monkeypatch.setattr("sys.argv", ["parley", "sandbox", "adopt", gone, "--like", "maven_crm"])
    with pytest.raises(SystemExit) as exited:
        main()
    assert exited.value.code == 2
    assert capsys.readouterr().err == (
        f"parley: {gone}: there is no such folder; name the folder of an export.\n"
    )
