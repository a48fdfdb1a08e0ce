"""`parley approvals` and `parley autonomy` on a real workspace, until the console exists."""

import json

import pytest
from conversation_world import ANA, NOW, Wire, mail, new_world, work_all
from typer.testing import CliRunner

from agent_runtime.approvals import ApprovalError
from agent_runtime.approvals_cli import approvals
from agent_runtime.autonomy import flag_of
from agent_runtime.autonomy_cli import autonomy
from agent_runtime.clock import write_now
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine


@pytest.fixture
def workspace(tmp_path):
    """A workspace in which one assistive draft waits, as the worker would have left it."""
    memory, runtime = new_world()
    work_all(memory, runtime, Wire(), NOW)
    memory.set_flag(flag_of("icp_prospecting"), "assistive")
    runtime.inbox.receive(mail("What is the price?"), now=NOW)
    work_all(memory, runtime, Wire(), NOW)
    due = memory.next_due()
    work_all(memory, runtime, Wire(), due)
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    write_now(engine, NOW)
    engine.dispose()
    with open_store(load_settings(tmp_path)).begin() as tx:
        tx.add_contact(ANA)
        tx.save_session(memory.session_of(ANA.person_id))
        for approval in memory.open_approvals():
            tx.save_approval(approval)
    return tmp_path


def run(app, *words, workspace):
    return CliRunner().invoke(app, [*words, "-w", str(workspace)])


def waiting(workspace):
    return json.loads(run(approvals, "list", "--json", workspace=workspace).stdout)


def test_a_reviewer_sees_the_draft_as_the_reader_would(workspace):
    """R71: with names filled in, what was heard, and why it waits."""
    (told,) = waiting(workspace)
    assert told["heard"] == "What is the price?"
    assert "a person sends" in told["why"]
    assert told["drafts"][0]["body"].startswith("Hi Ana,")
    shown = run(approvals, "show", told["approval_id"][:5], workspace=workspace).stdout
    assert "Option 2" in shown
    assert ANA.email in shown


def test_an_approved_draft_is_ready_for_the_worker(workspace):
    (told,) = waiting(workspace)
    result = run(
        approvals,
        "approve",
        told["approval_id"],
        "--by",
        "rep",
        "--tag",
        "tone",
        workspace=workspace,
    )
    assert result.exit_code == 0, result.output
    assert waiting(workspace) == []
    with open_store(load_settings(workspace)).begin() as tx:
        decided = tx.approval(told["approval_id"])
        assert tx.message(decided.message_id).state == "READY"
        assert (decided.decided_by, decided.tags) == ("rep", ("tone",))


def test_the_second_option_goes_out_and_is_counted(workspace):
    """R71: by its number, as it is shown."""
    assert "no reviewer has had a choice" in run(approvals, "choices", workspace=workspace).stdout
    (told,) = waiting(workspace)
    second = told["drafts"][1]
    assert second["option"] == 2
    assert second["evidence"][1]["facts"]
    words = ("approve", told["approval_id"], "--option", "2", "--by", "rep")
    assert "option 2" in run(approvals, *words, workspace=workspace).stdout
    with open_store(load_settings(workspace)).begin() as tx:
        decided = tx.approval(told["approval_id"])
        sent = tx.message(decided.message_id)
    assert decided.option == 2
    assert sent.body.replace("[[FIRST_NAME]]", ANA.first_name).startswith(second["body"][:40])
    counted = json.loads(run(approvals, "choices", "--json", workspace=workspace).stdout)
    assert counted["by_option"] == {"2": 1}
    assert "option 2: chosen 1 times" in run(approvals, "choices", workspace=workspace).stdout


def test_own_words_and_rejection(workspace, tmp_path):
    (told,) = waiting(workspace)
    both = run(approvals, "edit", told["approval_id"], workspace=workspace)
    assert isinstance(both.exception, ApprovalError)
    assert "--text or by --file" in str(both.exception)
    done = run(approvals, "reject", told["approval_id"], "--why", "no", workspace=workspace)
    assert done.exit_code == 0, done.output
    again = run(approvals, "reject", told["approval_id"], workspace=workspace)
    assert "REJECTED already" in str(again.exception)
    assert "nothing waits" in run(approvals, "list", workspace=workspace).stdout
    assert "unknown" in str(run(approvals, "show", "zzz", workspace=workspace).exception)


def test_autonomy_is_shown_and_set_and_what_is_freer_is_refused(workspace):
    """R17: per use case."""
    why = ("--why", "Complaints")
    assert run(autonomy, "set", "nurture", "assistive", *why, workspace=workspace).exit_code == 0
    rows = json.loads(run(autonomy, "show", "--json", workspace=workspace).stdout)
    assert {r["playbook"]: r["in_force"] for r in rows}["nurture"] == "assistive"
    assert run(autonomy, "set", "nurture", "free", *why, workspace=workspace).exit_code == 2
    freer = run(autonomy, "reset", "nurture", *why, workspace=workspace)
    assert "a colleague puts it in force" in str(freer.exception)
    rows = json.loads(run(autonomy, "show", "--json", workspace=workspace).stdout)
    assert {r["playbook"]: r["in_force"] for r in rows}["nurture"] == "assistive"
