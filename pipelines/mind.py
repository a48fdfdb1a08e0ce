"""`parley mind`: how well messages are read, printed and kept in the workspace's MLflow store."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.settings import Workspace, load_settings

if TYPE_CHECKING:
    from agent_runtime.models.embedded import EmbeddedModel
    from agent_runtime.models.evaluation import Reading
    from agent_runtime.models.training import Example

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

TEST_SET = Path("tests/agent_runtime/models/intents")
EXPERIMENT = "intents"
_LETTER_RUNS = 2048
"""Different runs of three letters that are told apart without sentence vectors."""

_TRACKED = (
    "accuracy",
    "macro_f1",
    "micro_f1",
    "calibration_error",
    "coverage",
    "accepted_accuracy",
)


@app.callback()
def _mind() -> None:
    """How well messages are read."""


@app.command()
def evaluate(
    *,
    labelled: Annotated[
        Path, typer.Option(help="Folder of labelled texts, in the form of the training set.")
    ] = TEST_SET,
    without_vectors: Annotated[
        bool, typer.Option(help="Read by runs of letters instead of sentence vectors.")
    ] = False,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="Where the run is logged.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Read labelled texts as the agent reads its mail, and say how often that is right.

    Prints accuracy, macro-F1, calibration error, the abstention curve and the F1 of each intent,
    and logs them with a figure as a run of the experiment `intents`.

    Example: [bold]parley mind evaluate --json[/bold]
    """
    from agent_runtime.models.training import read_training, training_hash
    from experiments.code_version import version_of_code

    settings = load_settings(workspace)
    examples = read_training(labelled)
    model = _model(settings.cache, without_vectors=without_vectors)
    reading = measure(examples, model)
    params = {
        "model": model.version,
        "test_set": training_hash(examples),
        "texts": str(reading.n),
        "abstain_below": str(model.abstain_below),
        "data_version": training_hash(examples),
        "code_version": version_of_code(),
    }
    run_id = log_reading(reading, params, settings.paths, now=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps({**params, **asdict(reading), "mlflow_run": run_id}))
    else:
        typer.echo("\n".join([*_lines(reading, model.abstain_below), f"MLflow run {run_id}"]))


def measure(examples: "tuple[Example, ...]", model: "EmbeddedModel") -> "Reading":
    """Returns figures of the whole of perception, rules and model, on labelled texts."""
    from agent_runtime.lone_text import perceive_text
    from agent_runtime.models.evaluation import evaluate as figures

    return figures(examples, [perceive_text(example.text, model) for example in examples])


def log_reading(
    reading: "Reading", params: dict[str, str], workspace: Workspace, *, now: datetime
) -> str:
    """Logs figures and their picture in the workspace's MLflow store; returns the run's id."""
    from experiments.tracking import log_evaluation

    values = asdict(reading)
    metrics = {name: values[name] for name in _TRACKED}
    metrics |= {f"f1.{name}": value for name, value in reading.f1.items()}
    with TemporaryDirectory() as folder:
        figures, picture = Path(folder, "reading.json"), Path(folder, "reading.html")
        figures.write_text(json.dumps(values, indent=2), encoding="utf-8")
        _picture(reading).write_html(picture, include_plotlyjs=True)
        return log_evaluation(
            EXPERIMENT,
            metrics,
            params,
            [figures, picture],
            database=workspace.root / "mlflow.db",
            artifacts=workspace.root / "mlartifacts" / EXPERIMENT,
            now=now,
        )


def _model(cache: Path, *, without_vectors: bool) -> "EmbeddedModel":
    from agent_runtime.models.embedded import (
        EmbeddedModel,
        learn_to_stop,
        load_embedded_model,
        train,
    )
    from agent_runtime.models.embedding import HashingEmbedder
    from agent_runtime.models.training import read_stop_wishes, read_training, training_hash

    if not without_vectors:
        return load_embedded_model(cache=cache)
    letters, examples = HashingEmbedder(dimensions=_LETTER_RUNS), read_training()
    version = f"{letters.version}-{_LETTER_RUNS}-{training_hash(examples)}"
    intents = train(examples, letters)
    stop = learn_to_stop(examples, *read_stop_wishes(), intents, letters)
    return EmbeddedModel(letters, intents, stop, version=version)


def _picture(reading: "Reading") -> Any:
    """Abstention: accuracy by coverage. Reliability: how often right by how sure."""
    from plotly.graph_objects import Bar, Scatter
    from plotly.subplots import make_subplots

    plot = make_subplots(1, 2, subplot_titles=("Abstention", "Reliability"))
    curve = Scatter(
        x=[point.coverage for point in reading.curve],
        y=[point.accuracy for point in reading.curve],
        text=[f"from {point.confidence:.0%}" for point in reading.curve],
        mode="lines+markers",
        name="accuracy of accepted readings",
    )
    bars = Bar(
        x=[b.confidence for b in reading.bins],
        y=[b.accuracy for b in reading.bins],
        text=[f"{b.share:.0%} of texts" for b in reading.bins],
        width=0.06,
        name="share that is right",
    )
    ideal = Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot"}, name="honest")
    plot.add_trace(curve, 1, 1).add_trace(bars, 1, 2).add_trace(ideal, 1, 2)
    plot.update_xaxes(title_text="coverage", row=1, col=1)
    plot.update_xaxes(title_text="confidence", row=1, col=2)
    return plot.update_layout(title=f"Primary intent of {reading.n} texts", template="simple_white")


def _lines(reading: "Reading", abstain_below: float) -> Iterator[str]:
    yield (
        f"{reading.n} texts: macro-F1 {reading.macro_f1:.3f}, accuracy {reading.accuracy:.3f}, "
        f"calibration error {reading.calibration_error:.3f}, all intents F1 {reading.micro_f1:.3f}"
    )
    yield (
        f"abstains below {abstain_below:.2f}: reads {reading.coverage:.1%}, "
        f"of these {reading.accepted_accuracy:.1%} right"
    )
    yield "\nfrom confidence   reads   right"
    for point in reading.curve:
        yield f"{point.confidence:15.2f}  {point.coverage:6.1%}  {point.accuracy:6.1%}"
    yield "\nF1 by intent"
    for name, value in sorted(reading.f1.items(), key=lambda entry: entry[1]):
        yield f"  {name:<24}{value:.2f}"
