"""What is wrong with a row, and the quarantine that keeps it with the reason."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from pipelines.schemas import TEXT, Column
from pipelines.sources.reader import FAULT, LINE, RAW

CELLS = "_cells"
"""The row as it came, a struct of text."""

VERDICT = "_verdict"
"""Field, value and reason of the first fault; null where there is none."""

MAX_VALUE_CHARS = 200

QUARANTINE = pl.Schema(
    {
        "tenant_id": TEXT,
        "table": TEXT,
        "source": TEXT,
        "source_key": TEXT,
        "line": pl.Int64(),
        "field": TEXT,
        "value": TEXT,
        "reason": TEXT,
        "raw": TEXT,
        "contact_id": TEXT,
        "email": TEXT,
    }
)
"""Refused rows. The last two name whom the row speaks of: a refused consent still holds mail."""


def fault(column: Column, now: datetime | None) -> pl.Expr:
    """Reason code of the first rule that a value breaks: readable, present, in range, past.

    Args:
        column: The column; the frame also has `<name>.refused`.
        now: Instant after which nothing can have happened; None leaves that rule out.
    """
    value, refused = pl.col(column.name), pl.col(f"{column.name}.refused")
    reason = pl.when(refused.is_not_null()).then(refused)
    if column.required:
        reason = reason.when(value.is_null()).then(pl.lit("missing"))
    if column.minimum is not None:
        reason = reason.when(value < column.minimum).then(pl.lit("below_minimum"))
    if column.maximum is not None:
        reason = reason.when(value > column.maximum).then(pl.lit("above_maximum"))
    if column.is_past and now is not None:
        reason = reason.when(value > pl.lit(now)).then(pl.lit("in_the_future"))
    return reason.otherwise(None).cast(pl.String)


def verdict(names: Sequence[str]) -> pl.Expr:
    """The first fault among these fields, from `<name>.fault` and `<name>.text`."""
    return pl.coalesce(
        *(
            pl.when(pl.col(f"{name}.fault").is_not_null()).then(
                pl.struct(
                    pl.lit(name).alias("field"),
                    pl.col(f"{name}.text").alias("value"),
                    pl.concat_str(pl.lit(f"{name}_"), pl.col(f"{name}.fault")).alias("reason"),
                )
            )
            for name in names
        )
    )


def quarantine(refused: pl.DataFrame, table: str) -> pl.DataFrame:
    """Returns refused rows as rows of the quarantine."""
    first = pl.col(VERDICT).struct
    whom = [
        pl.col(name) if name in refused.columns else pl.lit(None, pl.String).alias(name)
        for name in ("contact_id", "email")
    ]
    return refused.select(
        "tenant_id",
        pl.lit(table).alias("table"),
        "source",
        "source_key",
        pl.col(LINE).alias("line"),
        first.field("field"),
        first.field("value").str.slice(0, MAX_VALUE_CHARS),
        pl.coalesce(pl.col(FAULT), first.field("reason")).alias("reason"),
        pl.coalesce(pl.col(RAW), pl.col(CELLS).struct.json_encode()).alias("raw"),
        *whom,
    ).cast(QUARANTINE)
