"""One MLflow run per readout or evaluation, in a file of the workspace."""

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from experiments.empty_tracking import put_empty_database
from experiments.readout import Readout

if TYPE_CHECKING:
    from mlflow import MlflowClient

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a readout stands on."""

    data_version: str
    code_version: str
    now: datetime
    playbook_hash: str = ""
    """Of every text and playbook that the agent spoke from; empty where none was asked for."""


def start_readout(
    readout: Readout,
    values: Mapping[str, float | None],
    provenance: Provenance,
    *,
    database: Path,
    artifacts: Path,
) -> str:
    """Opens an MLflow run for a readout and returns its id; `finish_readout` closes it.

    Args:
        readout: What the analysis says. Effects are logged as `<metric>.<arm>.effect` and so on.
        values: Metrics by their names in the semantic layer; what is null is left out.
        provenance: Versions of data and code, and the time of the run.
        database: SQLite file, made where there is none.
        artifacts: Folder of the artifacts.
    """
    from mlflow.entities import Metric, Param, RunTag

    stamp = int(provenance.now.timestamp() * 1000)
    params = {
        "spec_id": readout.spec_id,
        "spec_version": readout.version,
        "spec_hash": readout.spec_hash,
        "data_version": provenance.data_version,
        "code_version": provenance.code_version,
        "playbook_hash": provenance.playbook_hash or "not known",
    }
    logged = {**values, **dict(_estimates(readout))}
    with open_client(database) as client:
        run = client.create_run(
            _experiment(client, readout.spec_id, artifacts),
            start_time=stamp,
            run_name=f"{readout.spec_id}@{readout.version} {provenance.now:%Y-%m-%d}",
        )
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(k, v, stamp, 0) for k, v in logged.items() if v is not None],
            params=[Param(name, str(value)) for name, value in params.items()],
            tags=[
                RunTag("verdict", readout.verdict),
                RunTag("kind", "readout"),
                RunTag("spec_hash", readout.spec_hash),
                RunTag("deviations", _said(readout.deviations)),
            ],
        )
    return run.info.run_id


def finish_readout(run_id: str, files: Iterable[Path], *, database: Path, now: datetime) -> None:
    """Attaches the files of a readout to its run and closes it."""
    with open_client(database) as client:
        for path in files:
            client.log_artifact(run_id, str(path))
        client.set_terminated(run_id, end_time=int(now.timestamp() * 1000))


def log_evaluation(
    name: str,
    metrics: Mapping[str, float],
    params: Mapping[str, str],
    files: Iterable[Path],
    *,
    database: Path,
    artifacts: Path,
    now: datetime,
    kind: Literal["evaluation", "training"] = "evaluation",
) -> str:
    """Logs figures of a model with their files as one MLflow run and returns its id.

    Args:
        name: The experiment that runs of this kind share.
        metrics: Figures by name.
        params: What the figures belong to: versions of the model, the data and the code.
        files: Kept with the run.
        database: SQLite file, made where there is none.
        artifacts: Folder of the artifacts.
        now: When the run was made.
        kind: Whether a model was made in it, or measured.
    """
    from mlflow.entities import Metric, Param, RunTag

    stamp = int(now.timestamp() * 1000)
    with open_client(database) as client:
        run = client.create_run(
            _experiment(client, name, artifacts),
            start_time=stamp,
            run_name=f"{name} {now:%Y-%m-%d %H:%M}",
        )
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(key, value, stamp, 0) for key, value in metrics.items()],
            params=[Param(key, value) for key, value in params.items()],
            tags=[RunTag("kind", kind)],
        )
    finish_readout(run.info.run_id, files, database=database, now=now)
    return run.info.run_id


def _said(deviations: tuple[str, ...] | None) -> str:
    if deviations is None:
        return "not checked against a registry"
    return "; ".join(deviations) or "none"


def _estimates(readout: Readout) -> Iterable[tuple[str, float | None]]:
    for row in readout.metrics:
        for name in ("mean_arm", "mean_control", "effect", "ci_low", "ci_high", "p_value"):
            yield f"{row.metric}.{row.arm}.{name}", getattr(row, name)
    yield "srm.p_value", readout.srm.p_value


def _experiment(client: "MlflowClient", name: str, artifacts: Path) -> str:
    """Without a location of its own MLflow puts artifacts into the working directory."""
    known = client.get_experiment_by_name(name)
    if known is not None:
        return known.experiment_id
    return client.create_experiment(name, artifact_location=artifacts.resolve().as_uri())


@contextmanager
def open_client(database: Path) -> "Iterator[MlflowClient]":
    """Yields MLflow's client without its complaints about the libraries that it uses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield _open(database.resolve())


@lru_cache(maxsize=4)
def _open(database: Path) -> "MlflowClient":
    """The first client of a database makes its tables where `put_empty_database` has not."""
    from mlflow import MlflowClient

    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    database.parent.mkdir(parents=True, exist_ok=True)
    put_empty_database(database)
    return MlflowClient(tracking_uri=f"sqlite:///{database}")
