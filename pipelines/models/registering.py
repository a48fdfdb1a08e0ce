"""Trains a model, measures it on the frozen set, and registers it: one run each, one version."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from agent_runtime.settings import Workspace
from experiments.champion import Answer, Answers, calibration_error, macro_f1
from experiments.code_version import version_of_code
from experiments.model_registry import (
    CHALLENGER,
    CHAMPION,
    ModelVersion,
    add_version,
    known,
    set_alias,
)
from experiments.tracking import log_evaluation
from pipelines.models.kinds import Built, Kind, Reader

if TYPE_CHECKING:
    from agent_runtime.models.training import Example

_TIMED = 40
"""Texts on which two models are timed in turn."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A version, and whether it was made just now."""

    version: ModelVersion
    is_new: bool


def database_of(workspace: Workspace) -> Path:
    """Returns MLflow's file of a workspace."""
    return workspace.root / "mlflow.db"


def register(
    kind: Kind,
    workspace: Workspace,
    *,
    cache: Path,
    frozen: "Sequence[Example]",
    now: datetime,
    training: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Registered:
    """Registers a model; the same data and method are the version that stands, and no run.

    Args:
        kind: Which model.
        workspace: Where MLflow keeps its file and the artifacts.
        cache: Vectors and trained models.
        frozen: The labelled texts that every version is measured on.
        now: When.
        training: Folder of training texts; by default the shipped one.
        progress: Told what takes long.
    """
    database = database_of(workspace)
    progress(f"training {kind.name} …")
    built = kind.build(training, cache)
    identity = f"{built.identity}|{test_set_hash(frozen)}"
    if standing := known(kind.name, identity, database=database):
        return Registered(standing, is_new=False)
    progress(f"reading {len(frozen)} labelled texts …")
    answers = answers_of(built.read, frozen)
    training_run, evaluation_run = _log(kind, built, answers, workspace, now=now)
    version = add_version(
        kind.name,
        identity,
        training_run,
        {
            "model": built.identity,
            "data_version": built.data_version,
            "code_version": version_of_code(),
            "test_set": test_set_hash(frozen),
            "weights_sha256": _weights_hash(built),
            "evaluation_run": evaluation_run,
        },
        about=kind.about,
        database=database,
    )
    if CHAMPION not in version.aliases:
        set_alias(kind.name, CHALLENGER, version.version, database=database)
    return Registered(version, is_new=True)


def answers_of(read: Reader, frozen: "Sequence[Example]") -> dict[str, Answer]:
    """Returns what a model makes of each text, by an id that hangs on the text alone."""
    return {_id(example): read(example) for example in frozen}


def saved_answers(version: ModelVersion) -> Answers:
    """Returns what a registered version made of the frozen set."""
    rows = json.loads((version.folder / "answers.json").read_text(encoding="utf-8"))
    return {key: Answer(**row) for key, row in rows.items()}


def latency_ratio(
    kind: Kind, champion: ModelVersion, challenger: ModelVersion, frozen: "Sequence[Example]"
) -> float:
    """Returns the challenger's median time of a text by the champion's, measured in turn."""
    readers = [
        kind.reload(version.folder, {"identity": version.identity})
        for version in (champion, challenger)
    ]
    step = max(1, len(frozen) // _TIMED)
    times: tuple[list[float], list[float]] = ([], [])
    for number, example in enumerate(frozen[::step]):
        order = (0, 1) if number % 2 else (1, 0)
        for which in order:
            began = perf_counter()
            readers[which](example)
            times[which].append(perf_counter() - began)
    return median(times[1]) / median(times[0])


def test_set_hash(frozen: "Sequence[Example]") -> str:
    """Returns a hash of the frozen set: only versions of one set are compared."""
    from agent_runtime.models.training import training_hash

    return training_hash(tuple(frozen))


def _log(
    kind: Kind, built: Built, answers: dict[str, Answer], workspace: Workspace, *, now: datetime
) -> tuple[str, str]:
    """Logs the training with its weights, then the evaluation with its answers; returns both."""
    rows = list(answers.values())
    stops = [answer for answer in rows if answer.is_stop]
    metrics = {
        "macro_f1": macro_f1(rows),
        "accuracy": sum(a.said == a.truth for a in rows) / len(rows),
        "calibration_error": calibration_error(rows),
    }
    if stops:
        metrics["stop_recall"] = sum(a.heard_stop for a in stops) / len(stops)
    params = {
        "model": built.identity,
        "data_version": built.data_version,
        "code_version": version_of_code(),
        "weights_sha256": _weights_hash(built),
    }
    with TemporaryDirectory() as folder:
        kept = Path(folder, "answers.json")
        kept.write_text(json.dumps({k: asdict(a) for k, a in answers.items()}), encoding="utf-8")
        weights = [_copied(path, Path(folder, name)) for name, path in built.files.items()]
        places = {
            "database": database_of(workspace),
            "artifacts": workspace.root / "mlartifacts" / kind.name,
            "now": now,
        }
        trained = log_evaluation(kind.name, {}, params, [*weights, kept], kind="training", **places)
        measured = {**params, "training_run": trained, "texts": str(len(rows))}
        return trained, log_evaluation(kind.name, metrics, measured, [kept], **places)


def _copied(path: Path, to: Path) -> Path:
    to.write_bytes(path.read_bytes())
    return to


def _weights_hash(built: Built) -> str:
    digest = hashlib.sha256()
    for name in sorted(built.files):
        digest.update(built.files[name].read_bytes())
    return digest.hexdigest()


def _id(example: "Example") -> str:
    return hashlib.sha256(f"{example.language}\x1f{example.text}".encode()).hexdigest()[:16]
