"""Publishes what changed since the period before, for dashboards and for people."""

from pathlib import Path

from agent_runtime.settings import Workspace
from experiments.movements.compared import what_changed
from experiments.movements.document import Changes
from pipelines.lake import write_json


def movements_path(workspace: Workspace) -> Path:
    """Returns where the comparison is kept."""
    return workspace.metrics / "movements.json"


def publish_movements(workspace: Workspace) -> Changes:
    """Compares the last two weeks of a run with the two before, and writes `movements.json`.

    Where nothing can be compared the file has no period, and `quiet` says why.
    """
    found = with_experiments(workspace, what_changed(workspace.warehouse))
    no_period = {"period"} if found.period is None else set()
    write_json(found.model_dump(mode="json", exclude=no_period), movements_path(workspace))
    return found


def with_experiments(workspace: Workspace, changes: Changes) -> Changes:
    """Returns the changes with the pages that can tell what the agent caused."""
    pages = sorted(path.name for path in workspace.root.glob("experiment_*.html"))
    return changes.model_copy(update={"experiments": tuple(pages)})
