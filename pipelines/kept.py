"""What a batch keeps for the next one, and whether it may still be used.

A table is made again only when something that it is made of has changed: a file, the code, a
mapping, a segment, the instant. A stamp beside the tables says what they were made of; it is taken
away before a table is written and put back afterwards, so that a crash in between makes all anew.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import phonenumbers
import polars as pl

from pipelines.documents import HERE
from pipelines.lake import Lake, write, write_json
from pipelines.tables import GRAINS

_CODE = (
    *("transforms/*.py", "sources/*.py", "schemas.py", "tables.py", "lake.py", "kept.py"),
    *("canonical_batch.py", "expectations.py", "suites.py"),
    *("identity/*.py", "identity/model.json", "identity/words.yaml"),
)


@lru_cache(maxsize=1)
def code() -> str:
    """Returns a hash of all code and libraries that decide what is in a table of the lake."""
    digest = hashlib.sha256(f"{pl.__version__}\0{phonenumbers.__version__}".encode())
    rules = HERE.parent / "agent_runtime" / "policies" / "contact_rules.py"
    for path in (*(p for pattern in _CODE for p in sorted(HERE.glob(pattern))), rules):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def version(path: Path) -> str:
    """Returns what changes whenever a file of the lake is written with something else in it."""
    if not path.is_file():
        return "absent"
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"


def versions(paths: Iterable[Path]) -> dict[str, str]:
    """Returns the versions of files by folder and name."""
    return {f"{path.parent.name}/{path.name}": version(path) for path in paths}


def canonical_versions(lake: Lake) -> dict[str, str]:
    """Returns the versions of the canonical tables."""
    return versions(lake.paths.canonical / f"{name}.parquet" for name in GRAINS)


def rows(path: Path) -> int:
    """Returns how many rows a table has."""
    return pl.scan_parquet(path).select(pl.len()).collect().item()


def content(path: Path) -> str:
    """Returns a hash of all bytes of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").hexdigest()


def is_current(lake: Lake, name: str, made_of: Mapping[str, object], made: Iterable[Path]) -> bool:
    """Whether tables stand as they were made, of what they would be made of now.

    Args:
        lake: Where the tables are.
        name: Name of the stamp.
        made_of: All that decides what is in the tables; as JSON can hold it.
        made: The files of the tables.
    """
    stamp = read_json(_stamp(lake, name))
    return stamp == _document(made_of, made)


@contextmanager
def stamped(
    lake: Lake, name: str, made_of: Mapping[str, object], made: Iterable[Path]
) -> Iterator[None]:
    """Writes down, after the block that makes the tables, what they are made of."""
    path = _stamp(lake, name)
    path.unlink(missing_ok=True)
    yield
    write_json(_document(made_of, made), path)


def known_rows(
    lake: Lake, made_of: Mapping[str, object], now: datetime | None
) -> dict[str, pl.DataFrame]:
    """Returns the values of rows that an earlier batch kept; none where they may differ now.

    An instant that has passed then has passed now. So they hold at the same instant or later, and
    where the export itself gives the instant nothing is refused for lying ahead.
    """
    stamp = read_json(_stamp(lake, "known_rows"))
    if stamp is None or stamp.get("made_of") != _plain(made_of):
        return {}
    then = stamp.get("now")
    if (then is None) != (now is None) or (now and then and datetime.fromisoformat(then) > now):
        return {}
    files = {name: _rows(lake) / f"{name}.parquet" for name in stamp["names"]}
    if not all(path.is_file() for path in files.values()):
        return {}
    return {name: pl.read_parquet(path) for name, path in files.items()}


def keep_rows(
    lake: Lake,
    rows: Mapping[str, pl.DataFrame],
    made_of: Mapping[str, object],
    now: datetime | None,
) -> None:
    """Keeps the values of rows for the next batch."""
    stamp, folder = _stamp(lake, "known_rows"), _rows(lake)
    stamp.unlink(missing_ok=True)
    for name, frame in rows.items():
        write(frame, folder / f"{name}.parquet")
    for path in folder.glob("*.parquet"):
        if path.stem not in rows:
            path.unlink()
    said = {"made_of": _plain(made_of), "now": now.isoformat() if now else None}
    write_json(said | {"names": sorted(rows)}, stamp)


def _document(made_of: Mapping[str, object], made: Iterable[Path]) -> dict[str, object]:
    return {"made_of": _plain(made_of), "made": versions(made)}


def _plain(made_of: Mapping[str, object]) -> dict[str, object]:
    return json.loads(json.dumps(made_of, default=str))


def read_json(path: Path) -> dict[str, Any] | None:
    """Returns a JSON document; None where there is none, or a broken one."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _stamp(lake: Lake, name: str) -> Path:
    return lake.paths.lake / "kept" / f"{name}.json"


def _rows(lake: Lake) -> Path:
    return lake.paths.lake / "kept" / "rows"
