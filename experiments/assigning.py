"""Arms for a table of units: what is stored stays, newcomers are drawn, accounts hand theirs on."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from experiments.assignment import GLOBAL_HOLDOUT, permuted_blocks
from experiments.assignment_frames import bucket_expr, drawn_expr
from experiments.errors import UnitsError
from experiments.health import sample_ratio
from experiments.readout import SampleRatio
from experiments.spec import Spec

HELD = "holdout"
"""The arm of the global holdout."""
_INSTANT = pl.Datetime("us", "UTC")
_UNIT = "__unit"


@dataclass(frozen=True, slots=True)
class Assigned:
    """The table, and what became of everybody.

    Attributes:
        rows: One row a unit: experiment_id, unit_id, cluster (where accounts are randomised), arm,
            layer, spec_hash, assigned_at, how. The global holdout is an experiment of its own.
        new: How many rows were not stored before.
        left_out: Units without a row, by reason: no_cluster, other_experiment, not_in_part.
        sample_ratio: Test of the arms' counts against their shares, over what was randomised; None
            where nobody is assigned.
    """

    rows: pl.DataFrame
    new: int
    left_out: dict[str, int]
    sample_ratio: SampleRatio | None


def assign_units(
    units: pl.DataFrame, spec: Spec, *, stored: pl.DataFrame | None, now: datetime, source: str
) -> Assigned:
    """Returns the arm of every unit; doing it again with its own result as stored changes nothing.

    Args:
        units: `unit_id`; where accounts are randomised the spec's cluster column, or `account_id`;
            the spec's blocks where few units are permuted.
        spec: The registered spec.
        stored: An earlier table with at least unit_id and arm; without `experiment_id` all of it
            is this experiment's.
        now: When newcomers are assigned.
        source: Name of the table in errors.

    Raises:
        UnitsError: A column is missing, a unit stands twice or has no id, or what is stored does
            not fit the spec.
    """
    group = _group_of(units, spec, source)
    people = _checked(units, spec, group, source)
    before = _stored(stored, spec, group)
    own = before.filter(pl.col("experiment_id") == spec.id)
    _fits(own, spec)
    held = before.filter(pl.col("experiment_id") == GLOBAL_HOLDOUT)
    elsewhere = before.filter(
        (pl.col("experiment_id") != spec.id)
        & (pl.col("layer") == spec.layer)
        & (pl.col("experiment_id") != GLOBAL_HOLDOUT)
    )
    newcomers = people.join(own, on="unit_id", how="anti").join(held, on="unit_id", how="anti")
    named = newcomers.filter(pl.col(_UNIT).is_not_null())
    taken = pl.concat(
        [
            elsewhere.select(_UNIT).drop_nulls(),
            people.join(elsewhere, on="unit_id", how="semi").select(_UNIT).drop_nulls(),
        ]
    ).unique()
    known = own.select(_UNIT, "arm").drop_nulls().unique(_UNIT)
    known_held = held.select(_UNIT).drop_nulls().unique()
    free = named.join(elsewhere, on="unit_id", how="anti")
    fresh = free.join(known, on=_UNIT, how="anti").join(known_held, on=_UNIT, how="anti")
    fresh = fresh.join(taken, on=_UNIT, how="anti").unique(_UNIT, keep="first")
    is_held = pl.lit(False)
    if spec.global_holdout is not None:
        is_held = bucket_expr(spec.global_holdout.salt, _UNIT) < spec.global_holdout.share
    now_held = pl.concat([known_held, fresh.filter(is_held).select(_UNIT)])
    arms = pl.concat([known, _drawn(fresh.filter(~is_held), spec)]).drop_nulls("arm")
    unheld = free.join(now_held, on=_UNIT, how="anti")
    joined = unheld.join(arms, on=_UNIT, maintain_order="left")
    holds = free.join(now_held, on=_UNIT, how="semi").with_columns(pl.lit(HELD).alias("arm"))
    rows = pl.concat(
        [
            before,
            _rows(holds, spec, GLOBAL_HOLDOUT, GLOBAL_HOLDOUT, now),
            _rows(joined, spec, spec.id, spec.layer, now),
        ]
    )
    counts = {
        "no_cluster": newcomers.height - named.height,
        "other_experiment": named.height
        - named.join(taken, on=_UNIT, how="anti").join(elsewhere, on="unit_id", how="anti").height,
    }
    counts["not_in_part"] = named.height - joined.height - holds.height - counts["other_experiment"]
    return Assigned(
        rows=_told(rows, group),
        new=rows.height - before.height,
        left_out={reason: count for reason, count in counts.items() if count > 0},
        sample_ratio=_ratio(rows.filter(pl.col("experiment_id") == spec.id), spec),
    )


def _group_of(units: pl.DataFrame, spec: Spec, source: str) -> str | None:
    if spec.unit != "account":
        return None
    group = spec.cluster or "account_id"
    if group not in units.columns:
        raise UnitsError(
            f"{source}: the column {group!r} is missing, but {spec.id} randomises accounts; add "
            f"it, or name another with 'cluster' in the spec; there are {', '.join(units.columns)}"
        )
    return group


def _checked(units: pl.DataFrame, spec: Spec, group: str | None, source: str) -> pl.DataFrame:
    for column in ("unit_id", *spec.blocks):
        if column not in units.columns:
            part = "the unit" if column == "unit_id" else "a block"
            raise UnitsError(
                f"{source}: the column {column!r} ({part}) is missing; there are "
                f"{', '.join(units.columns)}"
            )
    people = units.select(
        pl.col("unit_id").cast(pl.String),
        pl.col(group or "unit_id").cast(pl.String).alias(_UNIT),
        *(pl.col(block) for block in spec.blocks),
    )
    if people.get_column("unit_id").null_count():
        raise UnitsError(f"{source}: a unit has no unit_id, but every unit needs one")
    if people.get_column("unit_id").n_unique() < people.height:
        twice = people.filter(pl.col("unit_id").is_duplicated())["unit_id"][0]
        raise UnitsError(f"{source}: the unit {twice!r} stands twice, but a unit has one row")
    return people


def _stored(stored: pl.DataFrame | None, spec: Spec, group: str | None) -> pl.DataFrame:
    """Earlier rows with every column; what a bare table does not say is as in the spec."""
    table = stored if stored is not None else pl.DataFrame(schema=_schema(group))
    for column in ("unit_id", "arm", *([group] if group else [])):
        if column not in table.columns:
            raise UnitsError(
                f"the stored assignments have no column {column!r}; there are "
                f"{', '.join(table.columns)}"
            )
    defaults = {
        "experiment_id": pl.lit(spec.id),
        "layer": pl.lit(spec.layer),
        "spec_hash": pl.lit(None, pl.String),
        "assigned_at": pl.lit(None, _INSTANT),
        "how": pl.lit("stored"),
    }
    missing = [e.alias(name) for name, e in defaults.items() if name not in table.columns]
    return table.with_columns(*missing).select(
        "experiment_id",
        pl.col("unit_id").cast(pl.String),
        pl.col(group or "unit_id").cast(pl.String).alias(_UNIT),
        "arm",
        "layer",
        "spec_hash",
        pl.col("assigned_at").cast(_INSTANT),
        "how",
    )


def _fits(own: pl.DataFrame, spec: Spec) -> None:
    strange = own.filter(~pl.col("arm").is_in(list(spec.arms)))
    if strange.height:
        raise UnitsError(
            f"the stored unit {strange['unit_id'][0]!r} has the arm {strange['arm'][0]!r}, but "
            f"{spec.id} has {', '.join(spec.arms)}"
        )
    split = own.group_by(_UNIT).agg(pl.col("arm").n_unique()).filter(pl.col("arm") > 1)
    if split.height:
        raise UnitsError(
            f"the stored assignments tell two arms of {split[_UNIT][0]!r}, but a unit has one; "
            "find the table that was written first"
        )


def _drawn(fresh: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    if spec.method == "hash":
        return fresh.select(_UNIT, drawn_expr(spec.draw, _UNIT))
    names = [pl.col(block).cast(pl.String).fill_null("unknown") for block in spec.blocks]
    block = pl.concat_str(names, separator="/") if names else pl.lit("all")
    blocks = dict(fresh.select(_UNIT, block.alias("block")).iter_rows())
    arms = permuted_blocks(blocks, spec.arms, spec.seed or 0)
    schema = {_UNIT: pl.String, "arm": pl.String}
    return pl.DataFrame(list(arms.items()), schema=schema, orient="row")


def _rows(
    people: pl.DataFrame, spec: Spec, experiment_id: str, layer: str, now: datetime
) -> pl.DataFrame:
    return people.select(
        pl.lit(experiment_id).alias("experiment_id"),
        "unit_id",
        _UNIT,
        "arm",
        pl.lit(layer).alias("layer"),
        pl.lit(spec.spec_hash).alias("spec_hash"),
        pl.lit(now).cast(_INSTANT).alias("assigned_at"),
        pl.lit("hash" if experiment_id != spec.id else spec.method).alias("how"),
    )


def _told(rows: pl.DataFrame, group: str | None) -> pl.DataFrame:
    return rows.rename({_UNIT: group}) if group else rows.drop(_UNIT)


def _schema(group: str | None) -> dict[str, type[pl.String]]:
    return dict.fromkeys(("unit_id", "arm", *([group] if group else [])), pl.String)


def _ratio(own: pl.DataFrame, spec: Spec) -> SampleRatio | None:
    if own.is_empty():
        return None
    counted = dict(own.unique(_UNIT).group_by("arm").len().iter_rows())
    observed = {arm: counted.get(arm, 0) for arm in spec.arms}
    kind = "clusters" if spec.unit == "account" else "units"
    return sample_ratio(observed, spec.arms, counted=kind)
