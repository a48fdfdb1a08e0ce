"""Rows of one file as rows of one canonical table, or in quarantine with the reason."""

from collections.abc import Mapping as Frames
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipelines.schemas import PROVENANCE, TABLES, Column
from pipelines.sources.mapping import FileMapping, Route, Source
from pipelines.sources.parse import parse
from pipelines.sources.reader import FAULT, LINE, RAW
from pipelines.transforms.faults import CELLS, VERDICT, fault, quarantine, verdict
from pipelines.transforms.reading import attribute, read

LATEST, ORDER = "_latest", "_order"
"""When a row says it was last changed, and its place in the file."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose export a batch reads, and until when its instants may lie."""

    tenant_id: str
    source: str
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """Rows that were accepted although something about them wants mending."""

    table: str
    field: str
    what: str
    rows: int


@dataclass(frozen=True, slots=True)
class Routed:
    """What became of the rows that one route reads; `accepted` may still hold repeats."""

    read: int
    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    warnings: tuple[Warned, ...]


def route_rows(
    raw: pl.DataFrame,
    file: FileMapping,
    route: Route,
    *,
    origin: Origin,
    built: Frames[str, pl.DataFrame],
) -> Routed:
    """Returns the rows of `raw` that `route` reads, typed or refused."""
    fields = _fields(route)
    rows = raw if route.when is None else raw.filter(_is_meant(route))
    values = _values(rows, file, route, fields, origin=origin, built=built)
    strict = [c.name for c, source in fields if source.on_fault == "quarantine"]
    lenient = [c.name for c, source in fields if source.on_fault == "null"]
    values = values.with_columns(verdict(strict).alias(VERDICT))
    is_refused = pl.col(FAULT).is_not_null() | pl.col(VERDICT).is_not_null()
    accepted = values.filter(~is_refused)
    return Routed(
        read=rows.height,
        accepted=accepted.select(
            "tenant_id",
            "source",
            "source_key",
            *(
                pl.when(pl.col(f"{c.name}.fault").is_null()).then(pl.col(c.name)).alias(c.name)
                for c, _ in fields
            ),
            LATEST,
            pl.col(LINE).alias(ORDER),
        ),
        quarantined=quarantine(values.filter(is_refused), route.table),
        warnings=_warnings(accepted, route.table, fields, lenient),
    )


def _fields(route: Route) -> list[tuple[Column, Source]]:
    columns = {column.name: column for column in TABLES[route.table].columns}
    fields = [(columns[name], source) for name, source in route.fields.items()]
    fields += [(attribute(name, source), source) for name, source in route.attributes.items()]
    return [*fields, (PROVENANCE[-1], route.synthetic)]


def _values(
    rows: pl.DataFrame,
    file: FileMapping,
    route: Route,
    fields: list[tuple[Column, Source]],
    *,
    origin: Origin,
    built: Frames[str, pl.DataFrame],
) -> pl.DataFrame:
    expressions: list[pl.Expr] = []
    for column, source in fields:
        one = read(source, column, nulls=file.nulls, built=built)
        expressions += [
            one.value.cast(column.dtype).alias(column.name),
            one.text.alias(f"{column.name}.text"),
            one.refused.alias(f"{column.name}.refused"),
            one.unknown.alias(f"{column.name}.unknown"),
        ]
    cells = [name for name in rows.columns if name not in {LINE, FAULT, RAW}]
    values = rows.select(
        pl.lit(origin.tenant_id).alias("tenant_id"),
        pl.lit(origin.source).alias("source"),
        _source_key(file).alias("source_key"),
        *expressions,
        _latest(route).alias(LATEST),
        pl.struct(cells).alias(CELLS),
        LINE,
        FAULT,
        RAW,
    )
    return values.with_columns(
        fault(column, origin.now).alias(f"{column.name}.fault") for column, _ in fields
    )


def _is_meant(route: Route) -> pl.Expr:
    """Rows that cannot be read are meant for every route, so that no count misses them."""
    assert route.when is not None
    cell = pl.col(route.when.column).str.strip_chars()
    meant = pl.col(FAULT).is_not_null()
    if route.when.is_in:
        meant = meant | cell.is_in(route.when.is_in)
    if route.when.is_present:
        meant = meant | (cell != "")
    return meant


def _source_key(file: FileMapping) -> pl.Expr:
    line = pl.concat_str(pl.lit("line "), pl.col(LINE))
    key = pl.concat_str([pl.col(name) for name in file.key], separator="/") if file.key else line
    return pl.concat_str(pl.lit(f"{file.name}:"), pl.coalesce(key, line))


def _latest(route: Route) -> pl.Expr:
    if route.latest_by is None:
        return pl.lit(None, pl.Datetime("us", "UTC"))
    return parse(pl.col(route.latest_by).str.strip_chars(), "timestamp")


def _warnings(
    accepted: pl.DataFrame,
    table: str,
    fields: list[tuple[Column, Source]],
    lenient: list[str],
) -> tuple[Warned, ...]:
    found: list[Warned] = []
    for name in lenient:
        counts = accepted.get_column(f"{name}.fault").drop_nulls().value_counts(sort=True)
        found += [Warned(table, name, reason, rows) for reason, rows in counts.iter_rows()]
    for column, _ in fields:
        rows = int(accepted.get_column(f"{column.name}.unknown").sum())
        if rows:
            found.append(Warned(table, column.name, "not_found", rows))
    return tuple(found)
