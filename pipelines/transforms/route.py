"""Rows of one file as rows of one canonical table, or in quarantine with the reason."""

from collections.abc import Mapping as Frames
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipelines.schemas import INSTANT, PROVENANCE, TABLES
from pipelines.sources.mapping import FileMapping, Route
from pipelines.sources.parse import parse
from pipelines.sources.reader import FAULT, LINE, RAW
from pipelines.transforms.faults import CELLS, VERDICT, fault, quarantine, verdict
from pipelines.transforms.known_rows import ROW, Fields, is_clear, looked_up
from pipelines.transforms.reading import attribute, read

LATEST, ORDER = "_latest", "_order"
"""When a row says it was last changed, and its place in the file."""

_CLEAR, _AT = "_clear", "_at"


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
    clear: pl.DataFrame
    """Values by hash of the rows without fault or warning, for the next batch to take over."""


def route_rows(
    raw: pl.DataFrame,
    file: FileMapping,
    route: Route,
    *,
    origin: Origin,
    built: Frames[str, pl.DataFrame],
    known: pl.DataFrame | None = None,
) -> Routed:
    """Returns the rows of `raw` that `route` reads, typed or refused.

    Args:
        raw: Rows of the file with their hash, see `known_rows.with_row`.
        file: How the file is read.
        route: Which of its rows go where.
        origin: Whose export it is.
        built: Canonical tables that lookups may use.
        known: `clear` of the same route, mapping and code at an earlier instant; the values are
            the same without it, and reading takes longer.
    """
    fields = _fields(route)
    rows = raw if route.when is None else raw.filter(_is_meant(route))
    old = _taken_over(rows, known, file, route, fields, origin=origin, built=built)
    fresh = rows if old is None else rows.filter(~pl.col(LINE).is_in(old[LINE].implode()))
    values = _values(fresh, file, fields, origin=origin, built=built).with_columns(
        _latest(fresh, route)
    )
    strict = [c.name for c, source in fields if source.on_fault == "quarantine"]
    lenient = [c.name for c, source in fields if source.on_fault == "null"]
    values = values.with_columns(verdict(strict).alias(VERDICT))
    is_refused = pl.col(FAULT).is_not_null() | pl.col(VERDICT).is_not_null()
    accepted = values.filter(~is_refused)
    typed = accepted.select(
        "tenant_id",
        "source",
        "source_key",
        *(
            pl.when(pl.col(f"{c.name}.fault").is_null()).then(pl.col(c.name)).alias(c.name)
            for c, _ in fields
        ),
        LATEST,
        pl.col(LINE).alias(ORDER),
        ROW,
        is_clear(fields).alias(_CLEAR),
    )
    if old is not None:
        ours = old.rename({LINE: ORDER}).with_columns(pl.lit(True).alias(_CLEAR))
        typed = pl.concat([typed, ours.select(typed.columns)])
    return Routed(
        read=rows.height,
        accepted=typed.drop(ROW, _CLEAR),
        quarantined=quarantine(values.filter(is_refused), route.table),
        warnings=_warnings(accepted, route.table, fields, lenient),
        clear=typed.filter(_CLEAR)
        .select(ROW, *_kept(fields), LATEST)
        .filter(pl.col(ROW).is_first_distinct()),
    )


def _taken_over(
    rows: pl.DataFrame,
    known: pl.DataFrame | None,
    file: FileMapping,
    route: Route,
    fields: Fields,
    *,
    origin: Origin,
    built: Frames[str, pl.DataFrame],
) -> pl.DataFrame | None:
    """Rows that are known, with values as if they were read now; None where nothing is known."""
    if known is None or known.is_empty():
        return None
    again = looked_up(fields)
    places = known.select(ROW, pl.int_range(pl.len(), dtype=pl.UInt32).alias(_AT))
    places = rows.select(ROW).join(places, on=ROW, how="left", maintain_order="left")[_AT]
    at = places.drop_nulls()
    found = _values(
        rows.filter(places.is_not_null()), file, again, origin=origin, built=built
    ).select(
        "tenant_id",
        "source",
        "source_key",
        *(c.name for c, _ in again),
        LINE,
        is_clear(again).alias(_CLEAR),
    )
    theirs = known.select(pl.all().gather(at))
    return pl.concat([found, theirs], how="horizontal").filter(_CLEAR).drop(_CLEAR)


def _kept(fields: Fields) -> list[str]:
    again = {column.name for column, _ in looked_up(fields)}
    return [column.name for column, _ in fields if column.name not in again]


def _fields(route: Route) -> Fields:
    columns = {column.name: column for column in TABLES[route.table].columns}
    fields = [(columns[name], source) for name, source in route.fields.items()]
    fields += [(attribute(name, source), source) for name, source in route.attributes.items()]
    return [*fields, (PROVENANCE[-1], route.synthetic)]


def _values(
    rows: pl.DataFrame,
    file: FileMapping,
    fields: Fields,
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
    cells = [name for name in rows.columns if name not in {LINE, FAULT, RAW, ROW}]
    values = rows.select(
        pl.lit(origin.tenant_id).alias("tenant_id"),
        pl.lit(origin.source).alias("source"),
        _source_key(file).alias("source_key"),
        *expressions,
        pl.struct(cells).alias(CELLS),
        LINE,
        FAULT,
        RAW,
        ROW,
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


def _latest(rows: pl.DataFrame, route: Route) -> pl.Series:
    if route.latest_by is None:
        return pl.Series(LATEST, [None] * 0, INSTANT).extend_constant(None, rows.height)
    moment = parse(pl.col(route.latest_by).str.strip_chars(), "timestamp")
    return rows.select(moment.alias(LATEST)).get_column(LATEST)


def _warnings(
    accepted: pl.DataFrame,
    table: str,
    fields: Fields,
    lenient: list[str],
) -> tuple[Warned, ...]:
    found: list[Warned] = []
    for name in lenient:
        counts = accepted.get_column(f"{name}.fault").drop_nulls().value_counts()
        ordered = sorted(counts.iter_rows(), key=lambda row: (-row[1], row[0]))
        found += [Warned(table, name, reason, rows) for reason, rows in ordered]
    for column, _ in fields:
        rows = int(accepted.get_column(f"{column.name}.unknown").sum())
        if rows:
            found.append(Warned(table, column.name, "not_found", rows))
    return tuple(found)
