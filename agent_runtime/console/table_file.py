"""A table of a page as a file for a spreadsheet, and other texts that a browser saves."""

import re
from collections.abc import Iterable, Sequence

from starlette.responses import Response

from agent_runtime.spreadsheet import Value, as_csv

MOST = 20_000
"""Rows of one file; whoever needs more asks the API or the lake."""
_PLAIN = re.compile(r"[^a-z0-9._-]+")


def table_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> Response:
    """Returns a table as a CSV file that a browser saves.

    Args:
        name: Of the file, without its ending; what does not belong into a name is left out.
        columns: Headings.
        rows: As many values each as there are headings.
    """
    plain = _PLAIN.sub("-", name.lower()).strip("-.") or "table"
    return saved(f"{plain}.csv", as_csv(columns, rows), "text/csv")


def saved(name: str, text: str, media_type: str) -> Response:
    """Returns a text as a file that a browser saves under a name of ours."""
    return Response(
        text,
        media_type=f"{media_type}; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
