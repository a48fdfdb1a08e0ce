"""Reads a CSV file in which every line is a row, at the speed of Arrow; any other file is not read.

What it returns is what `reader` gives for the same file, row by row; whatever could be read in two
ways (lines that are no rows, stray quotes, NUL bytes, rows of another length) is left to that one.
"""

import polars as pl

DELIMITERS = ",;\t"


def read_plain(text: str, delimiter: str, header: list[str], *, most: int) -> pl.DataFrame | None:
    """Returns all rows after the header as text; None where the file is not plain.

    Args:
        text: The whole file.
        delimiter: One character.
        header: Names of the columns, already read from the first line.
        most: Characters of the longest row that is allowed.
    """
    first, _, rest = text.partition("\n")
    if not rest or '"' in first or "\0" in text or not _has_plain_lines(text, delimiter):
        return None
    from pyarrow import ArrowInvalid, BufferReader, py_buffer, string
    from pyarrow import csv as arrow

    try:
        table = arrow.read_csv(
            BufferReader(py_buffer(rest.encode())),
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
    lines = rest.count("\n") + (not rest.endswith("\n"))
    return pl.DataFrame(table) if table.num_rows == lines else None


def _has_plain_lines(text: str, delimiter: str) -> bool:
    """Whether a line end is always one, and every quote opens, closes or is doubled inside."""
    if delimiter not in DELIMITERS or text.count("\r") != text.count("\r\n"):
        return False
    if '"' not in text:
        return True
    cell = rf'(?:[^"{delimiter}]*|"(?:[^"]|"")*")'
    lines = pl.Series(text.split("\n")).str.strip_suffix("\r")
    quoted = lines.filter(lines.str.contains('"', literal=True))
    return bool(quoted.str.contains(rf"^{cell}(?:{delimiter}{cell})*$").all())
