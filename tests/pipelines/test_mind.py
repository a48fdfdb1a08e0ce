import json

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from agent_runtime.domain import Guess
from agent_runtime.models.training import Example
from pipelines.mind import app, measure


class Parrot:
    """Reads every text as the word that it consists of."""

    version, abstain_below = "parrot", 0.5

    def understand(self, text, language):
        return (Guess(text, 0.9),)


@pytest.fixture
def labelled(tmp_path):
    folder = tmp_path / "labelled"
    folder.mkdir()
    (folder / "x.yaml").write_text("intents:\n  angry: {en: angry}\n  not_now: {en: angry}\n")
    return folder


def test_figures_are_printed_and_logged(labelled, tmp_path, monkeypatch):
    """R78, R243: the run holds the figures and a picture of the abstention curve."""
    monkeypatch.setattr("pipelines.mind._model", lambda *_, **__: Parrot())
    arguments = ["evaluate", "--labelled", str(labelled), "-w", str(tmp_path / "ws"), "--json"]
    done = json.loads(CliRunner().invoke(app, arguments).stdout)
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'ws' / 'mlflow.db'}")
    run = client.get_run(done["mlflow_run"])

    assert done["accuracy"] == run.data.metrics["accuracy"] == 0.5
    assert run.data.metrics["f1.not_now"] == 0.0
    assert run.data.params["model"] == "parrot"
    assert {"data_version", "code_version"} <= run.data.params.keys()
    assert run.info.status == "FINISHED"
    names = {artifact.path for artifact in client.list_artifacts(run.info.run_id)}
    assert names == {"reading.html", "reading.json"}


def test_without_json_it_is_text(labelled, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.mind._model", lambda *_, **__: Parrot())
    monkeypatch.setattr("pipelines.mind.log_reading", lambda *_, **__: "run-1")
    done = CliRunner().invoke(app, ["evaluate", "--labelled", str(labelled)])

    assert "2 texts: macro-F1 0.333" in done.stdout
    assert "MLflow run run-1" in done.stdout


def test_rules_are_measured_with_the_model():
    """R41: perception as a whole, so a rule may overrule the model."""
    reading = measure((Example("Please unsubscribe me", "unsubscribe", "en"),), Parrot())

    assert reading.accuracy == 1.0
