"""Keeps what the data tests said, for the readouts that follow."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.settings import Workspace
from pipelines.lake import write_json
from pipelines.readouts.report import Check

if TYPE_CHECKING:
    from pipelines.warehouse import NodeRun


def save_checks(workspace: Workspace, runs: "Sequence[NodeRun]") -> None:
    """Writes what became of each data test of the warehouse."""
    write_json({"checks": [asdict(run) for run in runs]}, _path(workspace))


def load_checks(workspace: Workspace) -> tuple[Check, ...]:
    """Returns the outcome of the last data tests; none where they never ran."""
    path = _path(workspace)
    if not path.exists():
        return ()
    runs = json.loads(path.read_text(encoding="utf-8"))["checks"]
    return tuple(Check(**{name: run[name] for name in Check.model_fields}) for run in runs)


def _path(workspace: Workspace) -> Path:
    return workspace.metrics / "warehouse_checks.json"
