"""`parley replay`: which recorded turns would be decided otherwise today."""

import json

import pytest
from conversation_world import NOW, Wire, mail, new_world, work_all
from typer.testing import CliRunner

from agent_runtime.app import assemble
from agent_runtime.knowledge.cli import app as knowledge
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.prompting.template import FOLDER
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from pipelines.replays.cli import app as replay
from tests.agent_runtime.models.vllm_stand_in import MODEL, serve

PRICES = "# Prices\n\n## Team plan\n\nThe Team plan costs 720 euro a month for ten seats.\n"


@pytest.fixture
def workspace(tmp_path):
    """A workspace with the trace of one touch and one answer."""
    memory, runtime = new_world()
    desk = runtime.desk
    runtime = assemble(
        memory,
        library=desk.library,
        model=load_embedded_model(),
        calendar=desk.calendar,
        newcomers=runtime.inbox.newcomers,
    )
    work_all(memory, runtime, Wire(), NOW)
    runtime.inbox.receive(mail("What does the Team plan cost a month?"), now=NOW)
    work_all(memory, runtime, Wire(), memory.next_due())
    open_engine(f"sqlite:///{tmp_path}/runtime.db").dispose()
    with open_store(load_settings(tmp_path)).begin() as tx:
        for event in memory.events:
            tx.trace(event.model_copy(update={"tenant_id": "northbeam"}))
    return tmp_path


def run(app, *words, workspace):
    return CliRunner().invoke(app, [*words, "-w", str(workspace)])


def test_turns_that_stand_on_the_same_are_decided_the_same(workspace):
    """R81."""
    told = run(replay, workspace=workspace)
    assert told.exit_code == 0
    assert "2 turns replayed, 0 decided otherwise" in told.stdout


def test_a_new_document_shows_which_answer_it_would_change(workspace):
    """R175: what a change does to conversations of old, before anybody is written to."""
    (workspace / "prices.md").write_text(PRICES, encoding="utf-8")
    words = ["add", str(workspace / "prices.md"), "--approver", "R. Haas", "--scope", "pricing"]
    when = ["--expires", "2040-01-01", "--at", "2026-01-01"]
    assert run(knowledge, *words, *when, workspace=workspace).exit_code == 0
    told = run(replay, "--json", workspace=workspace)
    found = json.loads(told.stdout)
    assert told.exit_code == 1
    assert found["turns"] == 2
    (changed,) = found["changed"]
    chosen = next(d for d in changed["differences"] if d["what"] == "chosen")
    assert chosen["now"]["reason"] == "found_in_documents"


def test_a_thread_that_nobody_knows_has_no_turns(workspace):
    told = run(replay, "--thread", "thread-x", workspace=workspace)
    assert "no turn is recorded yet" in told.stdout


def test_a_new_prompt_is_asked_only_with_leave_and_only_once(workspace, tmp_path, monkeypatch):
    """R81: `--ask` asks the configured server; the next replay has its answers and asks nobody."""
    prompt = tmp_path / "answer.md"
    text = (FOLDER / "answer.md").read_text(encoding="utf-8")
    prompt.write_text(text.replace("version: 1", "version: 2", 1), encoding="utf-8")
    words = ["--with", f"prompt={prompt}", f"model={MODEL}", "--json"]
    with serve() as stand_in:
        stand_in.behave()
        monkeypatch.setenv("PARLEY_LLM_URL", stand_in.url)
        monkeypatch.setenv("PARLEY_LLM_MODEL", "the-usual-one")
        found = json.loads(run(replay, *words, workspace=workspace).stdout)
        assert [one["model"] for one in found["needs_the_model"]] == [MODEL]
        assert stand_in.asked == []
        told = run(replay, *words, "--ask", workspace=workspace)
        assert "1 answered" in told.stderr
        assert len(stand_in.asked) == 1
        found = json.loads(run(replay, *words, workspace=workspace).stdout)
        assert (found["needs_the_model"], found["answered"]) == ([], {"as_kept": 1})
        assert len(stand_in.asked) == 1
