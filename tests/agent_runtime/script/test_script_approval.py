import json
import shutil
import sys
from datetime import date

import pytest
import yaml
from typer.testing import CliRunner

from agent_runtime.library.catalog import company_library
from agent_runtime.library.checks import cross_problems
from agent_runtime.script import cli
from agent_runtime.script.checks import problems_of
from agent_runtime.script.importing import import_script
from agent_runtime.script.parts import ScriptError
from agent_runtime.script.shelf import PAGE, Approval, approved_files
from pipelines import cli as parley

APPROVAL = Approval("A. Kay, Sales", date(2026, 1, 12), date(2027, 1, 12))
LIMITED = "## Objections\n\n- It is too expensive: I see. It does not pay for everybody.\n"


@pytest.fixture
def proposed(shelf, script, scripted, now):
    """A proposal on the shelf, with its files."""

    def run(text=None):
        path = script(text) if text else script()
        imported = import_script(path, shelf, scripted, now=now)
        return shelf.put(imported.proposal.name, imported.files)

    return run


@pytest.fixture
def problems(shelf, scripted, now):
    def run(folder, approval=APPROVAL):
        return problems_of(approved_files(folder, approval), shelf, scripted, now=now)

    return run


def edit(path, change):
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def replace_in(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_approved_script_is_live_with_its_approver(shelf, proposed, problems, now):
    """R268: from file to library, and the agent may say it from then on."""
    folder = proposed()
    assert problems(folder) == []
    shelf.make_live("cold_call", approved_files(folder, APPROVAL))
    library = company_library(shelf.library)
    text = library.live("cold_call.opener", language="en", now=now)

    assert (text.approver, text.expires_at) == ("A. Kay, Sales", date(2027, 1, 12))
    assert library.playbook("cold_call").locales == ("en",)
    assert list(cross_problems(library)) == []
    assert shelf.names() == ()
    assert shelf.live_names() == ("cold_call",)


def test_a_proposal_is_in_no_library(shelf, proposed):
    proposed()

    assert "cold_call" not in company_library(shelf.library).playbooks
    assert "cold_call" not in company_library(shelf.proposals.parent).playbooks


def test_other_languages_may_be_missing_only_as_the_playbook_says(proposed, problems):
    """R69: what is not whole says so, and is refused where it claims to be."""
    folder = proposed(LIMITED)
    edit(folder / "playbooks/cold_call.yaml", lambda data: data.update(locales=["en", "de"]))

    assert any("is missing in de" in problem for problem in problems(folder))


def test_in_a_language_that_is_missing_nothing_is_sent(shelf, proposed, scripted, contact_in, now):
    folder = proposed()
    shelf.make_live("cold_call", approved_files(folder, APPROVAL))
    first = contact_in("de", company_library(shelf.library), "cold_call", due=1)
    answer = contact_in("de", company_library(shelf.library), "cold_call", hears="objection_price")

    assert (first.action, first.reason) == ("none", "no_text_for_this_reader")
    assert (answer.action, answer.route_to) == ("hand_off", "owner")


@pytest.mark.parametrize(
    ("where", "old", "new", "said"),
    [
        ("content/en/cold_call.opener.md", "today?", "today? Or not?", "asks 2 questions"),
        ("content/en/cold_call.opener.md", "\n\nCl", "\n\nAsk [[PERSON_1]]. Cl", "personal data"),
        (
            "content/en/cold_call.opener.md",
            "\n\nCl",
            "\n\n[pain point] Cl",
            "blank [pain point]",
        ),
        ("content/en/cold_call.opener.md", "\n\nCl", "\n\n{nickname} Cl", "{nickname} is unknown"),
        ("content/en/cold_call.opener.md", "claim: Cl", "claim: To be checked", "field claim"),
        ("content/en/cold_call.opener.md", "---\nid", "id", "front matter"),
        ("playbooks/cold_call.yaml", "do: answer", "do: fly", "field moves.0.do"),
        (
            "playbooks/cold_call.yaml",
            "handoff.owner",
            "handoff.boss",
            "'handoff.boss' does not exist",
        ),
        ("scenarios/cold_call/stop.yaml", "confirm_stop", "answer", "action should be 'answer'"),
    ],
)
def test_what_may_not_go_live_is_named(proposed, problems, where, old, new, said):
    folder = proposed()
    replace_in(folder / where, old, new)
    try:
        found = problems(folder)
    except ScriptError as error:
        found = [str(error)]

    assert len(found) == 1
    assert said in found[0]


def test_a_claim_is_settled_by_a_person(proposed, problems):
    folder = proposed("## Objections\n\n- It is too expensive: You save 30%.\n")
    (path,) = (folder / "content/en").glob("*.md")

    assert "waits for a person" in problems(folder)[0]
    replace_in(path, "To be checked (number): You save 30%.", "Savings were measured in 2025.")
    assert problems(folder) == []


def test_text_that_has_expired_may_not_go_live(proposed, problems):
    late = Approval("A. Kay", date(2020, 1, 1), date(2021, 1, 1))

    assert "it expired on 2021-01-01" in problems(proposed(), late)[0]


def test_two_scripts_may_not_say_the_same_thing_twice(shelf, proposed, problems):
    folder = proposed()
    files = approved_files(folder, APPROVAL)
    kept = {where: text for where, text in files.items() if where.startswith("content/")}
    shelf.put("copy", {PAGE: "x"})
    shelf.make_live("copy", kept)

    assert "stands in two libraries" in problems(folder)[0]


def test_a_name_is_used_once(shelf, proposed):
    folder = proposed()
    with pytest.raises(ScriptError, match="a proposal of this name waits already"):
        shelf.put("cold_call", {})
    shelf.make_live("cold_call", approved_files(folder, APPROVAL))
    with pytest.raises(ScriptError, match="a script of this name is live already"):
        shelf.put("cold_call", {})


def test_a_name_never_leaves_the_shelf(shelf, proposed):
    proposed()
    for name in ("..", "../proposals/cold_call", ""):
        with pytest.raises(ScriptError, match="no proposal is called"):
            shelf.discard(name)


def test_the_command_line_goes_all_the_way(tmp_path, script, scripted, monkeypatch):
    monkeypatch.setattr(cli, "_model", lambda workspace: scripted)
    workspace = tmp_path / "ws"

    def run(*words):
        return CliRunner().invoke(cli.app, [*words, "--workspace", str(workspace)])

    dry = run("import", str(script()), "--dry-run", "--json")
    assert json.loads(dry.stdout)["written"] is False
    assert not workspace.exists()
    made = json.loads(run("import", str(script()), "--json").stdout)
    assert (made["name"], made["kind"], made["language"]) == ("cold_call", "script", "en")
    assert made["live"] is False
    assert "Nothing of it is live" in run("show", "cold_call").stdout
    signed = ("--approver", "A. Kay, Sales", "--expires", "2099-01-01")
    assert "nothing was changed" in run("approve", "cold_call", *signed, "--dry-run").stdout
    assert json.loads(run("list", "--json").stdout) == {"waiting": ["cold_call"], "live": []}
    assert "is live in" in run("approve", "cold_call", *signed).stdout
    assert json.loads(run("list", "--json").stdout) == {"waiting": [], "live": ["cold_call"]}
    assert (workspace / "library/cold_call/playbooks/cold_call.yaml").exists()


def test_a_discarded_proposal_is_gone_only_when_asked_for(tmp_path, script, scripted, monkeypatch):
    monkeypatch.setattr(cli, "_model", lambda workspace: scripted)
    place = ("--workspace", str(tmp_path))
    CliRunner().invoke(cli.app, ["import", str(script()), *place])
    folder = tmp_path / "proposals/cold_call"

    CliRunner().invoke(cli.app, ["discard", "cold_call", *place], input="n\n")
    assert folder.exists()
    CliRunner().invoke(cli.app, ["discard", "cold_call", *place, "--yes"])
    assert not folder.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import", "nowhere.pdf"], "there is no such file"),
        (["show", "nothing"], "no proposal is called 'nothing'; waiting: none"),
        (["approve", "x", "--approver", " ", "--expires", "2099-01-01"], "no proposal"),
        (["discard", "nothing", "--yes"], "no proposal is called"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    tmp_path, monkeypatch, capsys, scripted, words, said
):
    monkeypatch.setattr(cli, "_model", lambda workspace: scripted)
    monkeypatch.setattr(sys, "argv", ["parley", "script", *words, "--workspace", str(tmp_path)])

    with pytest.raises(SystemExit) as stopped:
        parley.main()
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("signed", "said"),
    [
        (("--approver", " ", "--expires", "2099-01-01"), "--approver '' names nobody"),
        (("--approver", "A", "--expires", "2020-01-01"), "--expires 2020-01-01 has passed"),
    ],
)
def test_an_approval_needs_a_person_and_a_future(
    tmp_path, script, scripted, monkeypatch, signed, said
):
    monkeypatch.setattr(cli, "_model", lambda workspace: scripted)
    place = ("--workspace", str(tmp_path))
    CliRunner().invoke(cli.app, ["import", str(script()), *place])
    result = CliRunner().invoke(cli.app, ["approve", "cold_call", *signed, *place])

    assert isinstance(result.exception, ScriptError)
    assert said in str(result.exception)


def test_a_library_of_ones_own_is_checked_with_the_products(shelf, proposed):
    from agent_runtime.library.cli import app

    shelf.make_live("cold_call", approved_files(proposed(), APPROVAL))
    own = ["--own", str(shelf.library)]
    lint = CliRunner().invoke(app, ["lint", "--at", "2026-01-12", "--json", *own])
    show = CliRunner().invoke(app, ["show", "cold_call", *own])
    shutil.rmtree(shelf.library)
    fewer = CliRunner().invoke(app, ["lint", "--at", "2026-01-12", "--json"])

    assert json.loads(lint.stdout)["playbooks"] == json.loads(fewer.stdout)["playbooks"] + 1
    assert "script_objection_price" in show.stdout
