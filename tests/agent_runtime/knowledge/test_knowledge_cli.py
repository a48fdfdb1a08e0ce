import json
import os
import pty
import subprocess
import sys

import pytest
from office_files import docx, pdf
from typer.testing import CliRunner

from agent_runtime.knowledge.cli import app
from pipelines.cli import main

TRUST = """# Trust overview

## SOC 2

Our SOC 2 report is of Type II and covers security, availability and confidentiality from October
2024 to September 2025. You can have it under a confidentiality agreement.

## Penetration tests

An independent firm tests the product every quarter, and a summary is available to customers.
"""
APPROVED = ["--approver", "R. Haas", "--expires", "2027-11-30", "--at", "2026-03-02"]
AT = ["--at", "2026-03-02"]


@pytest.fixture
def parley(tmp_path):
    def run(*arguments):
        command = [*map(str, arguments), "--workspace", str(tmp_path / "run")]
        result = CliRunner().invoke(app, command)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return run


@pytest.fixture
def trust(tmp_path):
    path = tmp_path / "Trust Überblick.md"
    path.write_text(TRUST, encoding="utf-8")
    return path


def found(parley, question, *more):
    return json.loads(parley("search", question, "--json", *AT, *more))["found"]


def test_a_hard_question_finds_its_paragraph_at_once(parley, trust):
    """R261: SOC 2 Type II is asked, and the paragraph of the uploaded document answers."""
    parley("add", trust, *APPROVED, "--scope", "security")

    best = found(parley, "does your SOC 2 report cover Type II?")[0]

    assert best["served"]
    assert best["heading_path"] == ["Trust overview", "SOC 2"]
    assert best["text"].startswith("Our SOC 2 report is of Type II")
    assert (best["approver"], best["expires_at"]) == ("R. Haas", "2027-11-30")
    assert best["id"].startswith("kb.trust-uberblick.")


@pytest.mark.parametrize("kind", ["pdf", "docx", "html"])
def test_the_other_kinds_of_file_are_read_too(parley, tmp_path, kind):
    line = "Our SOC 2 report is of Type II and covers twelve months."
    content = {
        "pdf": pdf([["Trust overview", "", "1. SOC 2", line]]),
        "docx": docx([("Heading1", "Trust overview"), ("Heading2", "SOC 2"), ("Normal", line)]),
        "html": f"<h1>Trust overview</h1><h2>SOC 2</h2><p>{line}</p>".encode(),
    }[kind]
    path = tmp_path / f"trust.{kind}"
    path.write_bytes(content)

    parley("add", path, *APPROVED)

    assert found(parley, "Is there a SOC 2 Type II report?")[0]["text"] == line


def test_a_dry_run_shows_the_passages_and_changes_nothing(parley, trust, tmp_path):
    told = json.loads(parley("add", trust, "--dry-run", "--json", *AT))

    assert [one["heading_path"][-1] for one in told["passages"]] == ["SOC 2", "Penetration tests"]
    assert told["state"] == "would be added"
    assert not (tmp_path / "run").exists()


def test_a_new_version_keeps_what_has_not_changed(parley, trust):
    parley("add", trust, *APPROVED)
    trust.write_text(TRUST.replace("every quarter", "every month"), encoding="utf-8")

    told = json.loads(parley("add", trust, *APPROVED, "--json"))

    assert (told["version"], told["kept"], told["added"], told["dropped"]) == (2, 1, 1, 1)
    best = found(parley, "How often does an independent firm test the product?")[0]
    assert "every month" in best["text"]
    assert best["version"] == 2


def test_what_is_removed_is_not_found_until_it_is_brought_back(parley, trust):
    parley("add", trust, *APPROVED)

    removed = parley("remove", "trust-uberblick")
    assert found(parley, "Is there a SOC 2 report?") == []
    assert "to undo: parley knowledge restore trust-uberblick" in removed

    parley("restore", "trust-uberblick")
    assert found(parley, "Is there a SOC 2 report?") != []


