"""Every merge, split and no, by whom, when and why: written once, and taken back by another.

Each act is one Parquet file with the next number; a file that is there is never opened for writing.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Literal

import polars as pl

from pipelines.errors import PipelineError
from pipelines.schemas import INSTANT, TEXT

Kind = Literal["merge", "split", "apart", "reopen"]
"""merge: two persons are one; split: they were merged and are not one; apart: they were asked about
and are not one; reopen: that no is taken back, and they may be asked about again."""

DECISIONS = pl.Schema(
    {
        "decision_id": TEXT,
        "tenant_id": TEXT,
        "kind": TEXT,
        "person_id": TEXT,
        "other_person_id": TEXT,
        "left_id": TEXT,
        "right_id": TEXT,
        "probability": pl.Float64(),
        "reasons": TEXT,
        "decided_by": TEXT,
        "decided_at": INSTANT,
        "model": TEXT,
        "undoes": TEXT,
    }
)
"""One row per decision about two persons, as exact keys tell them apart; `left_id` and `right_id`
are the contacts that were compared, `undoes` the decision that is taken back."""

MATCHER = "match"
"""Who decided where no colleague was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One row of `DECISIONS`, before it has a number."""

    tenant_id: str
    kind: Kind
    person_id: str
    other_person_id: str
    left_id: str
    right_id: str
    reasons: str
    decided_by: str
    decided_at: datetime
    probability: float | None = None
    model: str = ""
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the decisions add up to."""

    links: tuple[tuple[str, str], ...]
    """Pairs of persons who are one."""
    apart: frozenset[frozenset[str]]
    """Pairs of persons who are not, whatever the match says."""


def read(folder: Path) -> pl.DataFrame:
    """Returns all decisions in their order.

    Raises:
        PipelineError: a file in the middle is gone.
    """
    found = files(folder)
    for number, path in enumerate(found, start=1):
        if path.name != _name(number):
            raise PipelineError(
                f"{folder}: {_name(number)} is not there, but {path.name} is; decisions are never "
                "removed. Restore the file."
            )
    frames = [pl.read_parquet(path) for path in found]
    return pl.concat([pl.DataFrame(schema=DECISIONS), *frames])


def append(folder: Path, decisions: Sequence[Decision]) -> list[str]:
    """Writes decisions as one act, and returns their ids."""
    if not decisions:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    with _only_writer(folder):
        number = len(files(folder)) + 1
        ids = [f"d{number}" if n == 0 else f"d{number}.{n}" for n in range(len(decisions))]
        rows = [{"decision_id": i} | asdict(d) for i, d in zip(ids, decisions, strict=True)]
        draft = folder / f".{_name(number)}"
        pl.DataFrame(rows, schema=DECISIONS).write_parquet(draft)
        # Unlike a rename, a link fails where the name is taken.
        os.link(draft, folder / _name(number))
        draft.unlink()
    return ids


def standing(decisions: pl.DataFrame) -> Standing:
    """Returns what stands after all decisions; the later of two about one pair holds."""
    links: dict[frozenset[str], tuple[str, str]] = {}
    apart: set[frozenset[str]] = set()
    columns = ("kind", "person_id", "other_person_id")
    for kind, one, other in decisions.select(columns).iter_rows():
        pair = frozenset((one, other))
        if kind == "merge":
            links[pair] = (one, other)
        else:
            links.pop(pair, None)
        if kind in ("split", "apart"):
            apart.add(pair)
        else:
            apart.discard(pair)
    return Standing(tuple(links.values()), frozenset(apart))


def files(folder: Path) -> list[Path]:
    """Returns the files of all acts in their order."""
    return sorted(folder.glob("[0-9]*.parquet"))


def _name(number: int) -> str:
    return f"{number:08}.parquet"


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("a") as lock:
        flock(lock, LOCK_EX)
        yield
