"""A landed table as it is after a pull: merged by key, with what is gone marked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipelines.schemas import INSTANT
from pipelines.sources.guard import SEQUENCE
from pipelines.sources.reader import GONE

LANDED = "_landed_at"
"""When the row was last new, or other than before."""

DTYPES: dict[str, pl.DataType] = {
    "bigint": pl.Int64(),
    "double": pl.Float64(),
    "decimal": pl.Decimal(38, 9),
    "bool": pl.Boolean(),
    "timestamp": INSTANT,
    "date": pl.Date(),
    "time": pl.Time(),
    "binary": pl.Binary(),
}
"""Types of landed columns by dlt's name of the type; every other one is text, JSON included."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A table after a pull, and how many of its rows the pull touched."""

    table: pl.DataFrame
    new: int
    changed: int
    gone: int

    @property
    def is_touched(self) -> bool:
        """Whether the table differs from what it was."""
        return bool(self.new or self.changed or self.gone)


def dtype_of(kind: str | None) -> pl.DataType:
    """Returns the type of a landed column; text where no value has come yet."""
    return DTYPES.get(kind or "text", pl.String())


def as_type(values: pl.Expr, dtype: pl.DataType, kind: str | None) -> pl.Expr:
    """Returns values as an agreed type; null where they cannot be read as it."""
    wanted = dtype_of(kind)
    if dtype == wanted:
        return values
    if isinstance(wanted, pl.Datetime) and isinstance(dtype, pl.Datetime):
        utc = values.dt.replace_time_zone("UTC") if dtype.time_zone is None else values
        return utc.cast(wanted, strict=False)
    if isinstance(wanted, pl.Datetime) and isinstance(dtype, pl.Date):
        return values.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(wanted, pl.String) and isinstance(dtype, pl.Datetime):
        return values.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return values.cast(wanted, strict=False)


def fold(
    frame: pl.DataFrame, columns: Mapping[str, str | None], extra: Sequence[str]
) -> pl.DataFrame:
    """Returns the agreed columns of a load file, what dlt split by type put together again.

    Args:
        frame: Rows as dlt wrote them; `amount__v_double` holds what did not fit into `amount`.
        columns: Agreed columns and types.
        extra: Further columns to keep as they are.
    """
    chosen: list[pl.Expr] = []
    for name, kind in columns.items():
        parts = [c for c in frame.columns if c == name or c.startswith(f"{name}__v_")]
        read = [as_type(pl.col(part), frame.schema[part], kind) for part in parts]
        value = pl.coalesce(read) if read else pl.lit(None)
        chosen.append(value.cast(dtype_of(kind)).alias(name))
    return frame.select(*chosen, *(pl.col(n) for n in extra if n in frame.columns))


def merge(
    old: pl.DataFrame | None,
    pulled: pl.DataFrame,
    *,
    key: Sequence[str],
    columns: Mapping[str, str | None],
    now: datetime,
    keep: Collection[str] = (),
    deleted: str = "",
    is_full: bool = False,
) -> Merged:
    """Returns the table after a pull.

    Args:
        old: The table before; None on the first pull.
        pulled: Rows of the pull with `_seq`, in agreed types; of one key the last counts.
        key: Columns that name a row; none means that equal rows are one row.
        columns: Agreed columns and types.
        now: Instant of the pull.
        keep: Columns in which a null of the pull means "not known", so that the old value stays.
        deleted: Column that is true in a row that the source has deleted.
        is_full: The pull is the whole table, so a row that is not in it is gone.
    """
    names = tuple(key) or tuple(columns)
    rows = pulled.sort(SEQUENCE).unique(names, keep="last", maintain_order=True)
    empty = pl.Schema(
        {**{n: dtype_of(t) for n, t in columns.items()}, LANDED: INSTANT, GONE: INSTANT}
    )
    before = _fitted(old, empty) if old is not None else pl.DataFrame(schema=empty)
    is_deleted = pl.col(deleted).fill_null(False) if deleted in rows.columns else pl.lit(False)
    both = rows.with_columns(is_deleted.alias("_deleted")).join(
        before, on=names, how="left", suffix="_old", nulls_equal=True
    )
    rest = [n for n in columns if n not in names]
    both = both.with_columns(pl.coalesce(n, f"{n}_old").alias(n) for n in rest if n in keep)
    is_known = pl.col(LANDED).is_not_null()
    differs = pl.any_horizontal(
        pl.col(GONE).is_not_null(), *(pl.col(n).ne_missing(pl.col(f"{n}_old")) for n in rest)
    )
    alive = ~pl.col("_deleted")
    fresh = both.filter(alive & ~is_known)
    altered = both.filter(alive & is_known & differs)
    stopped = both.filter(~alive & is_known & pl.col(GONE).is_null()).select(names)
    if is_full:
        lost = before.filter(pl.col(GONE).is_null()).join(
            rows, on=names, how="anti", nulls_equal=True
        )
        stopped = pl.concat([stopped, lost.select(names)])
    touched = pl.concat([fresh, altered]).select(
        *columns, pl.lit(now).cast(INSTANT).alias(LANDED), pl.lit(None, INSTANT).alias(GONE)
    )
    left = before.join(touched, on=names, how="anti", nulls_equal=True)
    left = left.join(stopped.with_columns(_stopped=True), on=names, how="left", nulls_equal=True)
    left = left.with_columns(
        pl.when("_stopped").then(pl.lit(now).cast(INSTANT)).otherwise(pl.col(GONE)).alias(GONE)
    ).drop("_stopped")
    table = pl.concat([left.select(*empty), touched.select(*empty)]).sort(names)
    return Merged(table, fresh.height, altered.height, stopped.height)


def _fitted(old: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The old table in the agreed columns and types, which a person may have changed since."""
    return old.select(
        as_type(pl.col(name), old.schema[name], None).alias(name)
        if name in old.columns and dtype == pl.String() and old.schema[name] != dtype
        else pl.col(name).cast(dtype, strict=False)
        if name in old.columns
        else pl.lit(None, dtype).alias(name)
        for name, dtype in schema.items()
    )