def test_the_list_tells_live_from_expired_and_proposed(parley, trust, tmp_path):
    parley("add", trust, *APPROVED)
    shelf = tmp_path / "run" / "knowledge"
    proposal = (shelf / "trust-uberblick.yaml").read_text(encoding="utf-8")
    proposal = proposal.replace("approver: R. Haas\n", "approver: ''\n")
    (shelf / "trust-uberblick.yaml").write_text(proposal, encoding="utf-8")

    assert [row["state"] for row in json.loads(parley("list", "--json", *AT))] == ["proposed"]
    assert found(parley, "Is there a SOC 2 report?") == []

    parley("approve", "trust-uberblick", *APPROVED)
    assert [row["state"] for row in json.loads(parley("list", "--json", *AT))] == ["live"]
    assert found(parley, "Is there a SOC 2 report?") != []

    late = ["--at", "2027-11-30"]
    assert [row["state"] for row in json.loads(parley("list", "--json", *late))] == ["expired"]
    assert json.loads(parley("search", "SOC 2 report?", "--json", *late))["found"] == []


def test_a_scope_that_was_not_asked_for_stays_closed(parley, trust):
    parley("add", trust, *APPROVED, "--scope", "security, legal")

    assert found(parley, "Is there a SOC 2 report?", "--scope", "pricing") == []
    assert found(parley, "Is there a SOC 2 report?", "--scope", "pricing,legal") != []


def test_the_language_is_found_out(parley, tmp_path):
    path = tmp_path / "fragen.md"
    path.write_text("Die Daten liegen in Frankfurt und werden nicht an Dritte gegeben.", "utf-8")

    parley("add", path, *APPROVED)

    assert [row["locale"] for row in json.loads(parley("list", "--json", *AT))] == ["de"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "FILE"], "--approver is missing; nothing goes live unless it is given"),
        (["add", "FILE", "--approver", "R. Haas"], "--expires is missing"),
        (
            ["add", "FILE", "--approver", "R. Haas", "--expires", "2020-01-01"],
            "--expires 2020-01-01: that day has come; name a later one",
        ),
        (["add", "FILE", *APPROVED, "--scope", "No!"], "--scope 'No!': use small letters"),
        (["add", "FILE", *APPROVED, "--locale", "nl"], "the language 'nl' is none of en, es"),
        (["add", "FILE", *APPROVED, "--id", "!!"], "'!!' makes no id; give one with --id"),
        (["add", "gone.pdf", *APPROVED], "gone.pdf: there is no such file"),
        (["remove", "other"], "document 'other' is unknown; the documents are: none yet"),
        (["restore", "other"], "other: there is nothing to bring back"),
        (["approve", "other", *APPROVED], "document 'other' is unknown"),
        (["search", "x", "--playbook", "other"], "playbook 'other' is unknown; use one of"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_two(
    arguments, said, trust, tmp_path, monkeypatch, capsys
):
    command = [str(trust) if word == "FILE" else word for word in arguments]
    workspace = ["--workspace", str(tmp_path / "run")]
    monkeypatch.setattr(sys, "argv", ["parley", "knowledge", *command, *workspace])

    with pytest.raises(SystemExit) as stopped:
        main()

    told = capsys.readouterr().err
    assert stopped.value.code == 2
    assert told.startswith("parley: ")
    assert said in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.real
def test_on_a_terminal_approver_and_expiry_are_asked_for(trust, tmp_path, repository):
    leader, follower = pty.openpty()
    command = "from pipelines.cli import main; main()"
    arguments = ["knowledge", "add", str(trust), "--workspace", str(tmp_path / "run")]
    process = subprocess.Popen(
        [sys.executable, "-c", command, *arguments],
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=repository,
    )
    os.write(leader, b"R. Haas\n2099-01-31\n")
    told, asked = process.communicate(timeout=120)
    os.close(leader)
    os.close(follower)

    assert b"approved by R. Haas until 2099-01-31" in told
    assert b"Who approves it" in asked
    assert process.returncode == 0
