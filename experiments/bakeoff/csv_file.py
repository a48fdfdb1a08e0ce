"""Reads a CSV that people filled in a spreadsheet: blanks trimmed, columns checked."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.errors import BakeOffError


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the number of each line and its cells as trimmed text; empty lines are left out.

    A semicolon between cells, as spreadsheets of many countries write it, is read too.

    Raises:
        BakeOffError: The file is not there, is no UTF-8, or lacks a column.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BakeOffError(f"{path}: the file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BakeOffError(f"{path}: the file is not UTF-8; save it as UTF-8") from None
    head = text.partition("\n")[0]
    between = ";" if head.count(";") > head.count(",") else ","
    rows = csv.DictReader(text.splitlines(keepends=True), delimiter=between, restval="")
    missing = [column for column in columns if column not in (rows.fieldnames or ())]
    if missing:
        raise BakeOffError(
            f"{path}: the column {missing[0]!r} is missing; the columns are {', '.join(columns)}"
        )
    for row in rows:
        if None in row:
            raise BakeOffError(
                f"{path}, line {rows.line_num}: there are more cells than columns; quote a cell "
                "that holds a comma"
            )
        cells = {name: (cell or "").strip() for name, cell in row.items()}
        if any(cells.values()):
            yield rows.line_num, cells
