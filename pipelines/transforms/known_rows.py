"""Rows that an earlier batch has read: a row that says the same is taken over, not read again.

Only rows without a fault or a warning are kept, so every refusal and every count is made anew each
time. What depends on other tables (a lookup) or on the row's place in the file is never kept.
"""

import polars as pl
import polars_hash as plh

from pipelines.schemas import Column
from pipelines.sources.mapping import FileMapping, Route, Source
from pipelines.sources.reader import FAULT, LINE, RAW

ROW = "_row"
"""A hash of all cells of a row and the names of its columns; with others it has another one."""

Fields = list[tuple[Column, Source]]


def with_row(raw: pl.DataFrame) -> pl.DataFrame:
    """Returns the rows of a file with their hash."""
    cells = [name for name in raw.columns if name not in {LINE, FAULT, RAW, ROW}]
    if not cells:
        return raw.with_columns(pl.lit(None, pl.String).alias(ROW))
    # The names count too: under a changed header the same cells say something else.
    said = plh.hash_rows(pl.lit("\x1f".join(cells)), *cells).chash.blake3()
    return raw.with_columns(said.str.slice(0, 32).alias(ROW))


def name_of(file: FileMapping, route: Route) -> str:
    """Returns the name under which the rows of a route are kept."""
    return f"{file.name}.{file.routes.index(route)}.{route.table}"


def looked_up(fields: Fields) -> Fields:
    """Returns the fields whose values depend on rows of other tables."""
    return [(column, source) for column, source in fields if _is_lookup(source)]


def is_clear(fields: Fields) -> pl.Expr:
    """Whether a row has neither a fault nor an unknown value in any of these fields."""
    marks = [
        mark
        for column, _ in fields
        for mark in (
            pl.col(f"{column.name}.fault").is_not_null(),
            pl.col(f"{column.name}.unknown").fill_null(value=True),
        )
    ]
    return ~pl.any_horizontal(pl.lit(False), pl.col(FAULT).is_not_null(), *marks)


def _is_lookup(source: Source) -> bool:
    return source.lookup is not None or any(_is_lookup(one) for one in source.first_of)
