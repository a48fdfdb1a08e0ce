"""Reads the rows of a file that somebody else exported."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from agent_runtime.sandbox.errors import SandboxError

_NULLS = frozenset({"", "null", "none", "n/a", "na", "nan", "-"})
# A longer row is a broken file; a mail campaign needs no more of a person.
_MAX_FIELD_CHARS = 1_000_000


def export_rows(
    path: Path, columns: Iterable[str], *, delimiter: str = ",", encoding: str = "utf-8-sig"
) -> Iterator[dict[str, str]]:
    """Yields the named columns of each whole row; nulls, however spelt, are empty.

    Raises:
        SandboxError: the file is missing, cannot be read, or lacks one of the columns.
    """
    if not path.is_file():
        raise SandboxError(f"{path.name}: the adoption names this file and {path.parent} has none.")
    if path.suffix == ".parquet":
        rows = _parquet_rows(path)
    else:
        rows = _csv_rows(path, delimiter, encoding)
    header = next(rows, [])
    places = {name: _place(path, header, name) for name in columns}
    for row in rows:
        if len(row) == len(header):
            yield {name: _text(row[place]) for name, place in places.items()}


def _csv_rows(path: Path, delimiter: str, encoding: str) -> Iterator[list[str]]:
    before = csv.field_size_limit(_MAX_FIELD_CHARS)
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield from csv.reader(file, delimiter=delimiter)
    except UnicodeDecodeError as error:
        value = error.object[error.start : error.start + 1].hex()
        raise SandboxError(
            f"{path.name}: byte 0x{value} is not {encoding.upper()}; export the file as UTF-8."
        ) from error
    except csv.Error as error:
        raise SandboxError(f"{path.name}: not readable as CSV: {error}.") from error
    finally:
        csv.field_size_limit(before)


def _parquet_rows(path: Path) -> Iterator[list[str]]:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise SandboxError(f"{path.name}: not a whole Parquet file ({reason}).") from error
    yield frame.columns
    for row in frame.iter_rows():
        yield ["" if cell is None else str(cell) for cell in row]


def _place(path: Path, header: list[str], name: str) -> int:
    names = [cell.strip() for cell in header]
    if name not in names:
        raise SandboxError(
            f"{path.name}: the adoption names column {name!r}, which the file lacks; "
            f"its columns are {', '.join(names) or 'none, the file is empty'}."
        )
    return names.index(name)


def _text(cell: str) -> str:
    text = cell.strip()
    return "" if text.casefold() in _NULLS else text
