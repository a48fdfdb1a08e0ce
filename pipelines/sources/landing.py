"""Runs a dlt source into the landing tables of a workspace, each pull whole or not at all.

`<landing>/<source>/<table>.parquet` holds one row per key with two columns on top: `_landed_at`
and `_gone_at`. Beside the tables `_state` keeps the contract and dlt's cursors. A pull works in
`_pull` and is put in place by one rename, so a killed pull leaves nothing behind.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from agent_runtime.erasures import FILE as ERASURES
from agent_runtime.store.landed_rows import LOCK
from pipelines.errors import PipelineError
from pipelines.lake import write, write_json
from pipelines.sources.contract import (
    Contract,
    Drift,
    TableContract,
    read_contract,
    write_contract,
)
from pipelines.sources.dlt_run import Pull, Pulled, TableHints, run_dlt
from pipelines.sources.drifts import agree, drifts_of, vanished_rows
from pipelines.sources.erased import Erased
from pipelines.sources.guard import SEQUENCE
from pipelines.sources.merging import GONE, Merged, fold, merge

if TYPE_CHECKING:
    from dlt.extract import DltResource, DltSource

STATE, PULL, READY = "_state", "_pull", "_ready"

SPARSE_ROWS = 100
"""Rows that must lack a column before it has vanished, where rows leave empty columns out."""

MASS_ROWS = 20
"""Tables with fewer rows may lose more than half of them without anybody being asked."""


@dataclass(frozen=True, slots=True)
class LandedTable:
    """What a pull did to one table."""

    name: str
    path: Path
    rows: int
    """Rows that the source still has."""
    new: int = 0
    changed: int = 0
    gone: int = 0
    refused: int = 0
    """Rows of the pull without a key."""
    cursor: str = ""
    """How far the source has been read; empty where it is read as a whole."""


@dataclass(frozen=True, slots=True)
class Landed:
    """What a pull of a source did."""

    source: str
    at: datetime
    tables: tuple[LandedTable, ...]
    drift: tuple[Drift, ...]
    """What is open, whether this pull showed it or an earlier one."""


def land(
    source: "DltSource | DltResource",
    folder: Path,
    name: str,
    *,
    now: datetime,
    is_full: bool = False,
    sparse: Collection[str] = (),
) -> Landed:
    """Pulls a source into its landing tables.

    Each resource of the source is one table. With a primary key it is merged: what a pull does
    not bring stays, unless the write disposition is `replace`, which makes each pull a full one.
    A row whose `hard_delete` column is true is marked as gone. Nested values land as JSON.

    Args:
        source: Any dlt source or resource.
        folder: Landing folder of the lake.
        name: Name of the source; its tables lie in the folder of that name.
        now: Instant of the pull.
        is_full: Read everything again, from no cursor; what is not there any more is gone.
        sparse: Tables whose rows leave empty columns out, as JSON feeds do; there only many rows
            without a column mean that it has vanished.

    Raises:
        PipelineError: the source could not be read, or another pull of it is running.
    """
    home = folder / name
    with alone(home):
        recover(home)
        contract = read_contract(home / STATE / "contract.json", name)
        due = {t for t, agreed in contract.tables.items() if agreed.is_due}
        scratch = home / PULL
        try:
            pulled = run_dlt(source, contract, Pull(home, scratch, name, is_full, due))
            landed = _land_all(pulled, contract, scratch / "ready", now, sparse=sparse)
            os.replace(scratch / "cursors.json", scratch / "ready" / STATE / "cursors.json")
            write_contract(contract, scratch / "ready" / STATE / "contract.json")
            receipt = {"at": now, "rows": _counts(home, landed)}
            write_json(receipt, scratch / "ready" / STATE / "landed.json")
            os.replace(scratch / "ready", home / READY)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        recover(home)
    return Landed(name, now, landed, tuple(contract.drifts))


def accept(folder: Path, name: str, table: str, column: str) -> tuple[Drift, ...]:
    """Takes a drift into the contract of a source; the next pull takes the whole table.

    Raises:
        PipelineError: nothing has drifted there, or a pull is running.
    """
    home = folder / name
    with alone(home):
        recover(home)
        path = home / STATE / "contract.json"
        contract = read_contract(path, name)
        taken = contract.accept(table, column)
        write_contract(contract, path)
    return taken


def open_drifts(folder: Path, name: str) -> tuple[Drift, ...]:
    """Returns what of a source has drifted and was not accepted."""
    return tuple(read_contract(folder / name / STATE / "contract.json", name).drifts)


def last_landed(folder: Path, name: str) -> tuple[datetime | None, dict[str, int]]:
    """Returns when a source was last pulled and how many rows each table had; None if never."""
    path = folder / name / STATE / "landed.json"
    if not path.is_file():
        return None, {}
    said = json.loads(path.read_text(encoding="utf-8"))
    return datetime.fromisoformat(said["at"]), said["rows"]


def landed_path(folder: Path, name: str, table: str) -> Path:
    """Returns where a landed table lies."""
    return folder / name / f"{table}.parquet"


def read_landed(folder: Path, name: str, table: str) -> pl.DataFrame:
    """Returns the rows of a landed table that the source still has.

    Raises:
        PipelineError: it has not been pulled yet.
    """
    path = landed_path(folder, name, table)
    if not path.is_file():
        raise PipelineError(f"{name}.{table}: it has not been pulled yet; run a pull first.")
    return pl.read_parquet(path).filter(pl.col(GONE).is_null())


def recover(home: Path) -> None:
    """Ends what a killed pull began: puts a ready one in place, and drops any other."""
    ready = home / READY
    if ready.is_dir():
        for path in sorted(ready.glob("*.parquet")):
            os.replace(path, home / path.name)
        if (ready / STATE).is_dir():
            shutil.rmtree(home / STATE, ignore_errors=True)
            os.replace(ready / STATE, home / STATE)
        ready.rmdir()
    shutil.rmtree(home / PULL, ignore_errors=True)


def _counts(home: Path, landed: Sequence[LandedTable]) -> dict[str, int]:
    """Rows by table, those that this pull left alone included."""
    return last_landed(home.parent, home.name)[1] | {one.name: one.rows for one in landed}


def _land_all(
    pulled: Pulled, contract: Contract, ready: Path, now: datetime, *, sparse: Collection[str]
) -> tuple[LandedTable, ...]:
    (ready / STATE).mkdir(parents=True)
    landed: list[LandedTable] = []
    seen: list[Drift] = []
    for table, hints in pulled.tables.items():
        guard = pulled.guards[table]
        fewest = SPARSE_ROWS if table in sparse else 1
        drifts = drifts_of(contract, table, guard, fewest=fewest, now=now)
        agreed = agree(contract, table, hints, guard)
        if agreed is None:
            continue
        one, lost = _land_table(pulled, table, agreed, drifts, ready, now)
        seen += drifts
        if lost:
            seen.append(vanished_rows(contract.source, table, lost, one.rows, now))
        elif table in pulled.full:
            agreed.is_due = agreed.may_shrink = False
        landed.append(one)
    contract.note(seen, pulled.full)
    return tuple(landed)


def _land_table(
    pulled: Pulled,
    table: str,
    agreed: TableContract,
    drifts: Sequence[Drift],
    ready: Path,
    now: datetime,
) -> tuple[LandedTable, int]:
    """Merges one table; the number is how many rows it would have lost, had they not been kept."""
    guard, hints, path = (
        pulled.guards[table],
        pulled.tables[table],
        pulled.home / f"{table}.parquet",
    )
    old = pl.read_parquet(path) if path.is_file() else None
    rows = _without_erased(_rows(pulled.files(table), agreed, hints), pulled, table, agreed)
    vanished = {d.column for d in drifts if d.kind == "vanished_column"}
    into = partial(
        merge,
        old,
        rows,
        key=agreed.key,
        columns=agreed.columns,
        now=now,
        keep=vanished | set(guard.unread),
        deleted=hints.deleted,
    )
    is_whole = table in pulled.full and not hints.adds_only
    merged, lost = into(is_full=is_whole), 0
    if not agreed.may_shrink and _is_mass(old, merged):
        merged, lost = into(is_full=False), merged.gone
    if old is None or merged.is_touched or old.schema != merged.table.schema:
        write(merged.table, ready / path.name)
    return LandedTable(
        table,
        path,
        rows=merged.table.get_column(GONE).null_count(),
        new=merged.new,
        changed=merged.changed,
        gone=merged.gone,
        refused=guard.keyless,
        cursor=pulled.cursors.get(table, ""),
    ), lost


def _rows(files: Sequence[Path], agreed: TableContract, hints: TableHints) -> pl.DataFrame:
    extra = [SEQUENCE, hints.deleted]
    empty = pl.DataFrame(schema={SEQUENCE: pl.Int64()})
    frames = [empty, *(pl.read_parquet(file) for file in files)]
    return pl.concat([fold(f, agreed.columns, extra) for f in frames], how="diagonal_relaxed")


def _without_erased(
    rows: pl.DataFrame, pulled: Pulled, table: str, agreed: TableContract
) -> pl.DataFrame:
    """The rows of a pull without those who were erased, whom a source may bring again."""
    erased = Erased.of(pulled.home.parent.parent / ERASURES)
    place = f"{pulled.home.name}.{table}"
    return erased.clear(rows, table, key=agreed.key, place=place).frame


def _is_mass(old: pl.DataFrame | None, merged: Merged) -> bool:
    there = 0 if old is None else old.get_column(GONE).null_count()
    return there >= MASS_ROWS and merged.gone * 2 > there


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Lets one process at a time write the tables of a source.

    Raises:
        PipelineError: another one does.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PipelineError(f"{home.name}: another pull of this source is running.") from None
        yield
