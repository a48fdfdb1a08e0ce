"""R176: a broken stop rule pauses its campaign in the store, tells people, and is written down."""

import json
import shutil
from datetime import UTC, datetime

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner

from agent_runtime.errors import ParleyError
from agent_runtime.newcomers import OWNERS, Owner
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.tasks_cli import tasks
from experiments.registry import register, verify
from experiments.spec import Spec
from pipelines.campaign import experiment_of, load_campaign
from pipelines.defs.stop_rules import stop_rules
from pipelines.resources import BatchResource, WorkspaceResource
from pipelines.stopping import decisions, decisions_path, stop_if_broken
from pipelines.stopping_cli import app

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
OWNER = Owner("o-1", "Ada Roe", "ada@us.example", "agent@us.example", "UTC")
BROKEN = [
    {"metric": "unsubscribe_rate", "above": 0.0001, "after": 5, "tell": ["support"]},
    {"metric": "sample_ratio", "below": 0.0001},
]


@pytest.fixture
def place(ran, tmp_path):
    """A workspace with a warehouse, an empty store that knows one owner, and a colleague."""
    workspace = type(ran)(tmp_path / "run")
    shutil.copytree(ran.root, workspace.root)
    (workspace.root / "routing.yaml").write_text(
        "version: 1\n"
        "people: [{name: Sue, email: sue@us.example, roles: [support], languages: [en]}]\n"
        "routes: {owner: {by: [task], answer_within_minutes: 240, then: team},\n"
        "  support: {by: [task], answer_within_minutes: 120, then: owner},\n"
        "  team: {by: [task], answer_within_minutes: 480}}\nwebhook: ''\n"
    )
    engine = open_engine(f"sqlite:///{workspace.store}")
    store = SqlStore(engine, "t")
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json((OWNER,)).decode())
    yield workspace, store
    engine.dispose()


def promise(workspace, rules):
    spec = experiment_of(load_campaign("prospecting"))
    content = spec.content | {"stop_rules": rules, "version": 3}
    registered = Spec.model_validate(content)
    register(workspace.registry, registered, approver="Ada", code_version="1", now=NOW)
    return registered


def stop(place):
    workspace, store = place
    campaign = load_campaign("prospecting")
    return stop_if_broken(workspace, campaign, experiment_of(campaign), store, now=NOW)


def test_a_broken_rule_pauses_the_campaign_once_and_says_who_was_told(place):
    workspace, store = place
    spec = promise(workspace, BROKEN)

    stop(place)
    stop(place)

    with store.begin() as tx:
        assert "unsubscribe_rate of agent is" in tx.flags()["pause:prospecting"]
        notices = tx.open_human_tasks()
    assert {task.assignee for task in notices} == {"ada@us.example", "sue@us.example"}
    (made,) = decisions(workspace)
    assert made["decision"] == "stop"
    assert made["told"] == ["ada@us.example", "sue@us.example"]
    assert made["spec_hash"] == spec.spec_hash
    assert [rule["metric"] for rule in made["rules"]] == ["unsubscribe_rate"]


def test_a_guardrail_stops_by_what_is_certain_and_is_written_down(place):
    """R176: half of the people of the agent have opted out here, and nobody else."""
    workspace, store = place
    spec = promise(workspace, [{"metric": "unsubscribed", "above": 0.03}])
    assert [found.is_broken for found in stop(place)] == [False]
    with duckdb.connect(str(workspace.warehouse)) as warehouse:
        warehouse.execute(
            "update metric_by_unit set unsubscribed = (arm = 'agent' and hash(unit_id) % 2 = 0)"
        )

    (found,) = stop(place)

    assert found.is_broken
    assert "unsubscribed of agent against holdout" in found.said
    (made,) = decisions(workspace)
    assert made["spec_hash"] == spec.spec_hash
    assert made["rules"][0]["value"] > 0.03
    with store.begin() as tx:
        assert "at least +" in tx.flags()["pause:prospecting"]


def test_a_budget_counts_what_belongs_to_no_arm(place):
    """The agent arm's own messages cost less than a dollar here, the platform hundreds."""
    workspace, _ = place
    promise(workspace, [{"metric": "budget_usd", "above": 100}])

    (found,) = stop(place)

    assert found.is_broken
    assert found.value > 500


def test_a_campaign_that_a_person_has_paused_is_no_decision_of_a_rule(place):
    workspace, store = place
    promise(workspace, BROKEN)
    with store.begin() as tx:
        tx.set_flag("pause:prospecting", "holidays")

    stop(place)

    with store.begin() as tx:
        assert tx.flags() == {"pause:prospecting": "holidays"}
        assert tx.open_human_tasks() == ()
    assert decisions(workspace) == ()


def test_a_task_about_no_buyer_has_nobody_to_answer(place, monkeypatch):
    workspace, store = place
    promise(workspace, BROKEN)
    stop(place)
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")
    with store.begin() as tx:
        notice = tx.open_human_tasks()[0]

    with pytest.raises(ParleyError, match="is news about no buyer"):
        CliRunner().invoke(
            tasks,
            ["answer", notice.task_id, "--text", "x", "--workspace", str(workspace.root)],
            catch_exceptions=False,
        )


def test_rules_that_hold_change_nothing(place):
    workspace, store = place
    promise(workspace, [{"metric": "unsubscribe_rate", "above": 0.9}])

    (found,) = stop(place)

    assert not found.is_broken
    with store.begin() as tx:
        assert tx.flags() == {}
    assert decisions(workspace) == ()


def test_a_decision_that_a_crash_kept_from_the_log_is_written_by_the_next_look(place):
    workspace, _ = place
    promise(workspace, BROKEN)
    stop(place)
    decisions_path(workspace).unlink()
    decisions_path(workspace).with_name("decisions.jsonl.head").unlink(missing_ok=True)

    stop(place)

    assert [made["decision"] for made in decisions(workspace)] == ["stop"]


def test_the_sensor_stops_the_campaign_and_looks_again_only_at_a_new_warehouse(place):
    workspace, store = place
    promise(workspace, BROKEN)
    resources = {
        "workspace": WorkspaceResource(root=str(workspace.root), tenant_id="t"),
        "batch": BatchResource(),
    }
    with dg.build_sensor_context() as context:
        first = stop_rules(context=context, **resources)
    with dg.build_sensor_context(cursor=first.cursor) as context:
        again = stop_rules(context=context, **resources)

    assert "the campaign stops above 0.0001" in first.skip_reason.skip_message
    assert "as it was at the last look" in again.skip_message
    with store.begin() as tx:
        assert "pause:prospecting" in tx.flags()


def test_the_command_says_what_holds_and_lets_people_go_on(place, monkeypatch):
    workspace, store = place
    promise(workspace, BROKEN)
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")

    def run(*arguments):
        return CliRunner().invoke(app, [*arguments, "--workspace", str(workspace.root)])

    dry = run("check", "--dry-run", "--json")
    assert dry.exit_code == 1
    assert {row["metric"]: row["is_broken"] for row in json.loads(dry.output)} == {
        "unsubscribe_rate": True,
        "sample_ratio": False,
    }
    assert "no campaign was stopped" in run("log").output
    assert "prospecting is paused" in run("check").output
    assert "told: ada@us.example" in run("log").output
    assert "goes on" in run("resume", "--by", "Ada", "--why", "list cleaned").output
    with store.begin() as tx:
        assert tx.flags() == {}
    assert [d["decision"] for d in json.loads(run("log", "--json").output)] == ["stop", "resume"]
    assert run("check").exit_code == 1
    assert verify(workspace.registry).is_intact
