"""What a source has deleted goes from its landed tables too, when its time has come.

A row that the source still has stays, since the table mirrors it: no later pull would bring it.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

GONE = "_gone_at"
"""Column of a landed table: since when its source no longer has the row."""
LOCK = ".lock"
"""File of a landed source that whoever writes its tables holds."""


def prune_landing(landing: Path, *, days: int, now: datetime, dry_run: bool = False) -> int:
    """Removes rows that their source deleted more than so many days ago; returns how many.

    Each table is replaced as a whole, and its other rows are as they were, so that no batch takes
    them for news. A source that is being pulled is left for the next run.

    Args:
        landing: Folder with one folder per source.
        days: How long a deleted row is kept.
        now: Ages count from here.
        dry_run: Only counts.
    """
    count = 0
    for home in sorted(path for path in landing.glob("*") if path.is_dir()):
        with _held(home) as is_ours:
            for path in sorted(home.glob("*.parquet")) if is_ours else ():
                count += _prune(path, now - timedelta(days=days), dry_run=dry_run)
    return count


def _prune(path: Path, before: datetime, *, dry_run: bool) -> int:
    import polars as pl

    if GONE not in pl.read_parquet_schema(path):
        return 0
    table = pl.scan_parquet(path)
    is_due = (pl.col(GONE) < before).fill_null(value=False)
    count = int(table.select(is_due.sum()).collect().item())
    if count and not dry_run:
        draft = path.with_suffix(".draft")
        table.filter(~is_due).collect().write_parquet(draft, compression="lz4")
        draft.replace(path)
    return count


@contextmanager
def _held(home: Path) -> Iterator[bool]:
    with (home / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
