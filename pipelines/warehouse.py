"""Builds and tests the warehouse of a workspace: dbt, in this process."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from agent_runtime.settings import Workspace
from pipelines.errors import PipelineError
from pipelines.loads import Load, forget_load, keep_load, plan_load
from pipelines.manifest import DBT_PROJECT, QUIET, ensure_manifest

NO_TESTS = "--exclude-resource-type=test"
NOT_BUILT = ("--exclude-resource-type=exposure", "--exclude-resource-type=saved_query")
"""dbt lists these among what it builds, as NO-OP."""
NO_UNIT_TESTS = "--exclude-resource-type=unit_test"
PASSED = frozenset({"success", "pass"})
HARMLESS = PASSED | {"warn", "skipped"}


@dataclass(frozen=True, slots=True)
class NodeRun:
    """What became of one model, seed or test."""

    unique_id: str
    name: str
    status: str
    """dbt's word: success, error, skipped; of a test: pass, fail, warn, error."""
    seconds: float
    failures: int
    """Rows that a test returned."""
    message: str

    @property
    def is_passed(self) -> bool:
        """Whether it is as it should be."""
        return self.status in PASSED


def build_warehouse(
    workspace: Workspace,
    *,
    tenant_id: str,
    window_days: int | None = None,
    holdout_arm: str | None = None,
    select: Sequence[str] = (),
    full_refresh: bool = False,
) -> tuple[NodeRun, ...]:
    """Builds the warehouse from the lake and returns what became of each model and seed.

    Where a warehouse stands already and only new trace files and assignments came, the models on
    the path of messages add what is new; the tables are the same as if all had been built anew.
    A run with `select` builds the selected models anew, and so does the next run for all.

    Args:
        workspace: The lake that is read, and the DuckDB file that is written.
        tenant_id: Whose rows are read; those of others are not there.
        window_days: Length of the window in which outcomes of a unit are measured, from its
            assignment; by default what the dbt project says.
        holdout_arm: The arm that the agent must not write to; by default the dbt project's.
        select: Unique ids or dbt selectors; everything by default.
        full_refresh: Builds everything anew, whatever stands there.

    Raises:
        PipelineError: A model cannot be built, or a trace file cannot be read.
    """
    variables = {
        "tenant_id": tenant_id,
        "measurement_window_days": window_days,
        "holdout_arm": holdout_arm,
    }
    load = plan_load(workspace, variables, full=full_refresh or bool(select))
    runs = run_load(workspace, load, variables, select=select)
    if not select:
        keep_load(workspace, load, variables)
    return runs


def run_load(
    workspace: Workspace,
    load: Load,
    variables: Mapping[str, Any],
    *,
    select: Sequence[str] = (),
) -> tuple[NodeRun, ...]:
    """Builds what a plan says and returns what became of each model and seed.

    Raises:
        PipelineError: A model cannot be built; the next run builds everything anew.
    """
    command = ["build", NO_TESTS, NO_UNIT_TESTS, *NOT_BUILT]
    command += ["--select", *select] if select else []
    command += [] if load.number else ["--full-refresh"]
    forget_load(workspace)
    runs = _invoke(workspace, command, {**variables, **load.variables})
    if broken := next((run for run in runs if run.status not in HARMLESS), None):
        raise PipelineError(f"dbt: {broken.name}: it cannot be built; {broken.message}")
    return runs


def check_warehouse(
    workspace: Workspace,
    *,
    holdout_arm: str | None = None,
    select: Sequence[str] = (),
    unit_tests: bool = False,
) -> tuple[NodeRun, ...]:
    """Returns what each data test says of a warehouse that was built; a failure is a value.

    Unit tests say something of the models and nothing of the data, so they run on request.
    """
    kept = [] if unit_tests else [NO_UNIT_TESTS]
    command = ["test", *kept, *(["--select", *select] if select else [])]
    return _invoke(workspace, command, {"holdout_arm": holdout_arm})


def _invoke(
    workspace: Workspace, command: Sequence[str], variables: Mapping[str, Any]
) -> tuple[NodeRun, ...]:
    root = workspace.root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    given = {name: value for name, value in variables.items() if value is not None}
    answer = dbtRunner(manifest=_manifest(ensure_manifest())).invoke(
        [
            *QUIET,
            "--no-write-json",
            *command,
            f"--project-dir={DBT_PROJECT}",
            f"--profiles-dir={DBT_PROJECT}",
            f"--target-path={root / 'dbt'}",
            f"--vars={json.dumps({'workspace': str(root), **given})}",
        ]
    )
    DuckDBConnectionManager.close_all_connections()
    if not isinstance(answer.result, RunExecutionResult):
        raise PipelineError(f"dbt: {answer.exception}")
    return tuple(
        NodeRun(
            unique_id=result.node.unique_id,
            name=result.node.name,
            status=str(result.status),
            seconds=result.execution_time,
            failures=result.failures or 0,
            message=" ".join((result.message or "").split()),
        )
        for result in answer.result.results
    )


def _manifest(path: Path) -> Manifest:
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _load(path: Path, _written_at: int) -> Manifest:
    manifest = Manifest.from_writable_manifest(WritableManifest.read_and_check_versions(str(path)))
    manifest.build_flat_graph()
    return manifest
