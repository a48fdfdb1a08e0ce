"""`parley evaluate` over a real MLflow store: runs, versions, comparisons, interruptions."""

import json

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from agent_runtime.prompting.template import FOLDER
from agent_runtime.settings import load_settings
from experiments.evaluation.cases import read_cases
from pipelines.errors import PipelineError
from pipelines.evaluation.cli import app
from pipelines.evaluation.running import finished_in, partial_file, run
from pipelines.evaluation.setup import Chosen, open_setup
from pipelines.evaluation.suite import Sources, units_of
from pipelines.models.cli import app as model_app
from tests.agent_runtime.models.vllm_stand_in import serve

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def first(workspace, evaluate):
    return evaluate(workspace)


def client_of(workspace):
    return MlflowClient(f"sqlite:///{workspace / 'mlflow.db'}")


def model(workspace, *arguments):
    return CliRunner().invoke(model_app, [*arguments, "-w", str(workspace)])


def test_an_evaluation_is_a_run_with_versions_figures_and_every_case(workspace, first):
    """R78, R79, R80: per version of prompt, model and policy, with intervals."""
    logged = client_of(workspace).get_run(first["mlflow_run"])

    assert logged.data.params["model"] == "embedded"
    assert {"prompt", "policy", "playbooks", "reader", "data_version"} <= logged.data.params.keys()
    assert logged.data.metrics["adherence"] == first["figures"]["adherence"]["value"] > 0.9
    assert logged.data.metrics["adherence.low"] < logged.data.metrics["adherence"]
    kept = workspace / "mlartifacts/agent" / first["mlflow_run"] / "artifacts"
    assert {path.name for path in kept.iterdir()} >= {
        "cases.jsonl",
        "cases.csv",
        "confusion.csv",
        "evaluation.html",
        "rules.yaml",
    }
    assert {case.kind for case in read_cases(kept / "cases.jsonl")} == {"turn", "text", "draft"}
    assert first["cases"] == len(read_cases(kept / "cases.jsonl"))
    assert not list((workspace / "evaluations").iterdir()), "nothing is left of a finished run"


def test_the_same_version_is_measured_once_unless_anew_is_asked_for(workspace, first, evaluate):
    again, anew = evaluate(workspace), evaluate(workspace, "--fresh")

    assert (again["version"], again["is_new"]) == (first["version"], False)
    assert anew["version"] > first["version"]


def test_a_dry_run_asks_nobody_and_writes_nothing(tmp_path, evaluate):
    with serve() as stand_in:
        plan = evaluate(tmp_path, "--dry-run", "--model", stand_in.url)
        assert not stand_in.asked

    assert plan["cases"] == {"scenario": 5, "text": 5, "draft": 5}
    assert plan["parts"]["model"] == "stand-in"
    assert not list(tmp_path.iterdir())


def test_a_stricter_policy_is_another_version_and_its_effect_is_seen(workspace, first, evaluate):
    strict = evaluate(workspace, "--policy", "approval.free_actions=[hand_off]", "--against", "1")

    assert strict["parts"]["policy"] != first["parts"]["policy"]
    before, after = (one["figures"]["by_itself"]["value"] for one in (first, strict))
    assert after < before
    assert strict["against"] == 1
    assert strict["judgement"]


def test_promotion_is_refused_in_one_sentence_with_the_reasons(
    workspace, first, evaluate, tmp_path
):
    """A language model that invents prices, though the rules stop all of it."""
    crowned = model(workspace, "promote", "agent", "--version", "1", "--who", "A", "--why", "first")
    assert crowned.exit_code == 0, crowned.output
    with serve("invents_prices") as stand_in:
        page = tmp_path / "page.html"
        worse = evaluate(workspace, "--model", stand_in.url, "--html", str(page))
        assert stand_in.asked

    assert worse["judgement"]["may_be_promoted"] is False
    assert worse["figures"]["nothing_false_out"]["value"] == 1.0
    refused = model(
        workspace,
        "promote",
        "agent",
        "--version",
        str(worse["version"]),
        "--who",
        "A",
        "--why",
        "x",
    )
    said = str(refused.exception)
    assert isinstance(refused.exception, PipelineError)
    assert "may not become champion by rule" in said
    assert "cost:" in said
    assert "\n" not in said
    assert "may not become champion" in page.read_text("utf-8")
    assert "<script" not in page.read_text("utf-8")
    (prompt,) = client_of(workspace).search_prompt_versions("answer")
    assert prompt.template == (FOLDER / "answer.md").read_text("utf-8")


def test_an_interrupted_run_goes_on_where_it_ended(tmp_path):
    settings = load_settings(tmp_path)
    setup = open_setup(Chosen(model="embedded"), settings)
    units = units_of(Sources(sample=3), settings)
    whole = run(setup, units, folder=tmp_path)
    path = partial_file(tmp_path, setup, units)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:4]) + lines[4][:40], encoding="utf-8")
    told = []

    again = run(setup, units, folder=tmp_path, advance=told.append)

    assert told[0] == 4, "what was finished is not done again, and a cut line counts for nothing"
    assert [case.id for case in again] == [case.id for case in whole]
    assert len(finished_in(path)) == len(units)
    done_before = [case for line in lines[:4] for case in json.loads(line)["cases"]]
    assert [c.latency_ms for c in again[: len(done_before)]] == [
        c["latency_ms"] for c in done_before
    ]


def test_a_model_that_answers_nonsense_is_measured_to_the_end(tmp_path):
    """It is there; only a server that is away ends the run, and its cases are kept."""
    settings = load_settings(tmp_path)
    with serve("broken_json") as stand_in:
        setup = open_setup(Chosen(model=stand_in.url), settings)
        units = units_of(Sources(sample=30), settings)
        cases = run(setup, units, folder=tmp_path)
        stand_in.stop()
        (tmp_path / "away").mkdir()
        with pytest.raises(PipelineError, match="is unreachable; "):
            run(setup, units, folder=tmp_path / "away")
    failures = {case.failure for case in cases if case.asked}
    assert failures == {"broken_json"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--against", "best"), "give champion or the number"),
        (("--against", "99"), "there is no version 99"),
        (("--prompt", "no/such.md"), "option --prompt: no/such.md does not exist"),
        (("--texts", "no/such"), "option --texts: no/such is no folder"),
        (("--model", "qwen"), "PARLEY_LLM_URL names no server"),
        (("--model", "http://127.0.0.1:9/v1"), "does not say which model it serves"),
    ],
)
def test_a_mistake_is_one_sentence_that_says_what_to_do(workspace, first, options, said):
    done = CliRunner().invoke(app, ["-w", str(workspace), "--sample", "1", *options])

    assert said in str(done.exception)
    assert "\n" not in str(done.exception)
