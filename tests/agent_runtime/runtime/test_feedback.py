"""What people say of the agent's work: events that count, and changes to review."""

from dataclasses import replace

import pytest
import yaml
from conversation_world import ANA, NOW, Wire, mail, new_world, work_all
from typer.testing import CliRunner

from agent_runtime.feedback.cli import app
from agent_runtime.feedback.events import FeedbackError, Score
from agent_runtime.library.scenario import Scenario
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from agent_runtime.store.rows import FieldChange

CHANGE = FieldChange(
    tenant_id="northbeam",
    change_id="aaaa1111",
    thread_id="thread-p-ana",
    object="contact",
    record_id=ANA.contact_id,
    field="urgency",
    before="",
    after="soon",
    by="agent",
    reason="said_so",
    at=NOW,
)


@pytest.fixture
def place(tmp_path):
    """A workspace with one touch, one question and its answer; the answer has not left yet."""
    memory, runtime = new_world()
    work_all(memory, runtime, Wire(), NOW)
    runtime.inbox.receive(mail("What is the price?"), now=NOW)
    work_all(memory, runtime, Wire(), memory.next_due())
    open_engine(f"sqlite:///{tmp_path}/runtime.db").dispose()
    answer = next(m for m in memory.messages.values() if m.touch_class == "reply")
    with open_store(load_settings(tmp_path)).begin() as tx:
        tx.add_contact(replace(ANA, tenant_id="northbeam"))
        session = replace(memory.session_of(ANA.person_id), tenant_id="northbeam")
        tx.save_session(session)
        tx.add_message(replace(answer, tenant_id="northbeam", state="READY"))
        tx.add_change(CHANGE)
        for event in memory.events:
            tx.trace(event.model_copy(update={"tenant_id": "northbeam"}))
    return tmp_path, answer


def review(place, *words):
    return CliRunner().invoke(app, [*words, "-w", str(place)])


def events_of(folder, kind):
    from sqlalchemy import select

    from agent_runtime.contracts import TraceEvent
    from agent_runtime.store import tables as t
    from agent_runtime.store.sql_rows import load

    store = open_store(load_settings(folder))
    with store.engine.connect() as connection:
        rows = connection.execute(select(t.trace_events.c.doc)).all()
    found = (load(TraceEvent, row.doc) for row in rows)
    return [event.payload for event in found if event.kind == kind]


def test_scores_surveys_and_time_studies_are_traced(place):
    """R153 R155 R156 R165."""
    folder, answer = place
    words = ["--accuracy", "5", "--tone", "3", "--by", "maya"]
    assert review(folder, "score", answer.message_id, *words).exit_code == 0
    assert review(folder, "survey", "thread-p-ana", "--rating", "4").exit_code == 0
    study = ["time-study", "answer", "--by-hand", "9", "--with-agent", "2"]
    assert review(folder, *study).exit_code == 0
    scored, timed = events_of(folder, "review")
    assert (scored["accuracy"], scored["tone"], scored["by"]) == (5, 3, "maya")
    assert scored["content_ids"] == list(answer.content_ids)
    assert (timed["minutes_by_hand"], timed["minutes_with_agent"]) == (9, 2)
    assert [payload["rating"] for payload in events_of(folder, "survey")] == [4]


def test_a_tag_becomes_a_scenario_a_diff_and_a_rule_to_review(place):
    """R75 R76: files for people; nothing that is live changes."""
    folder, answer = place
    words = ["--tag", "accuracy", "--tag", "policy", "--instead", "Ask Ana for the list."]
    told = review(folder, "tag", answer.message_id, *words, "--note", "Names no figure")
    assert told.exit_code == 0
    assert told.stdout.count("proposed ") == 3
    made = folder / "proposals" / "feedback" / answer.message_id
    scenario = yaml.safe_load((made / "scenario.yaml").read_text(encoding="utf-8"))
    dialogue = Scenario.model_validate(scenario)
    assert [turn.buyer for turn in dialogue.turns][-1] == "What is the price?"
    assert "Ana" not in (made / "content.diff").read_text(encoding="utf-8")
    assert "+Ask {first_name} for the list." in (made / "content.diff").read_text(encoding="utf-8")
    assert (made / "rule.yaml").exists()
    assert "content.diff" in review(folder, "proposals").stdout
    assert events_of(folder, "review")[0]["tags"] == ["accuracy", "policy"]


def test_a_rollback_stops_what_has_not_left_and_restores_fields(place):
    """R159."""
    folder, answer = place
    told = review(folder, "rollback", answer.message_id, "--why", "wrong customer")
    assert "stopped before it left" in told.stdout
    assert "field urgency is '' again" in told.stdout
    again = review(folder, "rollback", answer.message_id, "--why", "wrong customer")
    assert "nothing to take back" in again.stdout
    with open_store(load_settings(folder)).begin() as tx:
        assert tx.message(answer.message_id).state == "CANCELLED"
        assert tx.crm_value("contact", ANA.contact_id, "urgency") == ""


def test_feedback_on_nothing_is_one_sentence(place):
    folder, _ = place
    assert "no change is proposed" in review(folder, "proposals").stdout
    with pytest.raises(FeedbackError, match="there is none"):
        CliRunner().invoke(
            app, ["survey", "thread-x", "--rating", "5", "-w", str(folder)], catch_exceptions=False
        )
    with pytest.raises(FeedbackError, match="scores go from 1 to 5"):
        Score(accuracy=6)


def test_what_a_command_writes_names_the_versions_behind_it(place):
    """R81: as the worker's events do."""
    from sqlalchemy import select

    from agent_runtime.contracts import TraceEvent
    from agent_runtime.store import tables as t
    from agent_runtime.store.sql_rows import load
    from agent_runtime.versions import versions_at

    folder, answer = place
    review(folder, "score", answer.message_id, "--accuracy", "4")
    review(folder, "rollback", answer.message_id, "--why", "wrong")
    settings = load_settings(folder)
    with open_store(settings).engine.connect() as connection:
        docs = connection.execute(select(t.trace_events.c.doc)).scalars().all()
    written = [e for e in (load(TraceEvent, doc) for doc in docs) if e.kind == "review"]
    assert len(written) == 2
    assert {tuple(sorted(e.versions.items())) for e in written} == {
        tuple(sorted(versions_at(settings).items()))
    }
    assert set(versions_at(settings)) == {"code", "content", "policy"}
