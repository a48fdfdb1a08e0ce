"""Fit models in MLflow's registry: registered as challenger, judged by the rule, read back."""

from collections.abc import Mapping as Frames
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from agent_runtime.settings import Workspace
from experiments.champion import Judgement
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
from pipelines.fit.document import LATER, FitModel, read_document, write_document
from pipelines.fit.evaluation import Figure
from pipelines.fit.features import features_of
from pipelines.fit.rule import brier_difference, judge, load_rule
from pipelines.fit.spec import FitError
from pipelines.fit.training import Trained, measured
from pipelines.models.decisions import champion_of
from pipelines.models.kinds import FIT
from pipelines.models.registering import Registered, database_of

ABOUT = "How likely an account buys, learnt from this tenant's deals won and lost."


@dataclass(frozen=True, slots=True)
class Measured:
    """The later period of a model, and the model."""

    found: FitModel
    later: pl.DataFrame


def register(
    trained: Trained,
    tables: Frames[str, pl.DataFrame],
    workspace: Workspace,
    *,
    at: datetime,
    now: datetime,
) -> Registered:
    """Registers a model as challenger; the same history and spec are the version that stands.

    Args:
        trained: The model.
        tables: The canonical tables it was learnt from.
        workspace: Where MLflow keeps its file and the artifacts.
        at: The instant of the tables, as of which people are scored for later comparison.
        now: When it is registered.
    """
    database = database_of(workspace)
    if standing := known(FIT, trained.identity, database=database):
        return Registered(standing, is_new=False)
    tags = {
        "model": trained.spec.label,
        "tenant_id": trained.tenant_id,
        "data_version": trained.history.version,
        "code_version": version_of_code(),
    }
    places = {"database": database, "artifacts": workspace.root / "mlartifacts" / FIT, "now": now}
    with TemporaryDirectory() as folder:
        files = write_document(trained, tables, Path(folder), now=at)
        run = log_evaluation(FIT, {}, tags, files, kind="training", **places)
        measured_run = log_evaluation(
            FIT, _metrics(trained), {**tags, "training_run": run}, files[:1], **places
        )
    version = add_version(
        FIT,
        trained.identity,
        run,
        {**tags, "evaluation_run": measured_run},
        about=ABOUT,
        database=database,
    )
    if CHAMPION not in version.aliases:
        set_alias(FIT, CHALLENGER, version.version, database=database)
    return Registered(version, is_new=True)


def champion_model(workspace: Workspace, *, tenant_id: str) -> FitModel | None:
    """Returns the champion, read back; None where nobody was promoted.

    Raises:
        FitError: it was learnt from another tenant's history.
    """
    crowned = champion_of(workspace, FIT)
    return model_of(crowned, tenant_id=tenant_id) if crowned else None


def model_of(version: ModelVersion, *, tenant_id: str) -> FitModel:
    """Returns a registered version, read back."""
    return read_document(version.folder, f"{FIT} {version.version}", tenant_id=tenant_id)


def judged(
    challenger: ModelVersion,
    crowned: ModelVersion | None,
    tables: Frames[str, pl.DataFrame],
    *,
    tenant_id: str,
) -> Judgement:
    """Returns what the rule says of a version; the champion is asked of the same outcomes."""
    new = model_of(challenger, tenant_id=tenant_id)
    later = pl.read_parquet(challenger.folder / LATER)
    better_by = None
    if crowned is not None and crowned.version != challenger.version:
        old = model_of(crowned, tenant_id=tenant_id)
        better_by = _better_by(new, old, later, tables)
    return judge(measured(new.model, later), load_rule(), better_by=better_by)


def _better_by(
    new: FitModel, old: FitModel, later: pl.DataFrame, tables: Frames[str, pl.DataFrame]
) -> Figure:
    if old.split_at is not None and old.spec.outcome == new.spec.outcome:
        later = later.filter(pl.col("cutoff") >= pl.lit(old.split_at))
    if old.spec.outcome != new.spec.outcome or later.is_empty():
        raise FitError(
            f"{new.label} and {old.label} have no outcomes in common that neither has learnt; "
            "`parley fit train` on an export that goes further makes some."
        )
    seen_by_old = features_of(later, tables, old.spec, tenant_id=old.tenant_id)
    return brier_difference(
        old.model.probabilities(seen_by_old),
        new.model.probabilities(later),
        later["won"].cast(pl.Int8).to_numpy(),
        later.select(pl.coalesce("account_id", "unit_id")).to_series().to_numpy().astype(str),
    )


def _metrics(trained: Trained) -> dict[str, float]:
    found = trained.evaluation
    figures = {"brier": found.brier, "base_brier": found.base_brier, "gain": found.gain}
    figures["auc"] = found.auc
    ends = {
        f"{name}.{end}": getattr(f, end) for name, f in figures.items() for end in ("low", "high")
    }
    values = {name: figure.value for name, figure in figures.items()}
    more = {"said": found.said, "came_true": found.came_true, "z": found.z, "outcomes": found.n}
    return values | ends | {name: float(value) for name, value in more.items()}
