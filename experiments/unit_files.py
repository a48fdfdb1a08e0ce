"""Reads a units table from a file as old trials left them: CSV of any dialect, or Parquet."""

import csv
from itertools import chain
from pathlib import Path

import polars as pl

from experiments.arm_names import named_arms
from experiments.columns import numeric_columns, parts_of
from experiments.errors import UnitsError
from experiments.spec import Spec

UNIT, ARM = "unit_id", "arm"

_SEPARATORS = ",;\t|"
_HEADER_BYTES = 1 << 20
_BYTE_ORDER_MARK = "\ufeff"
_MISSING = ("", "na", "n/a", "nan", "null", "none", ".")
"""What R, pandas, SQL, spreadsheets and Stata write where there is no number."""


def read_units(
    path: Path,
    spec: Spec,
    *,
    unit_column: str | None = UNIT,
    arm_column: str = ARM,
    is_whole: bool = True,
) -> pl.DataFrame:
    """Returns the units of a Parquet or CSV file; ids and clusters of CSV stay text.

    CSV may be separated by comma, semicolon (then also with decimal commas), tab or bar; numbers
    that are missing may be written as R, pandas, SQL, spreadsheets or Stata do.

    Args:
        path: The file.
        spec: Whose trial it is.
        unit_column: The file's name for `unit_id`; None where each row is a unit without an id.
        arm_column: The file's name for `arm`.
        is_whole: Whether to read all columns; else of Parquet only those that an analysis needs,
            unless one of these is missing.

    Raises:
        UnitsError: The file cannot be read, or a column that was named is not there.
    """
    if not path.exists():
        raise UnitsError(f"{path}: there is no such file")
    if not path.is_file():
        raise UnitsError(f"{path}: this is a folder, but must be a .parquet or .csv file")
    kind = path.suffix.lower()
    if kind not in (".parquet", ".csv"):
        raise UnitsError(f"{path}: the file ends in {path.suffix!r}, but must be .parquet or .csv")
    own = {UNIT if unit_column is None else unit_column, arm_column}
    try:
        if kind == ".parquet":
            needed = None if is_whole else _needed(path, spec, {unit_column, arm_column})
            units = pl.read_parquet(path, columns=needed)
        else:
            units = _read_csv(path, spec, own)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UnitsError(f"{path}: the file cannot be read as {kind[1:]} ({reason})") from None
    units = _renamed(units, path, {unit_column: UNIT, arm_column: ARM})
    if unit_column is None:
        units = units.drop(UNIT, strict=False).with_row_index(UNIT, offset=1)
    if ARM not in units.columns:
        return units
    return units.with_columns(named_arms(units[ARM], spec.arms))


def _needed(path: Path, spec: Spec, own: set[str | None]) -> list[str] | None:
    needed = {*parts_of(spec), spec.assigned_at, *own} - ({UNIT, ARM} - own) - {None}
    found = [column for column in pl.read_parquet_schema(path) if column in needed]
    return found if len(found) == len(needed) else None


def _renamed(units: pl.DataFrame, path: Path, names: dict[str | None, str]) -> pl.DataFrame:
    for theirs, ours in names.items():
        if theirs is None or theirs == ours:
            continue
        if theirs not in units.columns:
            raise UnitsError(
                f"{path}: the column {theirs!r}, named as the one of {ours}, is missing; there "
                f"are {', '.join(units.columns)}"
            )
        units = units.drop(ours, strict=False).rename({theirs: ours})
    return units


def _read_csv(path: Path, spec: Spec, own: set[str]) -> pl.DataFrame:
    header, separator = _header(path)
    names = [name.strip() for name in header]
    needed = {*parts_of(spec), spec.assigned_at, *own}
    if twice := next((name for name in names if name in needed and names.count(name) > 1), None):
        raise UnitsError(f"{path}: the column {twice!r} stands in the header twice; keep one")
    numbers = set(numeric_columns(spec))
    texts = {raw: n for raw, n in zip(header, names, strict=True) if n in {*own, spec.cluster}}
    read = pl.read_csv(
        path,
        separator=separator,
        infer_schema_length=None,
        schema_overrides=dict.fromkeys(texts, pl.String),
    )
    if len(set(names)) == len(names) == read.width:
        read.columns = names
    stripped = [c for c in texts.values() if c in read.columns]
    read = read.with_columns(pl.col(stripped).str.strip_chars())
    read = read.filter(~pl.all_horizontal(pl.all().is_null()))
    as_text = [c for c in read.columns if c in numbers and read[c].dtype == pl.String]
    has_decimal_commas = separator != ","
    return read.with_columns(_as_numbers(read[c], has_decimal_commas) for c in as_text)


def _header(path: Path) -> tuple[list[str], str]:
    """Returns the names in the first line and what separates them."""
    with path.open("rb") as file:
        line = file.readline(_HEADER_BYTES)
    try:
        text = line.decode().removeprefix(_BYTE_ORDER_MARK).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UnitsError(
            f"{path}: the file cannot be read as csv (byte {error.start} is not UTF-8); save it "
            "as UTF-8"
        ) from None
    separator = max(_SEPARATORS, key=text.count)
    return next(chain(csv.reader([text], delimiter=separator), [[]])), separator


def _as_numbers(values: pl.Series, has_decimal_commas: bool) -> pl.Series:
    """Returns the numbers that a column of text holds, or the text where one is none."""
    plain = values.str.strip_chars().str.to_lowercase().replace(dict.fromkeys(_MISSING))
    if plain.is_in(["true", "false"]).drop_nulls().all() and plain.null_count() < plain.len():
        return (plain == "true").cast(pl.Int8)
    if has_decimal_commas:
        plain = plain.str.replace(r"^([+-]?\d*),(\d+)$", "$1.$2")
    for kind in (pl.Int64, pl.Float64):
        numbers = plain.cast(kind, strict=False)
        if numbers.null_count() == plain.null_count():
            return numbers
    return values
