"""One canonical value of every row: the value, the text it was read from, and what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.schemas import Column
from pipelines.sources.mapping import Lookup, Source
from pipelines.sources.parse import FAULTS, Style, dtype_of, parse

NULL = pl.lit(None, pl.String)


@dataclass(frozen=True, slots=True)
class Reading:
    """Expressions over the raw rows of a file."""

    text: pl.Expr
    """What the export says, trimmed; null where it says nothing."""
    value: pl.Expr
    """What it means; null where it says nothing or cannot be read."""
    refused: pl.Expr
    """Reason code where there is text that cannot be read."""
    unknown: pl.Expr
    """True where a lookup did not find the value; never a fault."""


def read(
    source: Source, column: Column, *, nulls: tuple[str, ...], built: Mapping[str, pl.DataFrame]
) -> Reading:
    """Returns how to read `source` as `column`.

    Args:
        source: The mapping's words on this column.
        column: The canonical column, or the stand-in of an attribute.
        nulls: Spellings of null in this file.
        built: Canonical tables that lookups may use.
    """
    if source.first_of:
        return _first(
            [read(one, column, nulls=nulls, built=built) for one in source.first_of], column
        )
    if source.const is not None:
        value = pl.lit(source.const, dtype=column.dtype)
        return Reading(pl.lit(str(source.const)), value, NULL, pl.lit(False))
    kind = source.parse or column.parse
    text = _text(source, (*nulls, *source.nulls))
    meaning, not_listed = _chosen(text, source)
    region = pl.col(source.region).str.strip_chars().str.to_uppercase() if source.region else None
    style = Style(source.formats, source.scale, source.separator, region, source.decimal)
    value = parse(meaning, kind, style)
    refused = (
        pl.when(not_listed)
        .then(pl.lit("not_one_of"))
        .when(meaning.is_not_null() & value.is_null())
        .then(pl.lit(FAULTS.get(kind, "malformed")))
    )
    value = pl.when(~not_listed).then(value)
    if source.column and source.template:
        before, _, after = source.template.partition("{}")
        value = pl.concat_str(pl.lit(before), value, pl.lit(after))
    if source.lookup is None:
        return Reading(text, value, refused, pl.lit(False))
    found = _find(value, source.lookup, built)
    unknown = value.is_not_null() & found.is_null()
    kept = pl.coalesce(found, value) if source.lookup.keep_unknown else found
    return Reading(text, kept, refused, unknown)


def attribute(name: str, source: Source) -> Column:
    """Returns the column `x_<name>` that an attribute of a mapping becomes."""
    kind = source.parse or "text"
    return Column(f"x_{name}", dtype_of(kind), kind)


def _text(source: Source, nulls: tuple[str, ...]) -> pl.Expr:
    if source.column is not None:
        return _cell(source.column, nulls)
    pieces: list[pl.Expr] = []
    rest = source.template or ""
    while rest:
        before, _, after = rest.partition("{")
        name, _, rest = after.partition("}")
        pieces.append(pl.lit(before))
        if name:
            pieces.append(_cell(name, nulls))
    return pl.concat_str(pieces)


def _cell(name: str, nulls: tuple[str, ...]) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(~text.is_in(["", *nulls])).then(text)


def _chosen(text: pl.Expr, source: Source) -> tuple[pl.Expr, pl.Expr]:
    if source.choices is None:
        return text, pl.lit(False)
    words = {word.lower(): _word(value) for word, value in source.choices.items()}
    lower = text.str.to_lowercase()
    meaning = lower.replace_strict(words, default=None, return_dtype=pl.String)
    listed = lower.is_in(list(words))
    if source.otherwise == "keep":
        return pl.when(listed).then(meaning).otherwise(text), pl.lit(False)
    if source.otherwise == "null":
        return meaning, pl.lit(False)
    return meaning, (text.is_not_null() & ~listed)


def _word(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _find(value: pl.Expr, lookup: Lookup, built: Mapping[str, pl.DataFrame]) -> pl.Expr:
    rows = built[lookup.table].select(
        by=_comparable(pl.col(lookup.by), lookup), take=pl.col(lookup.taken)
    )
    rows = rows.drop_nulls().sort("take").filter(pl.col("by").is_first_distinct())
    return _comparable(value, lookup).replace_strict(
        rows["by"], rows["take"], default=None, return_dtype=pl.String
    )


def _comparable(value: pl.Expr, lookup: Lookup) -> pl.Expr:
    if not lookup.ignore_spaces:
        return value
    return value.str.to_lowercase().str.replace_all(r"\s+", "")


def _first(readings: list[Reading], column: Column) -> Reading:
    value = pl.coalesce(*(one.value for one in readings)).cast(column.dtype)
    missed = value.is_null()
    return Reading(
        text=pl.coalesce(*(one.text for one in readings)),
        value=value,
        refused=pl.when(missed).then(pl.coalesce(*(one.refused for one in readings))),
        unknown=missed & pl.any_horizontal(*(one.unknown for one in readings)),
    )
