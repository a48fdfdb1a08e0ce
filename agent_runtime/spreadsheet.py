"""Tables as CSV that a spreadsheet opens and works nothing out of: strangers wrote into them."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""How a cell begins that some spreadsheet works out, or hands to another program; those of full
width count as formulas too where Chinese or Japanese is written (OWASP, CSV injection)."""
MARK = "\ufeff"
"""Tells a spreadsheet that the file is UTF-8."""

Value = str | float | bool | date | datetime | None


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    """Returns a table as CSV; words are quoted, and none is a formula.

    Args:
        columns: Headings.
        rows: As many values each as there are headings.
    """
    out = io.StringIO()
    table = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    table.writerow(columns)
    for row in rows:
        table.writerow([_cell(value) for value in row])
    return MARK + out.getvalue()


def harmless(text: str) -> str:
    """Returns a text that no spreadsheet takes for a formula.

    >>> harmless("=1+1")
    "'=1+1"
    """
    return f"'{text}" if text.lstrip(" \u00a0\u200b").startswith(FORMULA) else text


def _cell(value: Value) -> str | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int | float) else harmless(value)
