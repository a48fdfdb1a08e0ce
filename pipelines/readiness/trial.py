"""Reads an export into a workspace of its own, as a batch would, and sends nothing."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from agent_runtime.settings import Settings, Workspace
from pipelines.errors import PipelineError
from pipelines.ingest import run_batch, run_ingest
from pipelines.readouts.checks import save_checks


@dataclass(frozen=True, slots=True)
class Batch:
    """The authored files that an export is tried with, by name or path."""

    mapping: str
    campaign: str
    segments: Sequence[str] = ()
    """In place of those that the campaign names."""
    has_warehouse: bool = True
    """Whether the warehouse is built and tested too, which takes half a minute."""


def borrow(home: Workspace, trial: Workspace) -> None:
    """Shows a trial what is no part of an export: suppression lists, texts, documents, calendar."""
    for theirs, ours in (
        (home.store, trial.store),
        (home.library, trial.library),
        (home.knowledge, trial.knowledge),
        (home.calendar, trial.calendar),
    ):
        if theirs.exists():
            ours.symlink_to(theirs.resolve())


def try_batch(trial: Settings, data: Path, batch: Batch) -> str:
    """Brings an export as far as it comes: to the queue and the warehouse, or to its tables.

    Returns:
        Why nobody could be sorted into segments; empty where everybody was.

    Raises:
        PipelineError: the export cannot be read at all, or a file of it is not what it says.
    """
    paths = trial.paths
    _say(f"reading {data} …")
    try:
        run_batch(
            paths,
            mapping=batch.mapping,
            campaign=batch.campaign,
            segment_files=batch.segments,
            exports=data,
            tenant_id=trial.tenant_id,
            loads_store=False,
            has_checks=False,
        )
    except PipelineError as error:
        run_ingest(data, batch.mapping, paths, tenant_id=trial.tenant_id, has_checks=False)
        return f"the campaign cannot be planned on this export: {error}"
    if batch.has_warehouse:
        _say("building and testing the warehouse …")
        warehouse = import_module("pipelines.warehouse")
        warehouse.build_warehouse(paths, tenant_id=trial.tenant_id)
        save_checks(paths, warehouse.check_warehouse(paths))
    return ""


def _say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{text}\n")
