"""Reads a CSV file in which every line is a row, at the speed of Arrow; any other file is not read.

What it returns is what `reader` gives for the same file, row by row; whatever could be read in two
ways (lines that are no rows, stray quotes, NUL bytes, rows of another length) is left to that one.
"""

import codecs

import polars as pl

DELIMITERS = ",;\t"
_MOST_HEADER = 100_000


def first_line(data: bytes, encoding: str, delimiter: str) -> list[str] | None:
    """Returns the cells of the header; None where the file is not plain, or not in UTF-8."""
    name = codecs.lookup(encoding).name
    end = data.find(b"\n", 0, _MOST_HEADER)
    if name not in {"utf-8", "utf-8-sig"} or end < 0 or delimiter not in DELIMITERS:
        return None
    try:
        text = data[:end].decode(name).removesuffix("\r")
    except UnicodeDecodeError:
        return None
    return text.split(delimiter) if text and '"' not in text else None


def read_plain(data: bytes, delimiter: str, header: list[str], *, most: int) -> pl.DataFrame | None:
    """Returns all rows after the header as text; None where the file is not plain.

    Args:
        data: The whole file, in UTF-8.
        delimiter: One character.
        header: Names of the columns, already read from the first line.
        most: Characters of the longest row that is allowed.
    """
    start = data.find(b"\n") + 1
    if start == len(data) or b"\0" in data or not _has_plain_lines(data, delimiter):
        return None
    from pyarrow import ArrowInvalid, BufferReader, py_buffer, string
    from pyarrow import csv as arrow

    try:
        table = arrow.read_csv(
            BufferReader(py_buffer(memoryview(data)[start:])),
            arrow.ReadOptions(column_names=header, block_size=most),
            arrow.ParseOptions(delimiter=delimiter),
            arrow.ConvertOptions(
                column_types=dict.fromkeys(header, string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except ArrowInvalid:
        return None
    lines = data.count(b"\n", start) + (not data.endswith(b"\n"))
    return pl.DataFrame(table) if table.num_rows == lines else None


def _has_plain_lines(data: bytes, delimiter: str) -> bool:
    """Whether a line end is always one, and every quote opens, closes or is doubled inside."""
    if data.count(b"\r") != data.count(b"\r\n"):
        return False
    if b'"' not in data:
        return True
    cell = rf'(?:[^"{delimiter}]*|"(?:[^"]|"")*")'
    try:
        lines = pl.Series(data.decode().split("\n")).str.strip_suffix("\r")
    except UnicodeDecodeError:
        return False
    quoted = lines.filter(lines.str.contains('"', literal=True))
    return bool(quoted.str.contains(rf"^{cell}(?:{delimiter}{cell})*$").all())
