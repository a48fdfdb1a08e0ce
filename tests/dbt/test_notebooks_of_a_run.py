"""The notebooks run from question to answer over the small campaign, as a user would run them."""

import importlib.util
import json
import shutil

import duckdb
import pytest
from metrics_by_hand import by_hand

from agent_runtime.settings import Workspace
from pipelines import cli
from pipelines.costs.publish import publish_cost_at_volume
from pipelines.notebook_cli import FOLDER

NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.fixture(scope="module")
def run(built):
    """Returns a function that runs a notebook over a workspace and returns what it defines."""
    publish_cost_at_volume(built, tenant="northbeam")

    def ran(name, workspace=built, **given):
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.app.run(defs={"path": str(workspace.root)} | given)[1]

    return ran


@pytest.fixture
def ask(monkeypatch, capfd):
    """Returns a function that runs `parley notebook`."""

    def asked(*words):
        monkeypatch.setattr("sys.argv", ["parley", "notebook", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *capfd.readouterr()

    return asked


def test_the_template_answers_with_a_metric_its_interval_and_a_figure(run, world):
    found = run("template")
    rate = by_hand(world)["positive_intent_rate"].value
    assert f"{100 * rate:.1f}% (" in found["answer"]
    assert found["figure"].data
    assert found["by_week"]["replies"].sum() == by_hand(world)["replies"].value


def test_the_funnel_names_the_step_at_which_a_playbook_loses_most(run, world):
    found = run("funnel_by_playbook")
    steps = {row.label: row.value for row in found["steps"]}
    hand = by_hand(world)
    assert steps["Threads opened by the agent"] == hand["threads_opened_by_agent"].value
    assert steps["Meetings set"] == hand["meetings_set"].value
    opened = [x for x in found["losses"] if x.step == "Threads opened by the agent and answered"]
    assert sum(loss.came for loss in opened) == hand["threads_opened_by_agent"].value
    assert "icp_prospecting loses most before" in found["answer"]


def test_confidence_is_held_against_what_reviewers_found(run, built):
    """R72, R179, R227: a safe band rests on judged answers."""
    found = run("safe_band_calibration", most_errors=0.99)
    assert not found["is_simulated"]
    assert found["judged"].height > 5
    assert f"{found['judged'].height:,} answers that reviewers judged" in found["source"]
    assert found["answer"].startswith("Send without a person from a confidence of")


def test_without_reviews_the_notebook_says_that_its_answers_are_made_up(run, built, tmp_path):
    bare = Workspace(tmp_path)
    shutil.copyfile(built.warehouse, bare.warehouse)
    with duckdb.connect(str(bare.warehouse)) as connection:
        connection.execute("delete from fct_reviews")
    found = run("safe_band_calibration", bare)
    assert found["is_simulated"]
    assert found["answer"].startswith("On made-up answers: ")


def test_cost_and_capacity_says_what_more_volume_costs_and_what_runs_out(run):
    """R166, R213: at 1, 2, 5 and 10 times the volume."""
    found = run("cost_and_capacity")
    assert found["month"]["multiple"].to_list() == [1, 2, 5, 10]
    assert list(found["figure"].data[0].x) == ["1x", "2x", "5x", "10x"]
    assert {"1x", "2x", "5x", "10x", "breaks_at"} <= set(found["used"].columns)
    assert "At 10 times the volume a conversation more costs $" in found["answer"]
    assert "First to run out: mailboxes" in found["answer"]


def test_a_notebook_is_begun_from_the_template_and_run_for_its_answer(ask, built, tmp_path):
    path = tmp_path / "why.py"
    assert ask("new", str(path))[0] == 0
    code, out, _ = ask("run", str(path), "-w", str(built.root), "--json")
    assert code == 0
    assert json.loads(out)["answer"].startswith("Positive intent rate, all together: ")
    code, _, err = ask("new", str(path))
    assert (code, "there is such a file already" in err) == (2, True)


def test_the_list_has_every_notebook_with_its_question(ask):
    code, out, _ = ask("list", "--json")
    assert code == 0
    found = json.loads(out)
    assert sorted(found) == NAMES
    assert all(found.values())


def test_a_notebook_that_fails_exits_with_two_and_one_sentence(ask, built, tmp_path):
    path = tmp_path / "broken.py"
    path.write_text(
        (FOLDER / "template.py").read_text().replace("from fct_messages", "from nowhere")
    )
    code, out, err = ask("run", str(path), "-w", str(built.root))
    assert (code, out) == (2, "")
    assert "a cell fails with" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "funnel_by_playbok"), "did you mean 'funnel_by_playbook'"),
        (("new", "/nowhere/at/all"), "there is no folder"),
    ],
)
def test_a_mistake_says_what_to_write(words, said, ask):
    code, _, err = ask(*words)
    assert code == 2
    assert said in err
