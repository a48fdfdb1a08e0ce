"""Reads an export into a workspace of its own, as a batch would, and sends nothing."""

import sys
from collections.abc import Sequence
from pathlib import Path

from agent_runtime.settings import Settings
from pipelines.errors import PipelineError
from pipelines.ingest import run_batch, run_ingest
from pipelines.readouts.checks import save_checks
from pipelines.warehouse import build_warehouse, check_warehouse


def try_batch(
    trial: Settings,
    data: Path,
    mapping: str,
    campaign: str,
    segments: Sequence[str],
) -> str:
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
            mapping=mapping,
            campaign=campaign,
            segment_files=segments,
            exports=data,
            tenant_id=trial.tenant_id,
            loads_store=False,
            has_checks=False,
        )
    except PipelineError as error:
        run_ingest(data, mapping, paths, tenant_id=trial.tenant_id, has_checks=False)
        return f"the campaign cannot be planned on this export: {error}"
    _say("building and testing the warehouse …")
    build_warehouse(paths)
    save_checks(paths, check_warehouse(paths))
    return ""


def _say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{text}\n")
