"""Reads one file of an export as text, whatever is in it.

A fault of the file as a whole is an error of one sentence. A fault of a row marks the row:
`_fault` holds the reason and `_raw` the row as it came, and nothing of it is used further.
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from agent_runtime.store.landed_rows import GONE
from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError
from pipelines.sources.mapping import FileMapping
from pipelines.sources.plain_csv import first_line, read_plain

MAX_ROW_CHARS = 1_000_000
"""No row of a CRM export is longer; a longer one is a broken or hostile file."""

LINE, FAULT, RAW = "_line", "_fault", "_raw"

_END = "\ue000end of file\ue000"


class SourceFault(PipelineError):
    """A file of an export cannot be read as its mapping says."""


def read_file(path: Path, file: FileMapping) -> pl.DataFrame:
    """Returns all data rows as text, with `_line`, `_fault` and `_raw`.

    Raises:
        SourceFault: the file is missing, empty, truncated, not in its encoding, not readable in
            its format, has a row over a million characters, or lacks a column of the mapping.
    """
    if not path.is_file():
        raise SourceFault(f"{path.name}: the mapping names this file and {path.parent} has none.")
    if path.stat().st_size == 0:
        raise SourceFault(f"{path.name}: the file is empty; a header line is the least it needs.")
    frame = _read_parquet(path) if file.is_parquet else _read_csv(path, file)
    _require_columns(path, frame.columns, file)
    return frame


def _read_csv(path: Path, file: FileMapping) -> pl.DataFrame:
    data = path.read_bytes()
    first = first_line(data, file.encoding, file.delimiter)
    if first is not None:
        header = _header(path, iter([(1, first)]))
        plain = read_plain(data, file.delimiter, header, most=MAX_ROW_CHARS)
        if plain is not None:
            return plain.with_columns(
                pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias(LINE),
                pl.lit(None, pl.String).alias(FAULT),
                pl.lit(None, pl.String).alias(RAW),
            )
    text = _decode(path, data, file.encoding)
    rows = _rows(path, text, file.delimiter)
    header = _header(path, rows)
    lines: list[int] = []
    cells: list[list[str | None]] = []
    faults: list[str | None] = []
    raws: list[str | None] = []
    has_nul = "\0" in text
    for line, row in rows:
        fault = None
        if len(row) != len(header):
            fault = "ragged_row"
        elif has_nul and any("\0" in cell for cell in row):
            fault = "nul_byte"
        lines.append(line)
        faults.append(fault)
        raws.append(json.dumps(row, ensure_ascii=False) if fault else None)
        cells.append([None] * len(header) if fault else row)  # pyright: ignore[reportArgumentType]
    if faults and faults[-1] == "ragged_row" and not text.endswith(("\n", "\r")):
        raise SourceFault(
            f"{path.name}: the file is truncated: line {lines[-1]} ends after "
            f"{len(json.loads(raws[-1] or '[]'))} of {len(header)} fields without a line break."
        )
    columns = list(zip(*cells, strict=True)) or [()] * len(header)
    data = {
        name: pl.Series(name, column, pl.String)
        for name, column in zip(header, columns, strict=True)
    }
    return pl.DataFrame(data).with_columns(
        pl.Series(LINE, lines, pl.Int64),
        pl.Series(FAULT, faults, pl.String),
        pl.Series(RAW, raws, pl.String),
    )


def _decode(path: Path, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        value = data[error.start : error.start + 1].hex()
        raise SourceFault(
            f"{path.name}: line {line} has byte 0x{value}, which is not {encoding.upper()}; "
            "export the file as UTF-8, or name its encoding in the mapping."
        ) from error


def _header(path: Path, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    header = [cell.strip() for cell in next(rows, (0, []))[1]]
    if not any(header):
        raise SourceFault(f"{path.name}: the file is empty; a header line is the least it needs.")
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise SourceFault(f"{path.name}: the header names column {twice!r} twice.")
    return header


def _rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yields line number and cells of each row that is not blank."""
    before = csv.field_size_limit(MAX_ROW_CHARS + 1)
    try:
        budget = _Budget(path, text)
        reader = csv.reader(budget, delimiter=delimiter)
        start = 1
        for row in reader:
            if row and row[-1].endswith(_END):
                if row == [_END]:
                    return
                raise SourceFault(
                    f"{path.name}: the file is truncated: a quote that opens in the row at line "
                    f"{start} is never closed."
                )
            if row:
                yield start, row
            start = reader.line_num + 1
            budget.row_chars = 0
    except csv.Error as error:
        raise SourceFault(f"{path.name}: not readable as CSV: {error}.") from error
    finally:
        csv.field_size_limit(before)


class _Budget:
    """Lines of a text, then an end mark, with a limit on the characters of one row."""

    def __init__(self, path: Path, text: str) -> None:
        self.row_chars = 0
        self._path = path
        self._lines = io.StringIO(text, newline="")
        self._count = 0
        self._ended = False

    def __iter__(self) -> "_Budget":
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            if self._ended:
                raise StopIteration
            self._ended = True
            return _END
        self._count += 1
        self.row_chars += len(line)
        if self.row_chars > MAX_ROW_CHARS:
            raise SourceFault(
                f"{self._path.name}: the row that ends at line {self._count} or later has over "
                f"{MAX_ROW_CHARS:,} characters; is a quote missing, or is this another kind of "
                "file?"
            )
        return line


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise SourceFault(
            f"{path.name}: not a whole Parquet file ({reason}); export it again."
        ) from error
    if GONE in frame.columns:
        frame = frame.filter(pl.col(GONE).is_null())
    return frame.select(_as_text(name, dtype) for name, dtype in frame.schema.items()).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE),
        pl.lit(None, pl.String).alias(FAULT),
        pl.lit(None, pl.String).alias(RAW),
    )


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pl.col(name).cast(pl.String)


def _require_columns(path: Path, header: list[str], file: FileMapping) -> None:
    for where, column in file.columns():
        if column not in header:
            raise SourceFault(
                f"{path.name}: the mapping takes {where} from column {column!r}, which the file "
                f"lacks{did_you_mean(column, header)}; its columns are "
                f"{', '.join(c for c in header if not c.startswith('_'))}."
            )
