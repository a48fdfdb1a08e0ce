"""A small export in the shape of the sandbox's, with one case per row; see `small_export/`."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

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
