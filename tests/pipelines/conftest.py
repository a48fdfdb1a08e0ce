"""A small export in the shape of the sandbox's, with one case per row; see `small_export/`."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from agent_runtime.settings import Workspace
from pipelines import ingest
from pipelines.defs import segments
from pipelines.resources import WorkspaceResource

HERE = Path(__file__).parent


def write_export(folder: Path) -> Path:
    """Writes the small export into a folder of its own."""
    shutil.copytree(HERE / "small_export", folder)
    usage = pl.DataFrame(
        {
            "account_id": ["a4", "a4", "a4"],
            "day": [date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 5)],
            "metric": ["active_users"] * 3,
            "value": [12.0, None, 12.0],
        }
    )
    usage.write_parquet(folder / "usage_daily.parquet")
    return folder


@pytest.fixture
def small_export(tmp_path: Path) -> Path:
    """The folder of a small export, to be changed at will."""
    return write_export(tmp_path / "exports")


@pytest.fixture(scope="session")
def export_writer() -> Callable[[Path], Path]:
    """Writes the small export into a folder, for fixtures that outlive a test."""
    return write_export


@pytest.fixture(scope="session")
def now() -> datetime:
    """Day 0 of the campaigns."""
    return datetime(2026, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def nightly_read(now) -> Callable[[Workspace], None]:
    """Reads the export of a workspace, up to the facts of contacts; nobody is queued."""

    def read(paths: Workspace) -> None:
        ingest.run_ingest(paths.exports, "sandbox", paths, now=now, has_checks=False)
        workspace = WorkspaceResource(
            root=str(paths.root), tenant_id="northbeam", now=now.isoformat()
        )
        dg.materialize(
            [segments.contact_facts],
            resources={"workspace": workspace},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )

    return read
